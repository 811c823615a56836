"""Teaches the general scorer single models, kind by kind, from everyday outcomes: rows are added to its file.

    python train/everyday/fit.py --outcomes DIR [--device NAME --edge NAME] [--measure]

The encoder, its pieces and the rows that are there already stay as they are. What is added: `kind:NAME`, a softmax
over the kinds of questions; `ease`, how easy a question is for a model of average ability (ability.py); `right:MODEL`, that a model is right, from the prompt; `answer:DEVICE`, the same once it is
seen what it wrote, and with what probabilities; `read:DEVICE`, once the edge has read that; `length:MODEL`. All are
linear in what the scorer reads and in how likely the question is of each kind. Kinds that are marked unseen, and a fifth
of the questions of the others, are not learned from.
"""

import argparse
import json
import math
import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from scipy.sparse import csr_matrix, diags, hstack
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import log_loss
from sklearn.model_selection import GroupKFold

import ability
import recorded  # which makes the modules of train/ and train/public known
import signals
from encoder import ANSWER_PIECES, DIGEST_PIECES, TURN_PIECES
from extend import write
from features import features
from measure import routing
from probe import READS, Inputs
from ship import load
from states import states

SEED, FOLDS, STEPS = 17, 5, 1500
STRENGTHS = (0.03, 0.1, 0.3, 1.0)
KIND_SCALE, SIGNAL_SCALE, KIND_STRENGTH = 2.0, 0.3, 10.0
N_GOLDEN = 12
EASE_READS = "features words state"
WHOLE_COUNTS = 2.0  # a whole answer, beside one that is cut at a random place


@dataclass
class Row:
    """One row of the head: weights of features, pieces and state, of kinds and of signals, and a bias."""
    inputs: np.ndarray
    bias: float
    kinds: np.ndarray
    signals: np.ndarray
    reads: str = ""


class Encoded:
    """Texts as the scorer sees them, with their states from the encoder; kept in `path` from run to run."""

    def __init__(self, path, model, tokenizer, texts):
        pieces = lambda text: tokenizer.encode(text, add_special_tokens=False).ids
        seen = [(pieces(turn)[:TURN_PIECES], cut(pieces(second)), features(turn, answer)) for turn, second, cut, answer in texts]
        key = path.with_suffix(f".{len(seen)}.npy")
        if not key.exists():
            np.save(key, states(model, seen).numpy())
        self.inputs = Inputs.of(seen, np.load(key), model.config.vocab)


def beginning(ids):
    return ids[:DIGEST_PIECES]


def ending(ids):
    return ids[-ANSWER_PIECES:]


class Scales:
    """What each column is multiplied by to be fitted, as learned on the training rows."""

    def __init__(self, inputs, train, reads):
        self.factors = Inputs(inputs.columns[train], inputs.n_pieces).factors(reads.split())
        self.used = np.flatnonzero(self.factors)

    def of(self, inputs):
        return (inputs.columns[:, self.used] @ diags(self.factors[self.used])).tocsr()

    def weights(self, fitted):
        found = np.zeros(len(self.factors))
        found[self.used] = fitted * self.factors[self.used]
        return found


def kinds_of(prompts, questions, train):
    """(names, a Row for each, how likely each question is of each kind: from other folds where it was learned from)."""
    scales = Scales(prompts, train, "features words state")
    columns, labels = scales.of(prompts), np.array([q.kind for q in questions])
    fit = lambda rows: LogisticRegression(C=KIND_STRENGTH, max_iter=STEPS).fit(columns[rows], labels[rows])
    whole = fit(train)
    likely = whole.predict_proba(columns)
    for learn, rest in GroupKFold(FOLDS).split(train, groups=np.arange(len(train)) % 97):
        part = fit(train[learn])
        likely[train[rest]] = 0
        likely[np.ix_(train[rest], np.searchsorted(whole.classes_, part.classes_))] = part.predict_proba(columns[train[rest]])
    none = np.zeros(0)
    rows = [Row(scales.weights(w), float(b), none, none) for w, b in zip(whole.coef_, whole.intercept_)]
    return list(whole.classes_), rows, likely


