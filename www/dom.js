/** Building DOM without markup strings: model output can only ever become text. */

/**
 * An element with attributes, listeners (`onclick`) and children.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any>} [attributes] null and false are left out
 * @param {...(Node | string | null)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  set(element, attributes);
  element.append(...children.filter((child) => child !== null));
  return element;
}

/**
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any>} [attributes]
 * @param {...(Node | string)} children
 * @returns {SVGElementTagNameMap[Tag]}
 */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  set(element, attributes);
  element.append(...children);
  return element;
}

/** @param {Element} element @param {Record<string, any>} attributes */
function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
}

/** Gives the root that an element is in a style sheet, once. @param {Element} element @param {CSSStyleSheet} styles */
export function adopt(element, styles) {
  const root = /** @type {ShadowRoot} */ (element.getRootNode());
  if (root.adoptedStyleSheets && !root.adoptedStyleSheets.includes(styles)) root.adoptedStyleSheets = [...root.adoptedStyleSheets, styles];
}

/**
 * Whether a key sends what was typed. Enter also picks a word where several keys write one character; Safari tells
 * of that only by the old code 229.
 * @param {KeyboardEvent} event
 */
export function sends(event) {
  return event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229;
}

/** Outlines on a 24 × 24 grid. */
const ICONS = {
  device: "M7 7h10v10H7zM10 3v4M14 3v4M10 17v4M14 17v4M3 10h4M3 14h4M17 10h4M17 14h4",
  edge: "M4 5h16v5H4zM4 14h16v5H4zM7.5 7.5h.01M7.5 16.5h.01M12 10v4",
  send: "M12 19V5M6 11l6-6 6 6",
  stop: "M7 7h10v10H7z",
  up: "M7 11v9H4v-9zM7 11l4-8c1.5 0 2.5 1 2.5 2.5V9h5.5c1 0 1.8 1 1.5 2l-1.8 7.5c-.2.9-.9 1.5-1.8 1.5H7",
  down: "M7 13V4H4v9zM7 13l4 8c1.5 0 2.5-1 2.5-2.5V15h5.5c1 0 1.8-1 1.5-2l-1.8-7.5c-.2-.9-.9-1.5-1.8-1.5H7",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  pause: "M9 6v12M15 6v12",
  play: "M8 5.5v13l10-6.5z",
  close: "M6 6l12 12M18 6L6 18",
  check: "M5 12.5l4.5 4.5L19 7.5",
  fresh: "M12 20h8M16.5 4.5l3 3L8 19l-4 1 1-4z",
  retry: "M4 12a8 8 0 1 0 2.5-5.8M4 4v4.5h4.5",
  list: "M4 6h16M4 12h16M4 18h10",
  chat: "M20 11.5a7.5 7 0 0 1-11.2 6L4 19l1.4-4A7.5 7 0 1 1 20 11.5z",
  more: "M6 12h.01M12 12h.01M18 12h.01",
  edit: "M14.5 6.5l3 3M4 20l1-4L16.5 4.5l3 3L8 19z",
  warning: "M12 4L2.8 20h18.4zM12 10v4.5M12 17.3v.01",
  chevron: "M8 10l4 4 4-4",
  arrow: "M5 12h14M13 6l6 6-6 6",
};

/** A decorative icon; whatever it stands in has words of its own. @param {keyof typeof ICONS} name */
export function icon(name) {
  return svg(
    "svg",
    { viewBox: "0 0 24 24", class: `icon ${name}`, "aria-hidden": "true", focusable: "false" },
    svg("path", { d: ICONS[name] }),
  );
}
