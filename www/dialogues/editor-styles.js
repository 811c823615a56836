/** The look of a question that is being edited. */

const css = `
.question.edited { inline-size: 100%; max-inline-size: 46rem; padding: .5rem; }
.question.edited > :not(.editor) { display: none; }
.editor { display: grid; gap: .5rem; margin: 0; padding: 0; border: 0; background: none; }
.editor:focus-within { box-shadow: none; }
.editor textarea { inline-size: 100%; max-block-size: 14rem; padding: .4rem .6rem; border-radius: 10px; background: var(--bg); color: var(--ink); }
.editor-buttons { display: flex; justify-content: flex-end; gap: .5rem; font-size: .88em; }
.editor .filled { background: var(--button); color: var(--button-ink); border-color: var(--button); }
@media (max-width: 36rem) { .editor textarea { font-size: 16px; } }
`;

export const editorStyles = new CSSStyleSheet();
editorStyles.replaceSync(css);