def fitted(inputs, likely, told, wanted, counts, groups, train):
    """(Row, its logits for all inputs): the best logit for `wanted`, by cross-validation over questions."""
    means = np.nanmean(np.where(np.isnan(told[train]), np.nan, told[train]), 0) if told.shape[1] else np.zeros(0)
    spread = np.nanstd(told[train], 0) + 1e-6 if told.shape[1] else np.zeros(0)
    off = np.nan_to_num((told - means) / spread) * SIGNAL_SCALE if told.shape[1] else told
    beside = csr_matrix(np.hstack([likely * KIND_SCALE, off]))
    best = None
    for reads in READS:
        scales = Scales(inputs, train, reads)
        columns = hstack([scales.of(inputs), beside]).tocsr()
        for strength in STRENGTHS:
            loss = cross_validated(columns, wanted, counts, groups, train, strength)
            if best is None or loss < best[0]:
                best = loss, reads, strength, scales, columns
    loss, reads, strength, scales, columns = best
    fit = LogisticRegression(C=strength, max_iter=STEPS).fit(columns[train], wanted[train], counts[train])
    n, k = len(scales.used), likely.shape[1]
    weights = fit.coef_[0]
    row = Row(scales.weights(weights[:n]), float(fit.intercept_[0]), weights[n:n + k] * KIND_SCALE,
              weights[n + k:] * SIGNAL_SCALE / spread if told.shape[1] else np.zeros(0), f"{reads} ({strength:g})")
    return row, columns @ weights + fit.intercept_[0], means


def cross_validated(columns, wanted, counts, groups, train, strength):
    said = np.zeros(len(train))
    for learn, rest in GroupKFold(FOLDS).split(train, groups=groups[train]):
        fit = LogisticRegression(C=strength, max_iter=STEPS).fit(columns[train[learn]], wanted[train[learn]], counts[train[learn]])
        said[rest] = fit.predict_proba(columns[train[rest]])[:, 1]
    return log_loss(wanted[train], said, sample_weight=counts[train])


class Looks:
    """Answers of a device, whole and cut at a random place, with what their tokens' probabilities tell."""

    def __init__(self, questions, device, edge, rng):
        self.of, self.counts, self.texts, self.told = [], [], [], []
        for i, q in enumerate(questions):
            row = q.answers[device]
            for share, counts in ((1.0, WHOLE_COUNTS), (rng.uniform(0.15, 0.9), 1.0)):
                text = row["answer"][:max(1, round(share * len(row["answer"])))]
                probabilities = row["logprobs"][:max(1, round(share * len(row["logprobs"])))]
                reading = q.readings.get((device, edge)) if share == 1.0 else None
                self.of.append(i)
                self.counts.append(counts)
                self.texts.append((q.prompt, text, ending, text))
                self.told.append([*signals.of_device(probabilities), *signals.of_edge(reading)])
        self.of, self.counts, self.told = np.array(self.of), np.array(self.counts), np.array(self.told)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def report(name, needed, right, questions, parts=("test", "unseen")):
    """Prints how good `needed` is for routing on the parts that were not learned from."""
    found = {}
    for part in parts:
        at = np.array([i for i, q in enumerate(questions) if q.part == part])
        as_tensor = lambda values: torch.tensor(values[at]).float()
        figures = routing(as_tensor(needed), *map(as_tensor, right))
        found[part] = figures | {"off": float(needed[at].mean() - figures["needed"])}
        print(f"{name:10} {part:7}" + " ".join(f"{k} {found[part][k]:.3f}" for k in ("rows", "needed", "auc", "cpt50", "cpt80", "off")), flush=True)
    return found


def read(args):
    """(model, tokenizer, names of its rows, questions that both models were asked, their prompts as the scorer sees
    them, which of them are learned from)"""
    model, tokenizer, names = load(args.scorer)
    everything = recorded.read(args.questions, args.outcomes)
    questions = [q for q in everything if {args.device, args.edge} <= q.answers.keys()]
    prompts = Encoded(args.runs / "prompts", model, tokenizer, [(q.prompt, q.digest, beginning, "") for q in questions]).inputs
    train = np.array([i for i, q in enumerate(questions) if q.part in ("train", "valid")])
    print(f"{len(questions)} questions, {len(train)} to learn from", flush=True)
    return model, tokenizer, names, questions, prompts, train


