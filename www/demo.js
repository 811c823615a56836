/**
 * The demo page: puts the page's parameters on the element, the suggestions to
 * work, and the last turns into the panel.
 *
 * `?edge=URL`, `?mode=…`, `?manifest=URL`, `?device-model=NAME`, `?models-base=URL` and
 * `?calibration=URL` override the element's attributes; with `?keep` dialogues are kept, whatever was chosen.
 */

import { turnsChart } from "./charts.js";
import { h } from "./dom.js";
import "./element.js";
import { bitRate, bytes, count, seconds, tokenRate } from "./format.js";
import { linkChart, timesChart } from "./time-charts.js";

/** @typedef {import("./element.js").NearsideChat} NearsideChat */
/** @typedef {import("./types.js").TurnReport} TurnReport */

const THEME = "nearside-theme";
const LOG_OUTCOMES = "nearside-log-outcomes";
const KEEP = "nearside-keep";
const THEMES = ["auto", "light", "dark"];

const chat = /** @type {NearsideChat} */ (document.querySelector("nearside-chat"));
/** @type {TurnReport[]} */
const turns = [];
/** How the link was. @type {import("./time-charts.js").LinkSample[]} */
const link = [];
const MAX_SAMPLES = 300;

readParameters();
await customElements.whenDefined("nearside-chat");
listen();
showTheme(load(THEME) ?? "auto");
offerKeeping();
offerOutcomes();
if ("serviceWorker" in navigator) keepOffline();

function readParameters() {
  const parameters = new URLSearchParams(location.search);
  for (const [parameter, attribute] of [
    ["edge", "base-url"],
    ["mode", "mode"],
    ["manifest", "manifest"],
    ["device-model", "device-model"],
    ["models-base", "models-base"],
    ["calibration", "calibration"],
  ]) {
    const value = parameters.get(parameter);
    if (value !== null) chat.setAttribute(attribute, value);
  }
  chat.toggleAttribute("keep-dialogue", parameters.has("keep") || load(KEEP) !== "no");
}

function listen() {
  chat.addEventListener("nearside-turn", (event) => {
    turns.push(/** @type {CustomEvent<TurnReport>} */ (event).detail);
    showTurns();
  });
  chat.addEventListener("nearside-ready", () => showState());
  element("theme").addEventListener("click", () => {
    const next =
      THEMES[
        (THEMES.indexOf(document.documentElement.dataset.theme ?? "auto") + 1) % THEMES.length
      ];
    save(THEME, next);
    showTheme(next);
  });
  queueMicrotask(() => {
    chat.router?.addEventListener("state", showState);
    chat.router?.addEventListener("state", showModels);
  });
}

/** Names the two models, and what to ask them, once that is known. @param {Event} event */
function showModels(event) {
  const { models } = /** @type {CustomEvent<import("./index.js").RouterState>} */ (event).detail;
  if (!models) return;
  chat.router?.removeEventListener("state", showModels);
  const { device, edge, suggestions } = models;
  const own = chat.getAttribute("base-url") === "v1";
  element("models").replaceChildren(
    ...side("device", "In this page", device && `${device.title}, ${bytes(device.bytes)}`),
    ...side("edge", "At the edge", own ? edge && `${edge.title}, ${bytes(edge.bytes)}` : "your own"),
  );
  element("suggestions").replaceChildren(
    ...suggestions.map((text) => h("button", { type: "button", onclick: () => void chat.ask(text) }, text)),
  );
}

/** @param {"device" | "edge"} name @param {string} where @param {string | null} model */
function side(name, where, model) {
  return model ? [h("dt", { class: name }, where), h("dd", {}, model)] : [];
}

function showTurns() {
  element("turns").replaceChildren(turnsChart(turns));
  element("times").replaceChildren(timesChart(turns));
  for (const legend of document.querySelectorAll(".legend")) /** @type {HTMLElement} */ (legend).hidden = false;
}

/** Keeps a sample where the link has changed. */
function noteLink() {
  const { online, rtt_s, age_s } = chat.router?.state.core.link ?? {};
  if (online == null || rtt_s === undefined || age_s == null) return;
  const rtt = online ? rtt_s : null;
  if (link.at(-1)?.rtt_s !== rtt) link.push({ at: performance.now(), rtt_s: rtt });
  if (link.length > MAX_SAMPLES) link.shift();
  element("link").replaceChildren(linkChart(link, performance.now()));
}

