/**
 * The look of `<nearside-chat>`. A page restyles it through `::part()` and the
 * `--nearside-*` properties listed first; the two sides keep one colour each.
 */

const LIGHT = `
  --bg: var(--nearside-background, #ffffff);
  --ink: var(--nearside-text, #17202b);
  --muted: var(--nearside-muted, #5b6878);
  --line: var(--nearside-line, #e1e6ec);
  --soft: var(--nearside-soft, #f4f6f8);
  --question: var(--nearside-question, #eaf0f4);
  --device: var(--nearside-device, #0b7a6b);
  --device-soft: #e2f3f0;
  --edge: var(--nearside-edge, #4b4fc4);
  --edge-soft: #ebebfb;
  --net: #b3bdc8;
  --queue: #d99a2b;
  --danger: #b3261e;
  --danger-soft: #fcedeb;
  --warn-soft: #fdf4e1;
  --warn: #7d5300;
  --button: var(--nearside-button, #17202b);
  --button-ink: var(--nearside-button-text, #ffffff);
  color-scheme: light;
`;

const DARK = `
  --bg: var(--nearside-background, #12171d);
  --ink: var(--nearside-text, #e6ebf0);
  --muted: var(--nearside-muted, #97a5b4);
  --line: var(--nearside-line, #29323c);
  --soft: var(--nearside-soft, #1a2129);
  --question: var(--nearside-question, #222c36);
  --device: var(--nearside-device, #4fd1bd);
  --device-soft: #12312e;
  --edge: var(--nearside-edge, #a9acff);
  --edge-soft: #24264a;
  --net: #55606d;
  --queue: #d9a441;
  --danger: #ff9b92;
  --danger-soft: #3a1d1b;
  --warn-soft: #322710;
  --warn: #f0c674;
  --button: var(--nearside-button, #e6ebf0);
  --button-ink: var(--nearside-button-text, #12171d);
  color-scheme: dark;
`;

