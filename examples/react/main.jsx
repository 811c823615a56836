/** A chat in React, with nothing but `useNearside`. */

import { StrictMode, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";

import { useNearside } from "nearside/react";

import { routerOptions, showDevice } from "../router.js";
import { description, parameters, weatherOf } from "../weather.js";

const tools = { weather: { description, parameters, run: weatherOf } };

function Chat() {
  const [mayUseTools, setMayUseTools] = useState(false);
  const { messages, ask, stop, retry, clear, isAnswering, error, state, decision } = useNearside({
    options: routerOptions,
    tools: mayUseTools ? tools : undefined,
  });
  useEffect(() => {
    if (state) showDevice(state);
  }, [state]);
  const send = (event) => {
    event.preventDefault();
    const { prompt } = event.currentTarget.elements;
    ask(prompt.value);
    prompt.value = "";
  };
  return (
    <main data-answering={isAnswering}>
      <h1>Nearside in React</h1>
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
        <button type="button" disabled={isAnswering} onClick={() => retry()}>
          Again
        </button>
        <button type="button" onClick={clear}>
          New chat
        </button>
      </form>
      {decision && <p>{(decision.p * 100).toFixed()} % that the edge was needed for the last answer</p>}
    </main>
  );
}

function Message({ message }) {
  if (message.role === "tool" || message.tool_calls) return null;
  return (
    <li data-role={message.role} data-status={message.status} data-route={message.route}>
      {message.thinking && <details>{message.thinking}</details>}
      {message.draft && <del>{message.draft}</del>}
      <p>{message.content}</p>
      <small>{message.sentence}</small>
    </li>
  );
}

createRoot(document.getElementById("root")).render(
  <StrictMode>
    <Chat />
  </StrictMode>,
);
