/** A chat with assistant-ui's primitives and its local runtime. */

import {
  AssistantRuntimeProvider,
  ComposerPrimitive,
  ErrorPrimitive,
  MessagePrimitive,
  ThreadPrimitive,
  makeAssistantTool,
  useAuiState,
  useLocalRuntime,
} from "@assistant-ui/react";
import { StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";

import { Router } from "nearside";
import { chatModel } from "nearside/assistant-ui";

import { routerOptions, showDevice } from "../router.js";
import { description, parameters, weatherOf } from "../weather.js";

const router = Router.create(routerOptions);
router.addEventListener("state", (event) => showDevice(event.detail));
const model = chatModel(router);

const WeatherTool = makeAssistantTool({
  toolName: "weather",
  description,
  parameters,
  execute: async (input) => weatherOf(input),
});

function Chat() {
  const runtime = useLocalRuntime(model);
  const [mayUseTools, setMayUseTools] = useState(false);
  return (
    <AssistantRuntimeProvider runtime={runtime}>
      {mayUseTools && <WeatherTool />}
      <h1>Nearside behind assistant-ui</h1>
      <label>
        <input type="checkbox" checked={mayUseTools} onChange={(event) => setMayUseTools(event.target.checked)} />
        may look up the weather
      </label>
      <ThreadPrimitive.Root>
        <ThreadPrimitive.Viewport>
          <ThreadPrimitive.Messages components={{ UserMessage, AssistantMessage }} />
        </ThreadPrimitive.Viewport>
        <ComposerPrimitive.Root>
          <ComposerPrimitive.Input aria-label="Message" />
          <ThreadPrimitive.If running={false}>
            <ComposerPrimitive.Send>Send</ComposerPrimitive.Send>
          </ThreadPrimitive.If>
          <ThreadPrimitive.If running>
            <ComposerPrimitive.Cancel>Stop</ComposerPrimitive.Cancel>
          </ThreadPrimitive.If>
        </ComposerPrimitive.Root>
      </ThreadPrimitive.Root>
    </AssistantRuntimeProvider>
  );
}

function UserMessage() {
  return (
    <MessagePrimitive.Root data-role="user">
      <MessagePrimitive.Parts />
    </MessagePrimitive.Root>
  );
}

function AssistantMessage() {
  const nearside = useAuiState(({ message }) => message.metadata.custom.nearside);
  const status = useAuiState(({ message }) => message.status?.type);
  return (
    <MessagePrimitive.Root data-role="assistant" data-route={nearside?.route} data-status={status}>
      {nearside?.draft && <del>{nearside.draft}</del>}
      <MessagePrimitive.Parts />
      <MessagePrimitive.Error>
        <ErrorPrimitive.Root>
          <ErrorPrimitive.Message />
        </ErrorPrimitive.Root>
      </MessagePrimitive.Error>
      <small>{nearside?.sentence}</small>
    </MessagePrimitive.Root>
  );
}

createRoot(document.getElementById("root")).render(
  <StrictMode>
    <Chat />
  </StrictMode>,
);
