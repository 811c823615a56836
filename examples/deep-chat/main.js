/** A chat with `<deep-chat>`. */

import "deep-chat";

import { Router } from "nearside";
import { deepChat } from "nearside/deep-chat";

import { routerOptions, showDevice } from "../router.js";
import { description, parameters, weatherOf } from "../weather.js";

const router = Router.create(routerOptions);
router.addEventListener("state", (event) => showDevice(event.detail));
const chat = document.querySelector("deep-chat");
const who = document.getElementById("who");
const mayUseTools = document.getElementById("may-use-tools");

const options = {
  // A turn that may use tools is the edge's.
  get tools() {
    return mayUseTools.checked ? { weather: { description, parameters, run: weatherOf } } : undefined;
  },
  onAnswer({ route, sentence, report }) {
    who.textContent = sentence;
    who.dataset.route = route;
    who.dataset.done = String(report !== null);
  },
};

Object.assign(chat, deepChat(router, options));
