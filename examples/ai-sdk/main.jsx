/** A chat with the AI SDK's `useChat`, in the page alone: no server has a part in it but the edge. */

import { useChat } from "@ai-sdk/react";
import { DirectChatTransport, ToolLoopAgent, jsonSchema, tool } from "ai";
import { StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";

import { Router } from "nearside";
import { nearside } from "nearside/ai-sdk";

import { routerOptions, showDevice } from "../router.js";
import { description, parameters, weatherOf } from "../weather.js";

const router = Router.create(routerOptions);
router.addEventListener("state", (event) => showDevice(event.detail));
const choices = { mayUseTools: false };

const agent = new ToolLoopAgent({
  model: nearside(router, { drafts: "shown" }),
  tools: { weather: tool({ description, inputSchema: jsonSchema(parameters), execute: weatherOf }) },
  prepareStep: () => ({ activeTools: choices.mayUseTools ? ["weather"] : [] }),
});
const transport = new DirectChatTransport({
  agent,
  messageMetadata: ({ part }) => (part.type === "finish-step" ? part.providerMetadata?.nearside : undefined),
  // The SDK hides what servers say; here nobody else's secrets are in it.
  onError: (error) => error.message,
});

function Chat() {
  const { messages, sendMessage, stop, regenerate, status, error } = useChat({ transport });
  const [mayUseTools, setMayUseTools] = useState(false);
  const isAnswering = status === "submitted" || status === "streaming";
  choices.mayUseTools = mayUseTools;
  const send = (event) => {
    event.preventDefault();
    const { prompt } = event.currentTarget.elements;
    sendMessage({ text: prompt.value });
    prompt.value = "";
  };
  return (
    <main data-answering={isAnswering}>
      <h1>Nearside behind the AI SDK</h1>
      <label>
        <input type="checkbox" checked={mayUseTools} onChange={(event) => setMayUseTools(event.target.checked)} />
        may look up the weather
      </label>
      <ol>
        {messages.map((message) => (
          <Message key={message.id} message={message} />
        ))}
      </ol>
      {error && <p role="alert">{error.message}</p>}
      <form onSubmit={send}>
        <input name="prompt" aria-label="Message" autoComplete="off" />
        <button disabled={isAnswering}>Send</button>
        <button type="button" disabled={!isAnswering} onClick={stop}>
          Stop
        </button>
        <button type="button" disabled={isAnswering} onClick={() => regenerate()}>
          Again
        </button>
      </form>
    </main>
  );
}

function Message({ message: { role, parts, metadata } }) {
  return (
    <li data-role={role} data-route={metadata?.route}>
      {parts.map((part, index) => (
        <Part key={index} part={part} />
      ))}
      {metadata && <small>{metadata.switched?.sentence ?? metadata.sentence}</small>}
    </li>
  );
}

function Part({ part }) {
  if (part.type === "reasoning") return <details>{part.text}</details>;
  if (part.type === "tool-weather") return <pre>{JSON.stringify(part.output ?? part.input)}</pre>;
  if (part.type !== "text") return null;
  // What the device had written before the edge answered anew.
  return part.providerMetadata?.nearside?.setAside ? <del>{part.text}</del> : <p>{part.text}</p>;
}

createRoot(document.getElementById("root")).render(
  <StrictMode>
    <Chat />
  </StrictMode>,
);
