/** The look of Markdown in an answer. */

const css = `
.markdown { overflow-wrap: anywhere; }
.blocks { display: contents; }
.markdown :is(p, li, th, td, h3, h4, h5, h6) { unicode-bidi: plaintext; }
.markdown p, .markdown ul, .markdown ol, .markdown blockquote, .markdown figure, .markdown .table { margin: 0 0 .75em; }
.markdown :is(.blocks:last-child, .blocks:not(:has(~ .blocks > *))) > :last-child { margin-block-end: 0; }
.markdown :is(h3, h4, h5, h6) { margin: 1.1em 0 .45em; font-size: 1em; font-weight: 650; line-height: 1.35; }
.markdown h3 { font-size: 1.18em; } .markdown h4 { font-size: 1.08em; }
.markdown .blocks:first-child > :first-child { margin-block-start: 0; }
.markdown :is(ul, ol) { padding-inline-start: 1.6em; }
.markdown li > :is(ul, ol, p) { margin-block-end: .25em; }
.markdown li + li { margin-block-start: .2em; }
.markdown li:has(> input) { list-style: none; margin-inline-start: -1.3em; }
.markdown blockquote { padding-inline-start: .9em; border-inline-start: 3px solid var(--line); color: var(--muted); }
.markdown hr { border: 0; border-block-start: 1px solid var(--line); margin: 1.1em 0; }
.markdown a { color: var(--edge); text-underline-offset: 3px; }
.markdown code { font: .9em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; }
.markdown :not(pre) > code { padding: .1em .35em; border-radius: 5px; background: var(--soft); border: 1px solid var(--line); }
.markdown .code { border: 1px solid var(--line); border-radius: 10px; background: var(--soft); overflow: hidden; }
.markdown figcaption { display: flex; align-items: center; justify-content: space-between; padding: .15rem .3rem .15rem .85rem; color: var(--muted); font-size: .8em; border-block-end: 1px solid var(--line); }
.markdown pre { margin: 0; padding: .75rem .85rem; overflow-x: auto; white-space: pre; overflow-wrap: normal; tab-size: 4; }
.markdown .table { overflow-x: auto; }
.markdown table { inline-size: auto; font-size: .95em; }
.markdown :is(th, td) { inline-size: auto; padding: .35rem .8rem; border: 1px solid var(--line); text-align: start; vertical-align: top; overflow-wrap: normal; }
.markdown th { background: var(--soft); font-weight: 600; color: var(--ink); }
.markdown [align="right"] { text-align: end; } .markdown [align="center"] { text-align: center; }
.math:not(.drawn) { font-family: ui-monospace, monospace; font-size: .9em; color: var(--muted); }
.math.display { display: block; overflow-x: auto; padding-block: .2em; }
math { font-size: 1.12em; }
:is(.hljs-comment, .hljs-quote, .hljs-meta) { color: var(--muted); font-style: italic; }
:is(.hljs-keyword, .hljs-selector-tag, .hljs-literal, .hljs-type, .hljs-built_in) { color: var(--edge); }
:is(.hljs-string, .hljs-regexp, .hljs-addition, .hljs-attribute) { color: var(--device); }
:is(.hljs-number, .hljs-symbol, .hljs-variable, .hljs-template-variable, .hljs-attr) { color: var(--warn); }
:is(.hljs-title, .hljs-section, .hljs-name) { font-weight: 600; }
.hljs-deletion { color: var(--danger); }
`;

export const styles = new CSSStyleSheet();
styles.replaceSync(css);
