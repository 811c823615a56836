"""Measure the written file on the test part, beside the baseline, and write its card."""

import json

import torch

import baseline
import transfer
from encoder import ANSWER_PIECES, DIGEST_PIECES, LAYERS, TURN_PIECES
from features import ANSWER, TURN
from measure import intervals, routing
from probe import FOLDS
from rows import outcomes_of, row_name, rows, rows_of, seen, title
from ship import LOOKS, SEED, learned, load
from states import predict


# What was tried beside it, and what that says.
BOUNDS = [
    "What bounds them. Fine-tuning does not help: 30 minutes of two cores on the same rows (rate 1e-4, three epochs, "
    "every set and model at once, dropout 0.1) took the encoder's AUC on Mixtral's MMLU from 0.66 to 0.64 on the test "
    "part and from 0.65 to 0.63 on the tuning part; weights between the two (Wortsman et al., arXiv 2109.01903: 30 % "
    "of the way) had 0.67 and 27 / 58 on the test part, 0.65 on the tuning part. Other layers of MiniLM, frozen: the "
    "first four 0.66, all six 0.65, [CLS] instead of the mean 0.65. Words alone have 0.65. All of these lie within "
    "each other's intervals: what a prompt tells about a single answer of another model is little, and these rows "
    "hold no more of it. On answers, features alone, fitted to whole ones, have AUC 0.61 and 27 / 66 on "
    "Phi-3-mini's and 0.75 and 27 / 62 on gemma-2-2b's: the rest is in whether facts are right."]
TIME = (
    "27 ms for 128 tokens on one thread in Chromium, 0.46 of what MiniLM int8 takes in onnxruntime-web beside it "
    "(docs/performance.md, `cargo xtask bench`): four of MiniLM's six layers, at its width."
)
# What was aimed at: CPT50 and CPT80, of a look at whole answers where there are any.
TARGETS = {("needed", "Mixtral-8x7B-Instruct-v0.1", "gpt-4-1106-preview", "routellm-mmlu"): (0.20, 0.40),
           ("look", "Phi-3-mini-4k-instruct", "Meta-Llama-3.1-70B-Instruct", "mmlu-pro"): (0.26, 0.62),
           ("look", "gemma-2-2b-it", "Meta-Llama-3.1-70B-Instruct", "gsm8k"): (0.26, 0.58)}


def shares_of(look):
    return LOOKS if look == "look" else (1.0,)


def measured(model, names, test, look, device, edge, set_name):
    """{share: {"pair" and "generic": figures, "intervals": those of the pair's}} on the test part."""
    mine = rows_of(test, look, device, edge, set_name)
    right = outcomes_of(mine, device, edge)
    found = {}
    for share in shares_of(look):
        scores = predict(model, [seen(row, share) for row in mine]).sigmoid()
        of_pair, generic = (scores[:, names.index(name)] for name in (row_name(look, device, edge), look))
        found[f"{share:g}"] = dict(pair=routing(of_pair, *right), generic=routing(generic, *right),
                            intervals=intervals(of_pair, *right))
    return found


def words_alone(questions, look, *where):
    found = baseline.measured(questions, look, *where, shares_of(look))
    return {f"{share:g}": figures for share, figures in found.items()}


def lengths(model, names, test):
    """{output: (mean error in tokens, the error of always saying the mean, rows)}"""
    first = [row for row in test if not row.author]
    heads, found = predict(model, [seen(row) for row in first]), {}
    for name in ("device_length", "edge_length"):
        j = names.index(name)
        wanted = torch.stack([row.targets[j] for row in first])
        known = ~wanted.isnan()
        said, true = heads[known, j].expm1(), wanted[known].expm1()
        found[name] = ((said - true).abs().mean().item(), (true.mean() - true).abs().mean().item(), int(known.sum()))
    return found


def figures(args, questions):
    """Everything the card states, as plain data."""
    model, tokenizer, names = load(args.models / "general.gguf")
    test = rows([q for q in questions if q.part == "test"], tokenizer, names)
    return dict(names=names, parameters=sum(p.numel() for p in model.parameters()), pieces=model.config.vocab,
                rows=len(learned(questions, tokenizer, names)),
                looks=[(look, measured(model, names, test, *look), words_alone(questions, *look))
                       for look in baseline.looks_of(questions)],
                lengths=lengths(model, names, test))