function showState() {
  noteLink();
  const { link, device, calibration } = chat.router?.state.core ?? {};
  const held = device?.ready ? `${count(device.held_tokens)} tokens, ${bytes(device.kv_bytes)}` : "–";
  const rows = [
    ["Round trip", seconds(link?.age_s == null ? null : link.rtt_s)],
    ["Upload", link?.up_known ? bitRate(link.up_bytes_per_s * 8) : bitRate(null)],
    ["Download", link?.down_known ? bitRate(link.down_bytes_per_s * 8) : bitRate(null)],
    ["Device prefill", tokenRate(device?.ready ? device.prefill_tps : null)],
    ["Device decode", tokenRate(device?.ready ? device.decode_tps : null)],
    ["Held on this device", held],
    ["The edge lacked, last turn", turns.length > 0 ? `${count(turns.at(-1)?.missing_edge)} tokens` : "–"],
    ["Calibration", calibrationText(calibration)],
  ];
  element("measured").replaceChildren(
    ...rows.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]),
  );
}

/** @param {import("./types.js").Calibration | null | undefined} calibration */
function calibrationText(calibration) {
  if (!calibration) return "none in force";
  const percent = Math.round(1000 * calibration.max_loss) / 10;
  return `at most ${percent} % lost (θ ${calibration.theta})`;
}

/** Dialogues are kept unless the person has said no. */
function offerKeeping() {
  const keeps = /** @type {HTMLInputElement} */ (element("keep"));
  keeps.checked = chat.hasAttribute("keep-dialogue");
  keeps.addEventListener("change", () => {
    save(KEEP, keeps.checked ? "yes" : "no");
    chat.toggleAttribute("keep-dialogue", keeps.checked);
  });
}

/** Verdicts are kept only where the person has said so, and leave the page as files alone. */
function offerOutcomes() {
  const keeps = /** @type {HTMLInputElement} */ (element("log-outcomes"));
  keeps.checked = load(LOG_OUTCOMES) === "yes";
  chat.toggleAttribute("log-outcomes", keeps.checked);
  keeps.addEventListener("change", () => {
    save(LOG_OUTCOMES, keeps.checked ? "yes" : "no");
    chat.toggleAttribute("log-outcomes", keeps.checked);
  });
  element("export-outcomes").addEventListener("click", () => void exportOutcomes());
  element("clear-outcomes").addEventListener("click", async () => {
    await chat.router?.clearOutcomes();
    tellOutcomes("All that was kept is forgotten.");
  });
}

async function exportOutcomes() {
  const kept = await chat.router?.exportOutcomes();
  if (!kept?.questions) return tellOutcomes("No question has been rated yet.");
  download("outcomes.jsonl", kept.outcomes);
  for (const [model, lines] of Object.entries(kept.answers)) {
    download(`answers.${model}.jsonl`, lines);
  }
  tellOutcomes(`Rated questions exported: ${kept.questions}.`);
}

/** @param {string} sentence */
function tellOutcomes(sentence) {
  element("outcomes").textContent = sentence;
}

/** @param {string} name @param {string} text */
function download(name, text) {
  const url = URL.createObjectURL(new Blob([text], { type: "application/jsonl" }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url));
}

/** @param {string} theme */
function showTheme(theme) {
  document.documentElement.dataset.theme = theme;
  chat.setAttribute("theme", theme);
  element("theme").textContent = `Look: ${theme}`;
}

/**
 * The service worker answers from its cache first. Once the page runs and its
 * server has shown to be there, it may look for newer assets.
 */
async function keepOffline() {
  try {
    navigator.serviceWorker.addEventListener("message", ({ data }) => {
      if (data?.type === "update-ready") offerUpdate();
    });
    await navigator.serviceWorker.register("sw.js");
    const { active } = await navigator.serviceWorker.ready;
    chat.router?.addEventListener("state", function onState(event) {
      const { core } = /** @type {CustomEvent<import("./index.js").RouterState>} */ (event).detail;
      if (core.link?.online !== true) return;
      chat.router?.removeEventListener("state", onState);
      active?.postMessage({ type: "revalidate" });
    });
  } catch {
    // The page works without it, only not offline.
  }
}

/** This page goes on as it is; whoever reloads it has the new one. */
function offerUpdate() {
  const offer = element("update");
  offer.querySelector("button")?.addEventListener("click", () => location.reload());
  offer.hidden = false;
}

/** @param {string} id */
function element(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

/** @param {string} key */
function load(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** @param {string} key @param {string} value */
function save(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // The look then lasts as long as the page.
  }
}
