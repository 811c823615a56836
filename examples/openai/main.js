/** A chat with the `openai` client, which takes the router for OpenAI's server. */

import OpenAI from "openai";

import { Router } from "nearside";
import { createFetch } from "nearside/openai";

import { routerOptions, showDevice } from "../router.js";
import { description, parameters, weatherOf } from "../weather.js";

const router = Router.create(routerOptions);
router.addEventListener("state", (event) => showDevice(event.detail));
const client = new OpenAI({ apiKey: "none", dangerouslyAllowBrowser: true, fetch: createFetch(router) });

const tools = [
  { type: "function", function: { name: "weather", description, parameters, parse: JSON.parse, function: weatherOf } },
];
const [list, form, prompt, stop, mayUseTools] = ["messages", "form", "prompt", "stop", "may-use-tools"].map((id) =>
  document.getElementById(id),
);
let messages = [];

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  messages.push({ role: "user", content: prompt.value });
  show("user", prompt.value);
  prompt.value = "";
  const answer = show("assistant", "");
  try {
    messages = await ask(messages, answer);
  } catch (error) {
    answer.textContent ||= error.message;
    answer.dataset.code = error.code;
  } finally {
    stop.disabled = true;
  }
});

/** Asks, and lets the client run the tools that the model asks for. */
async function ask(messages, answer) {
  const request = { model: "nearside", messages };
  const stream = mayUseTools.checked
    ? client.chat.completions.runTools({ ...request, stream: true, tools })
    : client.chat.completions.stream(request);
  stop.onclick = () => stream.abort();
  stop.disabled = false;
  stream.on("chunk", (chunk) => {
    if (chunk.x_route) answer.title = chunk.x_route.sentence;
    if (chunk.x_turn) answer.dataset.route = chunk.x_turn.route;
  });
  stream.on("content", (delta) => answer.append(delta));
  await stream.done();
  // With tools these are several: calls, what they found, and the answer.
  return mayUseTools.checked ? stream.messages : [...messages, { role: "assistant", content: await stream.finalContent() }];
}

function show(role, text) {
  const item = document.createElement("li");
  item.dataset.role = role;
  item.textContent = text;
  list.append(item);
  return item;
}
