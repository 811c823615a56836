/** What the tests of `useNearside` put into a page: components that say what they are given. */

import { Profiler, StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { Router } from "nearside";
import { useNearside } from "nearside/react";

const OPTIONS = { baseUrl: "/v1", manifest: "/models/manifest.json", workerUrl: "/www/worker.js", device: false };

/** What the newest render of each component was given. */
const seen = {};
/** How often React has drawn. */
const counts = { renders: 0 };

function Shown({ name, ...props }) {
  seen[name] = useNearside(props);
  return <p>{seen[name].messages.map(({ content }) => content).join(" | ")}</p>;
}

const root = createRoot(document.body);

Object.assign(globalThis, {
  seen,
  counts,
  OPTIONS,
  Router,
  /** Each component by its name and what it is given. */
  show(components) {
    root.render(
      <StrictMode>
        <Profiler id="all" onRender={() => (counts.renders += 1)}>
          {Object.entries(components).map(([name, props]) => (
            <Shown key={name} name={name} {...props} />
          ))}
        </Profiler>
      </StrictMode>,
    );
  },
});