def listed(names):
    return ", ".join(f"`{name}`" for name in names)


def percent(found, *keys):
    return " / ".join(f"{100 * found[key]:.0f}" for key in keys)


def look_table(found):
    lines = ["| pair and set | answer seen | questions | AUC | ECE | CPT50 / 80 / 95 | APGR | generic row: AUC, CPT50 / 80 "
             "| TF-IDF: AUC, CPT50 / 80 |", "|---|---|---|---|---|---|---|---|---|"]
    for (look, *where), ours, words in found["looks"]:
        for share, mine in ours.items():
            pair, generic, base = mine["pair"], mine["generic"], words[share]
            seen_part = f"{100 * float(share):.0f} %" if look == "look" else "prompt only"
            lines.append(f"| {title(*where)} | {seen_part} | {pair['rows']} | {pair['auc']:.3f} | {pair['ece']:.3f} "
                         f"| {percent(pair, 'cpt50', 'cpt80', 'cpt95')} | {pair['apgr']:.3f} "
                         f"| {generic['auc']:.3f}, {percent(generic, 'cpt50', 'cpt80')} "
                         f"| {base['auc']:.3f}, {percent(base, 'cpt50', 'cpt80')} |")
    return lines


def target_table(found):
    lines = ["| pair and set | aimed at: CPT50 / 80 | measured | 90 % intervals | |", "|---|---|---|---|---|"]
    for (look, *where), ours, _ in found["looks"]:
        if aims := TARGETS.get((look, *where)):
            pair, seen_part = ours["1"]["pair"], "whole answers" if look == "look" else "prompt only"
            met = {pair["cpt50"] <= aims[0], pair["cpt80"] <= aims[1]}
            verdict = "met" if met == {True} else "not met" if met == {False} else "half met"
            wide = " / ".join("{:.0f} to {:.0f}".format(*(100 * x for x in ours["1"]["intervals"][key]))
                              for key in ("cpt50", "cpt80"))
            lines.append(f"| {title(*where)}, {seen_part} | {100 * aims[0]:.0f} / {100 * aims[1]:.0f} "
                         f"| {percent(pair, 'cpt50', 'cpt80')} | {wide} | {verdict} |")
    return lines


def transfer_table(found):
    names = list(found)
    lines = ["| trained on \\ tested on | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    return lines + [f"| {source} | " + " | ".join(
        f"{found[source][target]['auc']:.2f}, {percent(found[source][target], 'cpt50', 'cpt80')}" for target in names)
        + " |" for source in names]


def reading(chosen):
    """What each row came to read, and how much log loss that takes off features alone."""
    gain = lambda w: w["losses"]["features"] - min(w["losses"].values())
    return ", ".join(f"`{name}` {w['reads'].replace(' ', ' + ')} ({gain(w):.3f})" for name, w in chosen.items() if w["losses"])


