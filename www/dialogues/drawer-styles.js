/** The look of the panel with all dialogues. */

const css = `
.drawer { position: absolute; inset: 0; z-index: 3; display: flex; border-radius: inherit; overflow: hidden; }
.scrim { flex: 1; background: rgb(0 0 0 / .35); animation: appear .15s; }
.history { display: flex; flex-direction: column; inline-size: min(21rem, 100%); min-block-size: 0; background: var(--bg); border-inline-end: 1px solid var(--line); box-shadow: 0 0 2rem color-mix(in srgb, #000 18%, transparent); animation: slide .18s ease-out; }
@keyframes appear { from { opacity: 0; } }
@keyframes slide { from { transform: translateX(calc(var(--from, -1) * 2rem)); opacity: 0; } }
.drawer[dir="rtl"] { --from: 1; }
.history-head { display: flex; align-items: center; justify-content: space-between; padding: .6rem .6rem .4rem 1rem; }
[dir="rtl"] > .history .history-head { padding: .6rem 1rem .4rem .6rem; }
.history h2 { margin: 0; font-size: 1.05em; font-weight: 650; }
.history-tools { display: grid; gap: .5rem; padding: 0 .75rem .6rem; }
.history-new { display: flex; align-items: center; justify-content: center; gap: .5em; padding: .45rem .8rem; border: 0; border-radius: 10px; background: var(--button); color: var(--button-ink); font-weight: 600; }
.history-new:hover { opacity: .9; }
.find { inline-size: 100%; padding: .42rem .75rem; border: 1px solid var(--line); border-radius: 10px; background: var(--soft); color: var(--ink); font: inherit; }
.find::placeholder { color: var(--muted); opacity: 1; }
.history-list { flex: 1; min-block-size: 0; overflow-y: auto; overscroll-behavior: contain; padding: 0 .5rem .5rem; scrollbar-width: thin; scrollbar-color: var(--line) transparent; }
.history-list h3 { position: sticky; inset-block-start: 0; z-index: 1; margin: 0; padding: .5rem .5rem .25rem; background: var(--bg); color: var(--muted); font-size: .8em; font-weight: 600; }
.history-list ul { margin: 0; padding: 0; list-style: none; }
.history-list > .text-button { margin: .6rem .5rem; color: var(--muted); }
.history-none { margin: 2rem 1rem; text-align: center; color: var(--muted); }
.item-row { display: grid; grid-template-columns: minmax(0, 1fr) auto; align-items: start; border-radius: 10px; }
.item-row:hover, .item-row:has(details[open]) { background: var(--soft); }
.item-row:has([aria-current]) { background: color-mix(in srgb, var(--edge) 11%, transparent); }
.item-open { display: grid; gap: .1rem; padding: .45rem .5rem; border: 0; border-radius: 10px; background: none; text-align: start; }
.item-open:focus-visible, .item summary:focus-visible { outline-offset: -2px; }
.item-title, .item-piece { text-align: -webkit-match-parent; text-align: match-parent; }
.item-title { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
[aria-current] .item-title { font-weight: 600; }
.item-piece { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden; overflow-wrap: anywhere; color: var(--muted); font-size: .85em; }
.item-note { color: var(--muted); font-size: .8em; }
:is(.item-piece, .item-note):empty { display: none; }
.item details { display: contents; }
.item summary { display: grid; place-items: center; inline-size: 2.1rem; block-size: 2.1rem; margin: .1rem; border-radius: 8px; color: var(--muted); list-style: none; cursor: pointer; opacity: 0; }
.item summary::-webkit-details-marker { display: none; }
.item summary:hover { color: var(--ink); background: color-mix(in srgb, var(--ink) 8%, transparent); }
.item-row:is(:hover, :focus-within) summary, .item [open] summary { opacity: 1; }
@media (hover: none) { .item summary { opacity: 1; } }
.item-acts { grid-column: 1 / -1; display: flex; flex-wrap: wrap; gap: .3rem; padding: .1rem .5rem .5rem; }
.item-act { padding: .15rem .6rem; border: 1px solid var(--line); border-radius: 999px; background: var(--bg); color: var(--ink); font-size: .85em; }
.item-act:hover { border-color: var(--muted); }
.item-act:disabled { opacity: .45; cursor: default; }
.item-act.danger { color: var(--danger); }
.item-name { inline-size: 100%; padding: .4rem .5rem; border: 1px solid var(--muted); border-radius: 10px; background: var(--bg); color: var(--ink); font: inherit; }
.history-bar { display: flex; align-items: center; gap: .6rem; margin: 0 .75rem; color: var(--muted); font-size: .88em; }
.history-bar:has(span:not(:empty)) { padding: .5rem .75rem; margin-block-end: .5rem; border-radius: 10px; background: var(--soft); color: var(--ink); }
.history-bar span { flex: 1; min-inline-size: 0; overflow-wrap: anywhere; }
.history-foot { display: grid; grid-template-columns: auto auto; justify-content: start; justify-items: start; gap: .1rem .3rem; padding: .5rem .6rem .6rem; border-block-start: 1px solid var(--line); }
.history-foot .item-act { text-align: start; border-color: transparent; background: none; color: var(--muted); }
.history-foot .item-act:hover { background: var(--soft); color: var(--ink); }
@media (max-width: 36rem) { .find, .item-name { font-size: 16px; } }
@media (max-height: 26rem) { .history-foot { padding-block: .4rem; } .history-head { padding-block: .3rem 0; } .history-tools { grid-template-columns: auto 1fr; } }
`;

export const drawerStyles = new CSSStyleSheet();
drawerStyles.replaceSync(css);
