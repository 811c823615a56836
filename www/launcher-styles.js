/** The look of a chat behind a button in the corner. */

const css = `
:host([display="launcher"]) {
  --size: var(--nearside-launcher-size, 3.5rem);
  display: flex; position: fixed; z-index: var(--nearside-z-index, 1000);
  inset-block-end: var(--nearside-launcher-inset, 1.25rem); inset-inline-end: var(--nearside-launcher-inset, 1.25rem);
  inline-size: min(26rem, calc(100vw - 2.5rem)); block-size: min(44rem, calc(100dvh - 2.5rem));
  box-shadow: 0 1rem 3rem color-mix(in srgb, #000 26%, transparent); animation: open .18s ease-out;
}
@keyframes open { from { opacity: 0; transform: translateY(.75rem); } }
:host([display="launcher"]:not([open])) {
  inline-size: auto; block-size: auto; border: 0; border-radius: 50%; background: none; box-shadow: none; overflow: visible; animation: none;
}
:host([display="launcher"]:not([open])) > :not(.launcher) { display: none !important; }
:host([display="launcher"][open]) > .launcher { display: none; }
.launcher { position: relative; display: grid; place-items: center; inline-size: var(--size); block-size: var(--size); padding: 0; border: 0; border-radius: 50%; background: var(--button); color: var(--button-ink); box-shadow: 0 .4rem 1.4rem color-mix(in srgb, #000 28%, transparent); transition: transform .15s; }
.launcher:hover { transform: scale(1.05); }
.launcher .icon { inline-size: 45%; block-size: 45%; }
.unread { position: absolute; inset-block-start: .1rem; inset-inline-end: .1rem; inline-size: .85rem; block-size: .85rem; border: 2px solid var(--bg); border-radius: 50%; background: var(--danger); }
@media (max-width: 36rem), (max-height: 30rem) {
  :host([display="launcher"][open]) { inset: 0; inline-size: auto; block-size: auto; border: 0; border-radius: 0; padding: env(safe-area-inset-top) env(safe-area-inset-right) env(safe-area-inset-bottom) env(safe-area-inset-left); }
}
@media (prefers-reduced-motion: reduce) { :host([display="launcher"]) { animation: none; } }
`;

export const launcherStyles = new CSSStyleSheet();
launcherStyles.replaceSync(css);
