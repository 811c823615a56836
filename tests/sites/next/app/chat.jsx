"use client";

import { useEffect } from "react";

export function Chat({ manifest }) {
  // A custom element needs a browser, which the server is not.
  useEffect(() => void import("nearside/element"), []);
  return <nearside-chat mode="device-only" manifest={manifest} />;
}
