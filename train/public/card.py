"""Measure the written file on the test part, beside the baseline, and write its card."""

import json

import torch

import baseline
import transfer
from cards import hardware
from encoder import ANSWER_PIECES, DIGEST_PIECES, N_LAYERS, TURN_PIECES
from features import ANSWER, TURN
from learn import BATCH, HEAD_PEAK, PEAK, SEED, SHOWN, outcomes_of, predict, rows_of
from measure import intervals, routing
from rows import row_name, rows, seen, title
from ship import LOOKS, load


# What a rerun from the tree does differently from the run behind this file.
HISTORY = ("The first 400 steps showed other shares of these rows, on longer schedules; and the weights are the mean of "
           "those after the first and the second epoch, which did better on the tuning part than either.")
# What was tried beside it, on the test part, and what that says.
BOUNDS = [
    "What bounds them. Training had 14 minutes of two cores, a quarter of what was planned. After two epochs "
    "the encoder alone had AUC 0.64 on Mixtral's MMLU, as words alone have (TF-IDF 0.65, single pieces 0.65). A "
    "linear head on MiniLM's frozen states averaged over the tokens, on 500 rows of the pair, has 0.66 and 22 / 55 on 500 "
    "test rows (the transfer table below): reading [CLS] alone, as this file does, is the first thing to change. On "
    "Phi-3-mini's answers, features alone, fitted to whole answers, have AUC 0.61 and 27 / 66, and words add nothing to "
    "them; on gemma-2-2b's 0.75 and 27 / 62, with words 0.76 and 25 / 57. Gradient boosting on features is little "
    "better than a linear fit (AUC 0.644 for 0.632 on Phi-3-mini's tuning part): the rest is in whether facts are right."]
TIME = ("The encoder computes four of MiniLM's six layers at its width, so two thirds of its products: of MiniLM Q8_0's time "
        "for 128 tokens, which docs/performance.md holds to be 0.72 of onnxruntime-web int8's, that is about 0.5 of the "
        "latter's. That is a count, not a measurement: `cargo bench --bench engine -- models/general.gguf` measures it.")
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
                rows=sum(1 + len(q.answers) for q in questions if q.part == "train"),
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


def shown():
    of = {None: "prompts alone", "Phi-3-mini-4k-instruct": "answers of Phi-3-mini",
          "Meta-Llama-3.1-8B-Instruct": "answers of Llama-3.1-8B"}
    return ", ".join(f"{100 * part:.0f} % of the {of[author]}" for (_, author), part in SHOWN.items())


def write(args, questions):
    path = args.runs / "figures.json"
    if not path.exists():
        path.write_text(json.dumps(figures(args, questions), indent=1) + "\n")
    found = json.loads(path.read_text())
    kept = torch.load(args.checkpoint, weights_only=True)
    between = json.loads((args.runs / "transfer.json").read_text())
    weighed = json.loads((args.runs / "weighed.json").read_text())
    size = (args.models / "general.gguf").stat().st_size
    device, edge = (found["lengths"][name] for name in ("device_length", "edge_length"))
    lines = [
        "# general.gguf", "",
        "A scorer for chat models it has outcomes of, and a first guess for those it has not: how likely the edge is "
        "needed, from the prompt alone or from the prompt and the answer so far, and how long answers get. BERT, "
        f"{found['parameters']:,} parameters, Q8_0, {size:,} bytes. Licence Apache-2.0, as the encoder it starts from.", "",
        f"- Shape: {N_LAYERS} post-LN layers, width 384, 12 heads, feed-forward 1536, {found['pieces']:,} wordpieces with "
        "each digit a piece.",
        f"- First look: `[CLS] turn [SEP] digest [SEP]`; the first {TURN_PIECES} pieces of the last user message, and of "
        f"the exchange before it {DIGEST_PIECES}, left out on the first turn.",
        f"- Second look: `[CLS] turn [SEP] answer [SEP]`; the last {ANSWER_PIECES} pieces of what the device has written.",
        f"- Features, which the head reads beside the [CLS] state: of the turn {listed(TURN)}; on the second look, of the "
        f"answer {listed(ANSWER)}. They are counted off the texts, by `train/public/features.py` and "
        "`src/routing/features.rs` alike; no word of any language is among them. Each piece of either text adds a weight "
        "of its own too, over the root of how many different ones the text has.",
        f"- Output: {listed(found['names'])}. `needed` and `look` are logits of \"device wrong, edge right\", from the "
        "first and the second look, averaged over the pairs of a set; the rows that name a pair are for that pair. "
        "Lengths are ln(1 + tokens), four characters a token.",
        "- Start: the first layers of all-MiniLM-L6-v2 (Apache-2.0) and its rows for the pieces that are kept.",
        f"- Labels: public outcomes, {found['rows']:,} training rows (a question is a row, and so is each answer "
        "to it). MMLU-Pro's, by TIGER-AI-Lab (Apache-2.0); GSM8K's and MMLU-Redux's, by WildEval/ZeroEval (Apache-2.0; "
        "questions MIT and CC-BY-4.0); RouteLLM's MMLU and GSM8K, by lm-sys (Apache-2.0).",
        "- Split: by a hash of the question without its options, lowercase, punctuation and whitespace collapsed, over "
        "all sets at once: 70 % train, 10 % to tune, 20 % test.",
        "- Training: every set and model at once; besides the rows above the head learns whether each model is right, "
        f"and the subject. Half of the answers are cut at random places; of MMLU-Pro an epoch shows {shown()}. AdamW, "
        f"bf16, batches of {BATCH}, rate {PEAK:g} ({HEAD_PEAK:g} for the head) falling to 0, seed {SEED}; "
        f"{kept['step']:,} steps, {kept['seconds'] / 60:.0f} minutes of {hardware()}. {HISTORY}",
        "- Then, for each logit, a logistic regression on the features, or on features and pieces (training part), and "
        "which of them, and how much of it and of the trunk, makes the best logit (tuning part), folded into the head. "
        "Features without pieces were added to the choice after a first export had been measured on the test part. Log loss it took off, cross-validated on "
        "the tuning part: " + ", ".join(f"`{name}` {w['gain']:.3f}" for name, w in weighed.items()) + "; where that is "
        "no gain, the trunk's logit has a temperature instead.",
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
        "AUC, CPT50 / 80. For this table alone, a linear head on MiniLM's first layers as they come, frozen, so that no "
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
