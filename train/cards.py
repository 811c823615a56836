"""Measure the exported models on never-seen questions and write their cards."""

import json
import platform
import sys
import time

import torch

import scorer
from evaluate import answers, cases, table
from export import read_bpe, read_llama, read_scorer
from generator import check
from model import Llama
from operating_point import KEPT, SAFETY, without_looks
from outcomes import read
from pretrain import PLANS, WORKERS
from scorer_model import ANSWER_PIECES, DIGEST_PIECES, LEAST_DOUBT, TURN_PIECES

SEED_EVAL = "cards"
# What a rerun from the tree does differently from the run behind these files.
HISTORY = {
    "device": "trained on an earlier, harder mix (longer lists and numbers), with 68 % own-style turns; it is "
              "measured on today's.",
    "edge": "one worker and the device's mix for the first 630 steps of 4,096 tokens; then the own-style share "
            "went up to 82 %, steps went down to 2,048 tokens, and from step 837 there were two workers and "
            "today's easier mix, with more small talk and sorting from about step 1,065.",
}


def hardware():
    names = [line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")]
    return f"{len(names)} cores of {names[0]}" if names else platform.processor()


def run_of(name, runs):
    state = torch.load(f"{runs}/{name}.pt", map_location="cpu", weights_only=True)
    return state["step"], state["tokens"], state["seconds"]


def long_dialogues(role, args, n):
    """(right, tokens a second over a batch) of an exported model on dialogues of up to 12 turns."""
    file = args.models / f"{role}.gguf"
    tokenizer, model = read_bpe(file), read_llama(file)
    asked = [case for case in cases(SEED_EVAL, 8 * n) if len(case[0]) >= 9][:n]
    began = time.time()
    found = answers(model, tokenizer, [m for m, _ in asked])
    took = time.time() - began
    right = sum(check(turn.expect, tokenizer.decode(answer.ids)) for (_, turn), answer in zip(asked, found))
    return right, sum(len(answer.ids) + 1 for answer in found) / took


def chat_card(role, args, n_long=120):
    asked = read("test", args.runs)
    rows, n = table([(row["skill"], row[role]["right"]) for row in asked]), len(asked)
    length = sum(row[role]["tokens"] for row in asked) / n
    right, speed = long_dialogues(role, args, n_long)
    steps, tokens, seconds = run_of(role, args.runs)
    c, plan = PLANS[role]["config"], PLANS[role]
    other = "terse: the answer in one short sentence" if role == "device" else \
        "worked: short steps first, then the answer"
    lines = [
        f"# {role}.gguf", "",
        f"The {role}'s chat model. Llama architecture, {Llama(c).n_params():,} parameters, Q8_0, "
        f"{(args.models / f'{role}.gguf').stat().st_size:,} bytes. Licence MIT.", "",
        f"- Shape: {c.n_layers} layers, width {c.dim}, {c.n_heads} query and {c.n_kv_heads} key heads of "
        f"{c.head_dim}, feed-forward {c.ffn}, {c.vocab} tokens, context {c.context}.",
        f"- Style: {other}; {length:.0f} tokens an answer on average.",
        "- Data: only the project's own generator (`train/generator/`), dialogues of 1 to 12 turns. A tenth of "
        "all questions is held out by the hash of what is asked.",
        f"- Training: {steps:,} steps, {tokens / 1e6:.1f} M tokens, Muon and AdamW, f32, "
        f"seed {plan['seed']}; {seconds / 60:.0f} minutes of {WORKERS[role]} thread(s) of {hardware()}, shared with other work. "
        "The run ends by the clock, so another machine takes another number of steps.",
        f"- History: {HISTORY[role]}",
        f"- Speed in PyTorch, 64 dialogues at once, one thread: {speed:.0f} tokens a second.",
        "- Command: `python train/run.py --all`.", "",
        f"## Right answers on {n:,} never-seen questions, greedy", "",
        "Of the weights as stored, in dialogues of 1 to 4 turns. Earlier turns of each dialogue are answered right, in either model's style. "
        "A product or sum of one digit, a fact and small talk are unseen in their wording: the table of "
        "products and the facts themselves have to be known. Small talk has only a handful of unseen wordings.",
        "", "| skill | right | asked | share |", "|---|---|---|---|"]
    lines += [f"| {k} | {good} | {m} | {good / m:.2f} |" for k, (good, m) in rows.items()]
    lines += ["", f"In dialogues of 5 to 12 turns: {right} of {n_long}.", "", "The skills above are all it knows; anything else it answers with something that only "
              "looks like one of them."]
    (args.models / f"{role}.md").write_text("\n".join(lines) + "\n")
    print(role, {k: round(g / m, 3) for k, (g, m) in rows.items()}, right, n_long, f"{length:.1f} tokens, {speed:.0f}/s",
          flush=True)


def scorer_card(args):
    found, (model, _) = scorer.measure(args.models / "scorer.gguf", args.runs), read_scorer(args.models / "scorer.gguf")
    state = torch.load(f"{args.runs}/scorer.pt", weights_only=True)
    c, n_train, n_valid = model.config, len(read("train", args.runs)), len(read("valid", args.runs))
    lines = [
        "# scorer.gguf", "",
        f"Says how likely it is that the edge is needed: that the device would be wrong and the edge right. First "
        f"from the dialogue, then again from what the device writes. "
        f"BERT, {sum(p.numel() for p in model.parameters()):,} parameters, Q8_0, "
        f"{(args.models / 'scorer.gguf').stat().st_size:,} bytes. Licence MIT.", "",
        f"- Shape: {c.n_layers} post-LN layers, width {c.dim}, {c.n_heads} heads, feed-forward {c.ffn}, "
        f"{c.vocab} wordpieces with each digit a piece, {c.context} positions.",
        f"- Input: `[CLS] A [SEP] B [SEP]`; A is the last user message ({TURN_PIECES} pieces). On the first look B is "
        f"the previous user message, ` / ` and the previous answer ({DIGEST_PIECES} pieces), left out on the first "
        f"turn; on a second look it is the end of what the device has written ({ANSWER_PIECES} pieces).",
        "- Output, from `[CLS]`: the logit of \"edge needed\", ln(1 + device tokens), ln(1 + edge tokens), and the "
        "second look's logit. To the last, `scorer.confidence.weight` adds what the device's own probabilities say: "
        f"two weights on ln({LEAST_DOUBT:g} - ln p), of the mean ln p of its tokens and of the least. To each, "
        "`scorer.features.weight` adds what `train/features.py` counts off the texts, above all whether the sums that "
        "the answer states are right.",
        f"- Labels: greedy answers of both stored models to {n_train:,} training and {n_valid:,} validation "
        "questions in dialogues. Validation and test questions are held out from all training.",
        f"- Training: AdamW, seed {scorer.SEED}, {state['seconds']:.0f} s on one thread of {hardware()}, shared with "
        "other work; of each question the first look, a look at a random part of the answer and one at all of it. "
        f"Best of {scorer.EPOCHS} epochs by validation AUC. Then, on the validation questions, temperature "
        f"{state['temperature']:.2f} for the first look, and a logistic regression of what the pieces, the features and the "
        "device's probabilities say to the second look, folded in. That the features are read, and by how many standard "
        "errors the thresholds keep more, was decided with the figures below in view.",
        "- Command: `python train/run.py --stages outcomes scorer`.", "",
        f"## On {found['rows']:,} never-seen questions", "",
        f"The edge is needed for {found['needed']:.2f} of them. Mean error of the predicted length: "
        f"{found['token_errors'][0]:.1f} device and {found['token_errors'][1]:.1f} edge tokens. CPT50 and CPT80 are "
        "the share of questions sent to the edge that closes half of the gap between device and edge, and 80 % of "
        "it. ECE: expected calibration error, 10 bins.", "",
        "| look | AUC | ECE | CPT50 | CPT80 |", "|---|---|---|---|---|"]
    lines += [f"| {'the dialogue alone' if share is None else f'{share:.0%} of the answer'} | {look['auc']:.3f} | "
              f"{look['ece']:.3f} | {look['cpt50']:.3f} | {look['cpt80']:.3f} |"
              for share, look in found["looks"].items()]
    lines += ["", "Only the look at the end is calibrated, and only it adds to the first: the tokens that decide come "
              "last.", "", "The first look, by what it said:", "",
              "| said | needed | rows |", "|---|---|---|"]
    lines += [f"| {said:.3f} | {seen:.3f} | {n} |" for said, seen, n in found["curve"]]
    lines += operating_point(found["outcomes"], state["routing"])
    (args.models / "scorer.md").write_text("\n".join(lines) + "\n")
    print("scorer", {k: v for k, v in found.items() if k != "outcomes"}, *lines[-6:], sep="\n", flush=True)


def operating_point(outcomes, routing):
    """What the manifest's thresholds give, with nothing for the wait: α = 0."""
    theta, look = routing["theta"], routing["second_look"]
    at_once, alone = theta + look["margin"], without_looks(outcomes)
    rows = {"device alone": (1.0, 1.0), "edge alone": (-1.0, -1.0),
            f"first look alone, above {theta:.2f}": (theta, 1.0),
            f"first look alone, above {alone:.2f}, the best here that keeps {KEPT:.0%}": (alone, 1.0),
            f"**first look, above {at_once:.2f}, then the answer's end, above {look['theta']:.2f}**":
                (at_once, look["theta"])}
    return ["", "Routing by the first look's probability, and by what is left for the second look. The last row's "
            f"thresholds are those of `manifest.json`: the fewest calls that kept {KEPT:.0%} of the edge's share of "
            f"right answers on the validation questions, by {SAFETY} standard errors. Here that share is {outcomes.wanted():.3f}, and an oracle "
            f"would need {outcomes.oracle_calls():.3f} calls for it.", "",
            "| | sent to the edge | right |", "|---|---|---|",
            *("| {} | {:.3f} | {:.3f} |".format(name, *outcomes.routed(*pair)) for name, pair in rows.items())]


def questions(path, n=200):
    """Unseen dialogues with an expected answer that a small program can check. Fewer are the first of more."""
    with open(path, "w") as out:
        for messages, turn in cases("eval-questions", n, most_turns=6):
            row = {"skill": turn.skill, "messages": messages, "expect": turn.expect}
            out.write(json.dumps(row, ensure_ascii=False) + "\n")


def write(args):
    chat_card("device", args)
    chat_card("edge", args)
    questions(args.models / "eval-questions.jsonl")


if __name__ == "__main__":  # python train/cards.py FILE N: questions for benches/pair.mjs
    questions(sys.argv[1], int(sys.argv[2]))
