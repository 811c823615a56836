"use client";
/**
 * The router in React:
 *
 *     const { messages, ask, stop, isAnswering } = useNearside({ options: { baseUrl: "/v1", manifest } });
 *
 * Nothing is started while the page is rendered, on a server or here: the router begins when the component
 * is on the page, and ends when it has left it.
 */

import { useEffect, useState, useSyncExternalStore } from "react";

import { Router } from "../index.js";
import { Dialogue } from "./dialogue.js";

/** @typedef {import("./dialogue.js").DialogueMessage} DialogueMessage */
/** @typedef {import("./dialogue.js").Snapshot} Snapshot */

/**
 * Either a router that the page has made and will dispose of, which several components may share, or the
 * options of one that belongs to this component. Options count when the component appears; a router of its
 * own is changed with `router.configure`, or made anew with another `key`. A router may also come later.
 * @typedef {object} OwnRouter
 * @property {Router | null} [router]
 * @property {import("../options.js").RouterOptions} [options]
 */

/**
 * @typedef {object} Actions
 * @property {Dialogue["ask"]} ask
 * @property {Dialogue["retry"]} retry
 * @property {Dialogue["stop"]} stop
 * @property {Dialogue["clear"]} clear
 * @property {Router | null} router null until it was started
 */

/**
 * A dialogue with a router. Answers come at most once per frame.
 * @param {OwnRouter & import("./dialogue.js").DialogueSettings} props
 * @returns {Snapshot & Actions}
 */
export function useNearside({ router: given, options, system, tools, request }) {
  const [dialogue] = useState(() => new Dialogue());
  const [owner] = useState(() => new Owner(dialogue));
  const [own, setOwn] = useState(/** @type {Router | null} */ (null));
  useEffect(() => {
    dialogue.settings = { system, tools, request };
  });
  useEffect(() => {
    if (given) return dialogue.attach(given);
    if (!options) return;
    setOwn(owner.take(options));
    return () => owner.leave();
    // Options count once.
  }, [dialogue, owner, given]);
  const shown = useSyncExternalStore(dialogue.subscribe, dialogue.snapshot, dialogue.snapshot);
  const { ask, retry, stop, clear } = dialogue;
  return { ...shown, ask, retry, stop, clear, router: given ?? own };
}

/**
 * Who makes a component's own router, once: in strict mode React takes a component off the page and puts it
 * back at once, and models are not to be loaded twice for that.
 */
class Owner {
  #dialogue;
  /** @type {Router | null} */
  #router = null;
  #detach = () => {};
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #leaving;

  /** @param {Dialogue} dialogue */
  constructor(dialogue) {
    this.#dialogue = dialogue;
  }

  /** @param {import("../options.js").RouterOptions} [options] */
  take(options) {
    clearTimeout(this.#leaving);
    if (this.#router) return this.#router;
    try {
      this.#router = Router.create(options);
      this.#detach = this.#dialogue.attach(this.#router);
    } catch (thrown) {
      this.#dialogue.fail(thrown);
    }
    return this.#router;
  }

  leave() {
    this.#leaving = setTimeout(() => {
      this.#detach();
      this.#router?.dispose();
      this.#router = null;
    });
  }
}
