// What somebody with TypeScript writes; each line would be an error if the package's types were less than exact.
import { Router, RouterError } from "nearside";
import type { Decision, TurnReport } from "nearside";
import { NearsideChat } from "nearside/element";

const router: Router = Router.create({ baseUrl: "/v1", manifest: "/models/manifest.json", mode: "prefer-device" });
router.addEventListener("route", (event) => console.log((event as CustomEvent<Decision>).detail.sentence));

export async function ask(content: string): Promise<string> {
  let text = "";
  try {
    for await (const chunk of router.chat.completions.create({ messages: [{ role: "user", content }], stream: true })) {
      text += chunk.choices[0]?.delta.content ?? "";
    }
  } catch (error) {
    if (error instanceof RouterError && error.code === "aborted") return text;
    throw error;
  }
  return text;
}

export async function whole(content: string): Promise<TurnReport> {
  const completion = await router.chat.completions.create({ messages: [{ role: "user", content }] });
  return completion.x_turn;
}

const chat = document.querySelector("nearside-chat") as NearsideChat;
chat.router = router;

// @ts-expect-error: no such mode
Router.create({ mode: "sometimes" });
// @ts-expect-error: a message has a role
router.chat.completions.create({ messages: [{ content: "" }] });
