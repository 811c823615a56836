/**
 * Mathematics in Markdown, as models write it: `\( … \)` and `$ … $` in a line, `\[ … \]` and `$$ … $$` on
 * their own. A dollar that stands before a blank, or a closing one before a digit, is money (Pandoc's rule).
 */

const INLINE = /^(?:\\\((.+?)\\\)|\\\[([^]+?)\\\]|\$\$([^]+?)\$\$|\$(?![\s$])((?:\\.|[^\\$\n])*?(?:\\.|[^\s\\$]))\$(?!\d))/;
const BLOCK = /^ {0,3}(?:\\\[([^]+?)\\\]|\$\$([^]+?)\$\$)[ \t]*(?:\n|$)/;
const BEGINS = /\\[([]|\$/;

/** @type {import("marked").MarkedExtension} */
export const mathSyntax = {
  extensions: [
    {
      name: "blockMath",
      level: "block",
      start: (source) => source.match(/^ {0,3}(?:\\\[|\$\$)/m)?.index,
      tokenizer(source) {
        const found = BLOCK.exec(source);
        if (found) return { type: "blockMath", raw: found[0], latex: found[1] ?? found[2], display: true };
      },
      renderer: ({ latex }) => `<p>${mathElement(latex, true)}</p>`,
    },
    {
      name: "math",
      level: "inline",
      start: (source) => source.match(BEGINS)?.index,
      tokenizer(source) {
        const found = INLINE.exec(source);
        if (!found) return;
        const display = found[2] ?? found[3];
        return { type: "math", raw: found[0], latex: display ?? found[1] ?? found[4], display: display !== undefined };
      },
      renderer: ({ latex, display }) => mathElement(latex, display),
    },
  ],
};

/** @param {string} latex @param {boolean} display */
function mathElement(latex, display) {
  return `<span class="math${display ? " display" : ""}">${escaped(latex.trim())}</span>`;
}

/** Text as HTML that shows it. @param {string} text */
export function escaped(text) {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