const css = `
:host { ${LIGHT}
  display: flex; flex-direction: column; block-size: min(44rem, 100dvh); min-inline-size: 0;
  box-sizing: border-box; overflow: hidden; position: relative;
  background: var(--bg); color: var(--ink);
  border: 1px solid var(--line); border-radius: var(--nearside-radius, 16px);
  font: 15px/1.55 var(--nearside-font, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", sans-serif);
}
:host([hidden]) { display: none; }
/* Until what that takes is there. */
:host([display="launcher"]) { display: none; }
@media (prefers-color-scheme: dark) { :host(:not([theme="light"])) { ${DARK} } }
:host([theme="dark"]) { ${DARK} }

*, *::before, *::after { box-sizing: border-box; }
[hidden] { display: none !important; }
.hidden { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.icon { inline-size: 1.15em; block-size: 1.15em; fill: none; stroke: currentColor; stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; flex: none; }
button, select, textarea { font: inherit; color: inherit; }
button { cursor: pointer; }
:focus-visible { outline: 2px solid var(--edge); outline-offset: 2px; }

header { container-type: inline-size; display: flex; flex-wrap: wrap; align-items: center; gap: .3rem .6rem; padding-block: .6rem; padding-inline: 1rem .75rem; border-block-end: 1px solid var(--line); }
.status { flex: 1; min-inline-size: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; color: var(--muted); font-size: .85em; font-variant-numeric: tabular-nums; }
.dots { display: flex; gap: 4px; }
.dot { inline-size: 8px; block-size: 8px; border-radius: 50%; border: 1.5px solid var(--net); }
:host([device-ready]) .dot.device { background: var(--device); border-color: var(--device); }
:host([edge-state="online"]) .dot.edge { background: var(--edge); border-color: var(--edge); }
.mode { position: relative; display: flex; align-items: center; color: var(--muted); }
.mode select { appearance: none; background: transparent; border: 1px solid var(--line); border-radius: 999px; padding-block: .25rem; padding-inline: .8rem 1.8rem; font-size: .85em; color: var(--ink); cursor: pointer; }
.mode select:hover { background: var(--soft); }
.mode option { background: var(--bg); color: var(--ink); }
.mode .icon { position: absolute; inset-inline-end: .55rem; pointer-events: none; }
button.quiet { display: inline-grid; place-items: center; inline-size: 2rem; block-size: 2rem; padding: 0; border: 0; border-radius: 8px; background: none; color: var(--muted); }
button.quiet:hover { background: var(--soft); color: var(--ink); }

.progress { appearance: none; display: block; inline-size: 100%; block-size: 3px; border: 0; background: var(--soft); margin-block-start: -1px; flex: none; }
.progress::-webkit-progress-bar { background: var(--soft); }
.progress::-webkit-progress-value { background: var(--device); transition: inline-size .2s; }
.progress::-moz-progress-bar { background: var(--device); }

.log { flex: 1; min-block-size: 0; overflow-y: auto; overscroll-behavior: contain; padding: 1.25rem 1.25rem .5rem; display: flex; flex-direction: column; gap: 1.1rem; scrollbar-width: thin; scrollbar-color: var(--line) transparent; }
.log:focus-visible { outline-offset: -3px; border-radius: 12px; }
.empty { margin: auto; text-align: center; color: var(--muted); max-inline-size: 34rem; }
.question { position: relative; align-self: flex-end; max-inline-size: min(85%, 36rem); padding: .55rem .95rem; border-radius: 16px; border-end-end-radius: 4px; background: var(--question); white-space: pre-wrap; overflow-wrap: anywhere; }
.question > span[dir] { display: block; unicode-bidi: plaintext; }
.question > [part="edit"] { position: absolute; inset-inline-end: calc(100% + .15rem); inset-block-end: .2rem; opacity: 0; transition: opacity .15s; }
.question:is(:hover, :focus-within) > [part="edit"] { opacity: 1; }
@media (hover: none) { .question > [part="edit"] { opacity: 1; } }
.branches { display: inline-flex; color: var(--ink); align-items: center; white-space: nowrap; font-size: .9em; font-variant-numeric: tabular-nums; }
.question .branches { display: flex; justify-content: flex-end; margin-block: .15rem -.25rem; margin-inline-end: -.5rem; }
.branches .quiet { inline-size: 1.6rem; block-size: 1.6rem; }
.branches .quiet:disabled { opacity: .35; }
.branches .icon { inline-size: 1.4em; block-size: 1.4em; transform: rotate(90deg); }
.branches .on .icon { transform: rotate(-90deg); }
:dir(rtl) > .back .icon { transform: rotate(-90deg); } :dir(rtl) > .on .icon { transform: rotate(90deg); }
:host([state="answering"]) :is([part="edit"], [part="branch"], [part="regenerate"]) { visibility: hidden; }
.answer { max-inline-size: 46rem; inline-size: 100%; }
.answer:not(.last) :is([part="regenerate"], [part="ask-edge"], [part="go-on"]) { display: none; }
.text { overflow-wrap: anywhere; min-block-size: 1.55em; }
.plain { white-space: pre-wrap; }
.seam { display: inline-block; inline-size: 3px; block-size: 1em; margin-inline: 3px; vertical-align: -2px; border-radius: 2px; background: currentColor; }
.seam.edge { color: var(--edge); } .seam.device { color: var(--device); }
.waiting { display: inline-flex; gap: 5px; align-items: center; block-size: 1.55em; }
.waiting i { inline-size: 6px; block-size: 6px; border-radius: 50%; background: var(--muted); animation: pulse 1.2s infinite ease-in-out; }
.reading { margin-inline-start: .5rem; color: var(--muted); font-size: .85em; font-variant-numeric: tabular-nums; }
.waiting i:nth-child(2) { animation-delay: .15s; } .waiting i:nth-child(3) { animation-delay: .3s; }
@keyframes pulse { 0%, 70%, 100% { opacity: .25; } 35% { opacity: 1; } }

.foot { display: flex; flex-wrap: wrap; align-items: center; gap: .3rem .6rem; margin-block-start: .45rem; font-size: .85em; color: var(--muted); }
.chip { display: inline-flex; align-items: center; gap: .35em; padding-block: .12rem; padding-inline: .45rem .6rem; border-radius: 999px; font-weight: 600; white-space: nowrap; }
.chip:dir(rtl) .arrow { transform: scaleX(-1); }
.chip.device { color: var(--device); background: var(--device-soft); }
.chip.edge { color: var(--edge); background: var(--edge-soft); }
.reason { min-inline-size: 0; }
.timing { font-variant-numeric: tabular-nums; }
.foot .quiet { inline-size: 1.75rem; block-size: 1.75rem; }

.note { display: flex; flex-wrap: wrap; align-items: center; gap: .4rem .7rem; margin: .45rem 0 0; font-size: .9em; color: var(--muted); }
.thought { margin-block-end: .6rem; color: var(--muted); font-size: .9em; }
.thought summary { display: inline-flex; align-items: center; gap: .15em; cursor: pointer; list-style: none; user-select: none; }
.thought summary::-webkit-details-marker { display: none; }
.thought summary:hover { color: var(--ink); }
.thought[open] > summary .icon { transform: rotate(180deg); }
.thought p { margin: .3rem 0 0; padding-inline-start: .7rem; border-inline-start: 3px solid var(--line); white-space: pre-wrap; overflow-wrap: anywhere; }
.queue { display: contents; }
.waits { border: 1px dashed var(--muted); background: none; color: var(--muted); }
.waits-line { display: flex; align-items: center; justify-content: flex-end; gap: .2rem; font-size: .85em; }
.waits-line .quiet { inline-size: 1.6rem; block-size: 1.6rem; }

.why summary { display: inline-flex; align-items: center; gap: .15em; padding-block: .1rem; padding-inline: .5rem .35rem; border-radius: 999px; cursor: pointer; list-style: none; user-select: none; }
.why summary::-webkit-details-marker { display: none; }
.why summary:hover { background: var(--soft); color: var(--ink); }
.why[open] { order: 9; flex-basis: 100%; }
.why[open] > summary .icon { transform: rotate(180deg); }
.answer.outdated { opacity: .45; }
.foot .quiet[aria-pressed="true"] { color: var(--ink); background: var(--soft); }
.draft { margin-block-end: .6rem; padding-inline-start: .7rem; border-inline-start: 3px solid var(--device-soft); color: var(--muted); font-size: .9em; }
.draft summary { display: inline-flex; align-items: center; gap: .15em; cursor: pointer; list-style: none; } .draft summary::-webkit-details-marker { display: none; } .draft[open] > summary .icon { transform: rotate(180deg); } .draft p { margin-block: .3rem 0; text-decoration: line-through; text-decoration-color: var(--line); }
.tools { display: inline-flex; margin-inline-start: -.4rem; }
.banner { display: flex; flex-wrap: wrap; align-items: center; gap: .6rem; margin: 0 1rem .5rem; padding: .5rem .8rem; border-radius: 10px; background: var(--soft); color: var(--muted); font-size: .87em; }
.banner.warning { background: var(--warn-soft); color: var(--warn); }
.banner > span { flex: 1 1 9rem; }
.turn-error { display: flex; flex-wrap: wrap; align-items: center; gap: .6rem; padding: .55rem .85rem; border-radius: 10px; font-size: .9em; max-inline-size: 46rem; }
.turn-error > span { flex: 1 1 9rem; }
.turn-error.alert { background: var(--danger-soft); color: var(--danger); }
.turn-error.quiet { background: var(--soft); color: var(--muted); }
.text-button.earlier { align-self: center; }
.text-button.earlier[hidden] { display: none; }
.text-button { display: inline-flex; align-items: center; gap: .35em; border: 1px solid currentColor; background: none; border-radius: 999px; padding: .15rem .75rem; white-space: nowrap; font-weight: 600; }
.text-button:hover { background: color-mix(in srgb, currentColor 10%, transparent); }

form { display: flex; align-items: flex-end; gap: .5rem; margin: .25rem 1rem 1rem; padding-block: .35rem; padding-inline: 1rem .35rem; border: 1px solid var(--line); border-radius: 22px; background: var(--bg); transition: border-color .15s; }
form:focus-within { border-color: var(--muted); box-shadow: 0 0 0 3px color-mix(in srgb, var(--edge) 18%, transparent); }
textarea { flex: 1; min-inline-size: 0; max-block-size: 10rem; padding: .4rem 0; border: 0; outline: 0; background: none; resize: none; overflow-y: auto; }
textarea:focus-visible { outline: 0; }
/* An empty line is not from left to right, whatever dir=auto says: its hint is in the language around. */
[dir="auto"]:placeholder-shown { direction: inherit; }
textarea::placeholder { color: var(--muted); opacity: 1; }
.round { flex: none; display: grid; place-items: center; inline-size: 2.3rem; block-size: 2.3rem; border: 0; border-radius: 50%; background: var(--button); color: var(--button-ink); transition: opacity .15s; }
.round:hover { opacity: .85; }
.round .icon.stop { fill: currentColor; }
textarea:placeholder-shown ~ .round[part="send"] { opacity: .35; }

/* What is chosen has a line of its own. */
@container (max-width: 34rem) {
  header::after { content: ""; flex-basis: 100%; }
  .mode { order: 1; flex: 1 1 6rem; }
  .mode select { inline-size: 100%; text-overflow: ellipsis; padding-inline: .6rem 1.4rem; font-size: .8em; }
  .mode .icon { inset-inline-end: .4rem; }
  .status { white-space: normal; }
}
@media (max-width: 36rem) {
  .log { padding: 1rem 1rem .25rem; }
  header { padding-inline: .85rem .5rem; }
  form { margin: .25rem .6rem .6rem; }
  textarea { font-size: 16px; }
}
@media (prefers-reduced-motion: reduce) { * { animation: none !important; transition: none !important; } }
`;

export const styles = new CSSStyleSheet();
styles.replaceSync(css);