def prepared():
    """(questions, what a row reads of each, how likely each is of each kind, which are learned from, the kinds)"""
    args = arguments([])
    *_, questions, prompts, train = read(args)
    kinds, _, likely = kinds_of(prompts, questions, train)
    return questions, ease_columns(prompts, likely, train)[1], likely, train, kinds


def ease_columns(prompts, likely, train):
    scales = Scales(prompts, train, EASE_READS)
    return scales, hstack([scales.of(prompts), csr_matrix(likely * KIND_SCALE)]).tocsr()


def outcomes_of(questions):
    """{model: right or wrong for each question, NaN where it was not asked}"""
    models = sorted({model for q in questions for model in q.answers})
    return {m: np.array([q.answers[m]["correct"] if m in q.answers else math.nan for q in questions], float) for m in models}


def ease_row(prompts, likely, questions, kinds, train):
    """(Row `ease`, the area of each kind)"""
    of_kind, areas = ability.areas_of(questions, kinds)
    asked = ability.asks(likely, of_kind, areas)
    scales, columns = ease_columns(prompts, likely, train)
    _, weights, middle, abilities = ability.joint(columns, asked, outcomes_of(questions), train)
    for model, found in abilities.items():
        print(f"ability of {model}: {found[0]:+.2f}, " + ", ".join(f"{a} {x:+.1f}" for a, x in zip(areas, found[1:])), flush=True)
    n = len(scales.used)
    in_kind = np.array([middle[1 + areas.index(area)] for area in of_kind])
    return Row(scales.weights(weights[:n]), float(middle[0]), weights[n:] * KIND_SCALE + in_kind, np.zeros(0)), of_kind, asked


def fit(args):
    model, tokenizer, names, questions, prompts, train = read(args)
    kinds, kind_rows, likely = kinds_of(prompts, questions, train)
    right = {m: np.array([q.answers[m]["correct"] for q in questions]) for m in (args.device, args.edge)}
    ones, groups = np.ones(len(questions)), np.arange(len(questions))
    nothing, rows, logits = np.zeros((len(questions), 0)), dict(zip((f"kind:{k}" for k in kinds), kind_rows)), {}
    for m in right:
        rows[f"right:{m}"], logits[m], _ = fitted(prompts, likely, nothing, right[m], ones, groups, train)
        print(f"right:{m}: {rows[f'right:{m}'].reads}", flush=True)
    rows["ease"], of_kind, asked = ease_row(prompts, likely, questions, kinds, train)
    spread = ability.learned_spread(asked)
    edge_right = sigmoid(logits[args.edge] / spread)
    of_prompt = ability.needed(edge_right, sigmoid(logits[args.device] / spread))
    both = right[args.device], right[args.edge]
    figures = {"prompt": report("prompt", of_prompt, both, questions)}

    looks = Looks(questions, args.device, args.edge, random.Random(SEED))
    seen = Encoded(args.runs / "looks", model, tokenizer, looks.texts).inputs
    whole = looks.counts == WHOLE_COUNTS
    part_of = np.array([questions[i].part for i in looks.of])
    learned = np.isin(part_of, ("train", "valid"))
    wanted, own = right[args.device][looks.of], looks.told[:, :len(signals.OWN)]
    row, logit, means = fitted(seen, likely[looks.of], own, wanted, looks.counts, looks.of, np.flatnonzero(learned))
    row.signals = np.concatenate([row.signals, np.zeros(len(signals.READ))])
    rows[f"answer:{args.device}"] = row
    of_answer = ability.needed(edge_right, sigmoid(logit[whole] / spread))
    print(f"answer: {row.reads}", flush=True)
    figures["answer"] = report("answer", of_answer, both, questions)

    has = whole & ~np.isnan(looks.told[:, -1])
    row, logit, all_means = fitted(seen, likely[looks.of], looks.told, wanted, looks.counts, looks.of, np.flatnonzero(learned & has))
    rows[f"read:{args.device}"] = row
    print(f"read: {row.reads}", flush=True)
    at = np.flatnonzero(has[whole])
    read_by = [questions[i] for i in at]
    of_reading = ability.needed(edge_right, sigmoid(logit[whole] / spread))[at]
    figures["answer, those that are read"] = report("answer*", of_answer[at], [r[at] for r in both], read_by)
    figures["read"] = report("read", of_reading, [r[at] for r in both], read_by)
    np.savez(args.runs / "said.npz", prompt=of_prompt, answer=of_answer, device=both[0], edge=both[1], at=at, read=of_reading,
             part=[q.part for q in questions], ids=[q.id for q in questions])
    golden(args, questions, of_prompt, of_answer, dict(zip(at, of_reading)))
    rows |= lengths(prompts, likely, questions, args, train)
    return model, tokenizer, names, rows, kinds, of_kind, all_means, figures


