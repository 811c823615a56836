/**
 * What the adapters give fits into what the libraries take, by these libraries' own types. Nothing here runs:
 * `tsc` reads it.
 */

import { chatModel } from "../../www/adapters/assistant-ui.js";
import { deepChat } from "../../www/adapters/deep-chat.js";
import { createFetch } from "../../www/adapters/openai.js";
import { nearside } from "../../www/adapters/ai-sdk.js";
import { useNearside } from "../../www/adapters/react.js";

/** @typedef {import("../../www/index.js").Router} Router */

/** @param {Router} router @returns {import("ai").LanguageModel} */
export const model = (router) => nearside(router, { drafts: "shown", mode: "prefer-device" });

/** @param {Router} router @returns {NonNullable<import("openai").ClientOptions["fetch"]>} */
export const fetch = (router) => createFetch(router);

/** @param {Router} router @returns {Parameters<typeof import("@assistant-ui/react").useLocalRuntime>[0]} */
export const assistant = (router) => chatModel(router);

// The types of deep-chat as a whole say that its element is no element, and would say so of this project's.
/** @param {Router} router @returns {import("../../examples/node_modules/deep-chat/dist/types/connect.js").Connect} */
export const element = (router) => deepChat(router).connect;

/** @param {Router} router @returns {string[]} */
export const texts = (router) => useNearside({ router }).messages.map(({ content }) => content);