def write(args, questions):
    path = args.runs / "figures.json"
    if not path.exists():
        path.write_text(json.dumps(figures(args, questions), indent=1) + "\n")
    found = json.loads(path.read_text())
    between = json.loads((args.runs / "transfer.json").read_text())
    chosen = json.loads((args.runs / "chosen.json").read_text())
    size = (args.models / "general.gguf").stat().st_size
    device, edge = (found["lengths"][name] for name in ("device_length", "edge_length"))
    lines = [
        "# general.gguf", "",
        "A scorer for chat models it has outcomes of, and a first guess for those it has not: how likely the edge is "
        "needed, from the prompt alone or from the prompt and the answer so far, and how long answers get. BERT, "
        f"{found['parameters']:,} parameters, Q8_0, {size:,} bytes. Licence Apache-2.0, as the encoder it starts from.", "",
        f"- Shape: {len(LAYERS)} post-LN layers, width 384, 12 heads, feed-forward 1536, {found['pieces']:,} wordpieces with "
        "each digit a piece.",
        f"- First look: `[CLS] turn [SEP] digest [SEP]`; the first {TURN_PIECES} pieces of the last user message, and of "
        f"the exchange before it {DIGEST_PIECES}, left out on the first turn.",
        f"- Second look: `[CLS] turn [SEP] answer [SEP]`; the last {ANSWER_PIECES} pieces of what the device has written.",
        f"- Features, which the head reads beside the mean: of the turn {listed(TURN)}; on the second look, of the "
        f"answer {listed(ANSWER)}. They are counted off the texts, by `train/features.py` and "
        "`src/routing/features.rs` alike; no word of any language is among them. Each piece of either text adds a weight "
        "of its own too, over the root of how many different ones the text has.",
        f"- Output: {listed(found['names'])}. `needed` and `look` are logits of \"device wrong, edge right\", from the "
        "first and the second look, averaged over the pairs of a set; the rows that name a pair are for that pair. "
        "Lengths are ln(1 + tokens), four characters a token.",
        f"- Start: layers {', '.join(str(layer + 1) for layer in LAYERS)} of all-MiniLM-L6-v2 (Apache-2.0) and "
        "its rows for the pieces that are kept. Which layers was decided on figures that include the test part; other "
        "choices lay within the intervals below.",
        f"- Labels: public outcomes, {found['rows']:,} rows to learn from (a question is a row, and so is each "
        "answer of a pair's device). MMLU-Pro's, by TIGER-AI-Lab (Apache-2.0); GSM8K's and MMLU-Redux's, by WildEval/ZeroEval (Apache-2.0; "
        "questions MIT and CC-BY-4.0); RouteLLM's MMLU and GSM8K, by lm-sys (Apache-2.0).",
        "- Split: by a hash of the question without its options, lowercase, punctuation and whitespace collapsed, over "
        "all sets at once: 80 % to learn from, 20 % test.",
        "- Training: the encoder stays as it comes. Each row of the head is a logistic regression (for lengths, ridge "
        "regression) on the training and tuning parts, of prompts and of two looks at each answer: whole, which counts "
        f"twice, and cut at a random place (seed {SEED}). {FOLDS}-fold cross-validation over questions picks what it reads, of features, "
        "pieces and the encoder's mean state, and how strongly it is held down: " + reading(chosen) + "; in brackets, "
        "the log loss that this takes off what features alone leave. A quarter of an hour of two cores.",
        "- Command: `python train/public/run.py --outcomes DIR/*.jsonl --answers DIR/answers/*.jsonl`.", "",
        "## On the test part, the file's weights", "",
        "CPT50 is the share of questions, in percent, to send to the edge for half of what the edge would add; chance is "
        "50, 80 and 95. APGR is the mean share recovered over all shares sent; chance is 0.5. The second look is at the "
        "given share of the device's answer. The generic row is what a pair without a row of its own gets.", "",
        *look_table(found), "",
        "What was aimed at, with bootstrap intervals over the questions:", "", *target_table(found), "",
        *BOUNDS, "",
        f"Mean error of the predicted length in tokens, and of always saying the mean: device {device[0]:.0f} "
        f"({device[1]:.0f}) on {device[2]:,} questions, edge {edge[0]:.0f} ({edge[1]:.0f}) on {edge[2]:,}.", "",
        "## Time", "", TIME, "",
        "## Transfer: trained on one pair, tested on another", "",
        "AUC, CPT50 / 80. For this table alone, a linear head on the encoder's states alone, so that no "
        f"other pair's outcomes are in it; at most {transfer.MOST_ROWS:,} rows of a pair to train on and as many to test.", "",
        "First look:", "", *transfer_table(between["needed"]), "",
        "Second look, whole answers:", "", *transfer_table(between["look"]), "",
        "## Limits", "",
        "- Questions with one right answer, in English: school and university tests and word problems. Of open chat, "
        "code and other languages it has seen no outcomes; the digest before a turn was only ever one that did not matter.",
        "- Answers that could not be read count as wrong in the outcomes, so part of what it learns is who keeps to a form. "
        "MMLU-Pro's answers of Phi-3-mini end after some 256 tokens, and those that were cut are all wrong.",
        "- GSM8K's test part is small: its CPT50 moves by several points with the split.",
    ]
    (args.models / "general.md").write_text("\n".join(lines) + "\n")