def golden(args, questions, of_prompt, of_answer, of_reading):
    """A few questions with what the scorer must say of them, for tests/everyday.rs."""
    chosen = [i for i in of_reading if questions[i].part in ("test", "unseen") and len(questions[i].prompt) < 200][:N_GOLDEN]
    cases = [dict(before=questions[i].before, prompt=questions[i].prompt, answer=questions[i].answers[args.device]["answer"],
                  logprobs=questions[i].answers[args.device]["logprobs"], reading=questions[i].readings[args.device, args.edge],
                  of_prompt=round(float(of_prompt[i]), 4), of_answer=round(float(of_answer[i]), 4),
                  of_reading=round(float(of_reading[i]), 4)) for i in chosen]
    found = dict(device=args.device, edge=args.edge, cases=cases)
    (args.runs / "golden.json").write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n")


def lengths(prompts, likely, questions, args, train):
    """`length:MODEL`: ln(1 + tokens)."""
    scales, found = Scales(prompts, train, "features state"), {}
    columns = hstack([scales.of(prompts), csr_matrix(likely * KIND_SCALE)]).tocsr()
    for m in (args.device, args.edge):
        wanted = np.array([math.log1p(q.answers[m]["tokens"]) for q in questions])
        ridge = Ridge(alpha=3.0).fit(columns[train], wanted[train])
        n = len(scales.used)
        found[f"length:{m}"] = Row(scales.weights(ridge.coef_[:n]), float(ridge.intercept_), ridge.coef_[n:] * KIND_SCALE, np.zeros(0))
        rest = np.array([i for i, q in enumerate(questions) if q.part == "test"])
        off = np.abs(np.expm1(columns[rest] @ ridge.coef_ + ridge.intercept_) - np.expm1(wanted[rest])).mean()
        print(f"length:{m}: off by {off:.0f} tokens, the mean alone by {np.abs(np.expm1(wanted[rest]) - np.expm1(wanted[rest]).mean()).mean():.0f}", flush=True)
    return found


def arguments(given=None):
    parser = argparse.ArgumentParser()
    parser.add_argument("--outcomes", type=Path, default=recorded.HERE / "outcomes")
    parser.add_argument("--questions", type=Path, default=recorded.HERE / "questions.jsonl")
    parser.add_argument("--scorer", type=Path, default=recorded.HERE.parent.parent / "models/general.gguf")
    parser.add_argument("--device", default="smollm2-135m-instruct")
    parser.add_argument("--edge", default="qwen2.5-coder-0.5b-instruct")
    parser.add_argument("--runs", type=Path, default=recorded.HERE.parent / "runs/everyday")
    parser.add_argument("--out", type=Path, help="the file to write; the scorer's own unless told otherwise")
    parser.add_argument("--measure", action="store_true", help="write no file")
    args = parser.parse_args(given)
    args.runs.mkdir(parents=True, exist_ok=True)
    return args


def main():
    args = arguments()
    model, tokenizer, names, rows, kinds, of_kind, means, figures = fit(args)
    (args.runs / "figures.json").write_text(json.dumps(figures, indent=1) + "\n")
    if not args.measure:
        write(args.out or args.scorer, model, tokenizer, names, rows, of_kind, means)


if __name__ == "__main__":
    main()
