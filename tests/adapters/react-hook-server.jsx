/** `useNearside` rendered where there is no page: on a server. */

import { renderToString } from "react-dom/server";

import { useNearside } from "nearside/react";

function Chat() {
  const { messages, isAnswering, state, router } = useNearside({ options: { manifest: "/models/manifest.json" } });
  return <p>{JSON.stringify({ messages, isAnswering, state, router })}</p>;
}

export const html = () => renderToString(<Chat />);
