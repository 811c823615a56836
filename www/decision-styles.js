/** The look of a decision's explanation, which comes with it when somebody opens one. */

const css = `
.why-body { margin-block-start: .5rem; }
.in-words { margin: 0; }
.numbers summary { display: inline-flex; align-items: center; gap: .15em; color: var(--muted); cursor: pointer; list-style: none; }
.numbers summary::-webkit-details-marker { display: none; }
.numbers summary:hover { color: var(--ink); }
.numbers[open] > summary .icon { transform: rotate(180deg); }
.numbers[open] > * + * { margin-block-start: .8rem; }
.decision { border: 1px solid var(--line); border-radius: 12px; padding: .85rem 1rem; background: var(--soft); color: var(--ink); display: grid; gap: .8rem; }
.bars { display: grid; grid-template-columns: auto 1fr auto; gap: .4rem .6rem; }
.bar-row { display: grid; grid-column: 1 / -1; grid-template-columns: subgrid; align-items: center; color: var(--muted); }
.bar-row.chosen { color: var(--ink); font-weight: 600; }
.bar-value { text-align: end; font-variant-numeric: tabular-nums; white-space: nowrap; }
.bar-track { display: flex; block-size: 12px; gap: 1px; border-radius: 4px; overflow: hidden; background: color-mix(in srgb, var(--line) 60%, transparent); }
.device .segment, .device.swatch { --side: var(--device); } .edge .segment { --side: var(--edge); }
.segment { min-inline-size: 0; }
.segment.net, .swatch.net { background: var(--net); }
.segment.queue, .swatch.queue { background: var(--queue); }
.segment.prefill { background: color-mix(in srgb, var(--side) 55%, var(--soft)); }
.segment.decode { background: var(--side); }
.swatch { display: inline-block; inline-size: .65em; block-size: .65em; border-radius: 2px; margin-inline-end: .55em; }
.swatch.prefill { background: linear-gradient(135deg, color-mix(in srgb, var(--device) 55%, var(--soft)) 50%, color-mix(in srgb, var(--edge) 55%, var(--soft)) 50%); }
.swatch.decode { background: linear-gradient(135deg, var(--device) 50%, var(--edge) 50%); }
table { border-collapse: collapse; inline-size: 100%; font-variant-numeric: tabular-nums; }
.decision :is(th, td) { padding: .2rem 0; text-align: end; font-weight: 400; border-block-end: 1px solid var(--line); }
.decision th[scope="row"] { text-align: start; color: var(--muted); }
.decision thead th { color: var(--muted); font-size: .92em; }
.decision tfoot :is(th, td) { font-weight: 600; border-block-end: 0; }
.decision tfoot th[scope="row"] { color: var(--ink); }
.decision :is(th, td):nth-child(n+2) { inline-size: 7.5em; }
.rule { margin: 0; display: flex; flex-wrap: wrap; align-items: baseline; gap: .35em; row-gap: .5em; color: var(--muted); }
.term { display: inline-grid; justify-items: center; }
.term b { color: var(--ink); font-weight: 600; font-variant-numeric: tabular-nums; }
.term small { font-size: .78em; line-height: 1.2; }
.rule-route { font-weight: 600; white-space: pre; } .rule-route.device { color: var(--device); } .rule-route.edge { color: var(--edge); }
.outcome { margin: 0; color: var(--muted); }
@media (max-width: 36rem) {
  .decision { padding: .7rem .75rem; }
  .decision :is(th, td):nth-child(n+2) { inline-size: 5.5em; }
}
`;

export const decisionStyles = new CSSStyleSheet();
decisionStyles.replaceSync(css);
