/**
 * Which language a page has around an element, and when that changes.
 *
 * HTML's `lang` holds for everything inside, also inside of the shadow trees there.
 */

/** @param {Element} element @returns {string} the nearest `lang`, or English */
export function languageAround(element) {
  const nearest = element.closest("[lang]")?.getAttribute("lang");
  if (nearest) return nearest;
  const root = element.getRootNode();
  return root instanceof ShadowRoot ? languageAround(root.host) : "en";
}

/**
 * Tells whenever a `lang` changes that may be the one around an element.
 * @param {Element} element @param {() => void} changed @param {AbortSignal} signal ends it
 */
export function watchLanguage(element, changed, signal) {
  const observer = new MutationObserver(changed);
  let root = element.getRootNode();
  while (true) {
    observer.observe(root, { attributes: true, attributeFilter: ["lang"], subtree: true });
    if (!(root instanceof ShadowRoot)) break;
    root = root.host.getRootNode();
  }
  signal.addEventListener("abort", () => observer.disconnect());
}
