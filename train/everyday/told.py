"""What else the device's answer tells: each thing by itself, and added to what the scorer says of it already.

    python train/everyday/told.py [WHAT…]    the tables of docs/routing.md, or the rows whose names begin so

Beside the probability that the scorer ships with, a logistic regression is put on top of it, with what is tried; it is
fitted where the scorer has learned, on words that the scorer says of questions it has not seen (five folds), and judged
on the parts that nothing was learned from. Intervals are of a paired bootstrap over questions, and so wide that all of
the comparisons together hold with 95 % (Bonferroni).

States are read where they were recorded (README.md).
"""

import json
import math
import re
import sys
import time
import zlib

import numpy as np
from scipy.sparse import csr_matrix, hstack
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import GroupKFold

import ability
import fit
import pieces
import recorded
import signals
from agreement import shared
from quiz import PATH as QUIZ

DEVICE, EDGE = "smollm2-135m-instruct", "qwen2.5-coder-0.5b-instruct"
RUNS = recorded.HERE.parent / "runs/told"
SHIPPED = {"device": ("features state", 0.3), "edge": ("features words state", 0.1), "answer": ("features state", 0.1)}
WIDE = 100  # columns from which on they are held down together
STRENGTHS = (0.001, 0.01, 0.1, 1.0)  # of what is put on top
N_SAMPLED, N_ALIKE = 24, 12  # tokens of a sample, and numbers that say how alike some are
N_RESAMPLES = 4000
PARTS = ("test", "unseen")
RIGHT, NEEDED = "device is right", "edge is needed"
THETA = 0.28  # what a call costs, in right answers: the manifest's
WORD, NUMBER = re.compile(r"[^\W_]+"), re.compile(r"\d[\d,]*(?:\.\d+)?")


# What the scorer says

def crossed(inputs, beside, wanted, counts, groups, train, reads, strength):
    """Logits for all rows, of those learned from by fits that have not seen their question."""
    scales = fit.Scales(inputs, train, reads)
    columns = hstack([scales.of(inputs), csr_matrix(beside)]).tocsr()
    learn = lambda rows: LogisticRegression(C=strength, max_iter=fit.STEPS).fit(columns[rows], wanted[rows], counts[rows])
    said = learn(train).decision_function(columns)
    for rows, rest in GroupKFold(fit.FOLDS).split(train, groups=groups[train]):
        said[train[rest]] = learn(train[rows]).decision_function(columns[train[rest]])
    return said


def scorers_words():
    """(questions, the logit that the device's answer is right, the probability that the edge is needed), as the rows
    that ship say it of whole answers; kept from run to run."""
    args = fit.arguments([])
    model, tokenizer, _, questions, prompts, train = fit.read(args)
    kept = RUNS / f"words.{len(questions)}.npz"
    if kept.exists():
        found = np.load(kept)
        return questions, found["device"], found["needed"]
    kinds, _, likely = fit.kinds_of(prompts, questions, train)
    right = {m: np.array([q.answers[m]["correct"] for q in questions]) for m in (DEVICE, EDGE)}
    ones, each = np.ones(len(questions)), np.arange(len(questions))
    edge = crossed(prompts, likely * fit.KIND_SCALE, right[EDGE], ones, each, train, *SHIPPED["edge"])
    looks = fit.Looks(questions, DEVICE, EDGE, fit.random.Random(fit.SEED))
    seen = fit.Encoded(args.runs / "looks", model, tokenizer, looks.texts).inputs
    own, learned = looks.told[:, :len(signals.OWN)], np.flatnonzero(np.isin(looks.of, train))
    middle, spread = np.nanmean(own[learned], 0), np.nanstd(own[learned], 0) + 1e-6
    beside = np.hstack([likely[looks.of] * fit.KIND_SCALE, np.nan_to_num((own - middle) / spread) * fit.SIGNAL_SCALE])
    device = crossed(seen, beside, right[DEVICE][looks.of], looks.counts, looks.of, learned, *SHIPPED["answer"])
    device = device[looks.counts == fit.WHOLE_COUNTS]
    wide = ability.learned_spread(ability.asks(likely, *ability.areas_of(questions, kinds)))
    needed = ability.needed(fit.sigmoid(edge / wide), fit.sigmoid(device / wide))
    RUNS.mkdir(parents=True, exist_ok=True)
    np.savez(kept, device=device, needed=needed)
    return questions, device, needed


# What is tried: for each question some numbers, NaN where they are not known; None where nothing was recorded

def doubts(row):
    return np.array([signals.doubt(x) for x in row["logprobs"]])


def summary(values):
    """Mean, highest, mean of the first five, and what a quarter are beyond."""
    if not len(values):
        return [math.nan] * 4
    return [values.mean(), values.max(), values[:5].mean(), np.quantile(values, 0.75)]


def of_quiz(questions, model, kinds_of_token):
    """{kind of token: (mean, spread) of the doubts in the model's answers to the quiz}; rare kinds are left out."""
    asked, found = {row["prompt"] for row in json.loads(QUIZ.read_text())}, {}
    for q, kinds in zip(questions, kinds_of_token):
        if q.prompt in asked and not q.before and kinds is not None and model in q.answers:
            for kind, doubt in zip(kinds, doubts(q.answers[model])):
                found.setdefault(kind, []).append(doubt)
    return {kind: (np.mean(values), np.std(values) + 0.1) for kind, values in found.items() if len(values) > 10}


def relative(questions, tokens):
    """The doubt in each token beside the model's own in tokens of that kind (digits, names, words, signs), on the quiz."""
    kinds = [None if t is None else [pieces.kind(one) for one in t] for t in tokens]
    usual = of_quiz(questions, DEVICE, kinds)
    found = []
    for q, own in zip(questions, kinds):
        beyond = [(d - usual[k][0]) / usual[k][1] for k, d in zip(own or [], doubts(q.answers[DEVICE])) if k in usual]
        found.append(summary(np.array(beyond)))
    return np.array(found)


def deciding(questions, tokens):
    """The doubt in the tokens that decide: digits, names, words that the question has not, the last line, the first
    sentence, the last number."""
    found = []
    for q, own in zip(questions, tokens):
        told = doubts(q.answers[DEVICE])
        if own is None or not own:
            found.append([math.nan] * 12)
            continue
        asked = {word.lower() for word in WORD.findall(q.prompt)}
        places = [pieces.where(own, wanted) for wanted in (pieces.is_digit, pieces.is_name)]
        places += [pieces.new_words(own, asked), pieces.last_line(own), pieces.first_sentence(own), pieces.last_number(own)]
        some = [told[at] for at in places]
        found.append([x for values in some for x in ((values.mean(), values.max()) if len(values) else (math.nan,) * 2)])
    return np.array(found)


def runner_up(questions, _):
    """By how much the token that was written is likelier than the likeliest other, as logarithms: kept for 729 answers."""
    found = []
    for q in questions:
        row = q.answers[DEVICE]
        pairs = [(a, b) for a, b in zip(row["logprobs"], row.get("others", [])) if b is not None]
        found.append(summary(np.array([b - a for a, b in pairs])))
    return np.array(found)


def samples(questions, _):
    """How alike four beginnings of answers are that were drawn by chance, and how like the answer's."""
    path = next(iter(recorded.HERE.glob(f"outcomes/everyday.{DEVICE}.samples.jsonl*")), None)
    if path is None:
        return None
    drawn = {row["id"]: row["samples"] for row in recorded.lines(path)}
    return np.array([alike(drawn[q.id], q.answers[DEVICE]) if q.id in drawn else [math.nan] * N_ALIKE for q in questions])


def alike(drawn, row):
    share = min(1.0, N_SAMPLED / max(row["tokens"], 1))
    answer = row["answer"][:max(1, round(share * len(row["answer"])))]
    pairs = [shared(a, b) for i, a in enumerate(drawn) for b in drawn[:i]]
    own = [shared(answer, one) for one in drawn]
    first = lambda text: " ".join(WORD.findall(text.lower())[:3])
    lengths = [len(one) for one in drawn]
    return [*np.mean(pairs, 0), *np.mean(own, 0), math.log1p(np.mean(lengths)), len({first(one) for one in drawn})]


def states(questions, _):
    """The engine's state at the end of the prompt, on average over the answer, and at its end."""
    base = RUNS / f"states.{DEVICE}"
    if not base.with_name(base.name + ".jsonl").exists():
        return None
    ids = [row["id"] for row in recorded.lines(base.with_name(base.name + ".jsonl"))]
    kept = np.fromfile(base.with_name(base.name + ".f32"), np.float32)
    width = kept.size // (3 * len(ids)) * 3
    by_id = dict(zip(ids, kept[:len(ids) * width].reshape(len(ids), width)))
    return np.array([by_id.get(q.id, np.full(width, np.nan)) for q in questions])


def text(questions, _):
    """Counted off the text, beside what the scorer counts: how well it packs, repeated words, words and runs of words
    taken from the question, sentences, items of a list and how many were asked for, marks, letters beyond ASCII, whether
    it was cut off, and how long it is beside the question."""
    return np.array([counted(q.prompt, q.answers[DEVICE]) for q in questions])


def counted(prompt, row):
    answer = row["answer"]
    said, asked = ([w.lower() for w in WORD.findall(t)] for t in (answer, prompt))
    runs = lambda words: {tuple(words[i:i + 3]) for i in range(len(words) - 2)}
    share = lambda part, whole: part / whole if whole else 0.0
    n_items = len(re.findall(r"(?m)^\s*(?:[-*•]|\d+[.)])\s", answer))
    wanted = [int(n) for n in NUMBER.findall(prompt) if n.isdigit() and 1 < int(n) <= 10]
    data = answer.encode()
    return [share(len(zlib.compress(data)), len(data)), share(len({*said}), len(said)), share(len(runs(said)), max(len(said) - 2, 0)),
            share(len(runs(said) & runs(asked)), len(runs(said))), share(len({*asked} & {*said}), len({*asked})),
            float(said[:3] == asked[:3]), math.log1p(len(re.findall(r"[.!?](?:\s|$)", answer))), math.log1p(n_items),
            float(bool(wanted) and n_items > 0 and n_items not in wanted), answer.count("?") > 0, "```" in answer, '"' in answer,
            share(sum(not c.isascii() for c in answer), len(answer)), share(sum(c.isupper() for c in answer), len(answer)),
            row["finish"] == "length", math.log1p(len(said)) - math.log1p(len(asked))]


def together(questions, tokens):
    """All that costs nothing but reading what is there."""
    return np.hstack([relative(questions, tokens), deciding(questions, tokens), text(questions, tokens)])


TRIED = {"token probabilities beside the quiz's": relative, "probabilities of deciding tokens": deciding,
         "the runner-up's probability": runner_up, "agreement of four samples": samples, "the engine's state": states,
         "more of the text": text, "the first two and the last": together}


# What it is worth

def standardised(columns, learned):
    """Columns about 0 with a spread of 1 where they are learned from, unknown ones 0, and whether each is unknown."""
    middle, spread = np.nanmean(columns[learned], 0), np.nanstd(columns[learned], 0) + 1e-6
    unknown = np.isnan(columns)
    varies = unknown[learned].mean(0)
    flags = unknown[:, (varies > 0.02) & (varies < 0.98)].astype(float)
    return np.hstack([np.nan_to_num((columns - middle) / spread), flags])


def regression(inputs, wanted):
    solver = "lbfgs" if inputs.shape[1] > WIDE else "newton-cholesky"
    return LogisticRegression(C=1, max_iter=fit.STEPS, solver=solver).fit(inputs, wanted)


def on_top(columns, wanted, learned, word=None):
    """Logits of the best regression on `columns`, and on the scorer's word, which is not held down, if it is given."""
    best = None
    width = 1 / math.sqrt(columns.shape[1]) if columns.shape[1] > WIDE else 1.0
    for strength in STRENGTHS if columns.shape[1] else STRENGTHS[:1]:
        inputs = columns * width * math.sqrt(strength)
        inputs = inputs if word is None else np.hstack([inputs, word[:, None] * 10])
        said = np.zeros(len(learned))
        for rows, rest in GroupKFold(fit.FOLDS).split(learned, groups=learned):
            said[rest] = regression(inputs[learned[rows]], wanted[learned[rows]]).predict_proba(inputs[learned[rest]])[:, 1]
        loss = log_loss(wanted[learned], said)
        if best is None or loss < best[0]:
            best = loss, inputs
    return regression(best[1][learned], wanted[learned]).decision_function(best[1])


def difference(wanted, before, after, level):
    """(AUC before, the difference, its interval)"""
    rng, n = np.random.default_rng(0), len(wanted)
    drawn = np.stack([np.bincount(rng.integers(0, n, n), minlength=n) for _ in range(N_RESAMPLES)])  # (N_RESAMPLES, n)
    found = resampled(wanted, after, drawn) - resampled(wanted, before, drawn)
    low, high = np.nanquantile(found, (level / 2, 1 - level / 2))
    first = roc_auc_score(wanted, before)
    return first, roc_auc_score(wanted, after) - first, low, high


def resampled(wanted, said, drawn):
    """The AUC of each resample, which has each question as often as `drawn` says: (N_RESAMPLES)"""
    order = np.argsort(said)
    of = drawn[:, order] * wanted[order]
    rest = drawn[:, order] - of
    return (of * (np.cumsum(rest, 1) - rest / 2)).sum(1) / (of.sum(1) * rest.sum(1))


def logit(p):
    return np.log(np.clip(p, 1e-4, 1 - 1e-4) / np.clip(1 - p, 1e-4, 1))


def worth(p, device, edge):
    """For each question what deciding by `p` brings: a right answer less what the call costs, which is THETA."""
    return np.where(p > THETA, edge - THETA, device)


def promised(p, deviation):
    """What it is worth on average to learn something that moves `p` so far: `asking` of src/routing/waiting.rs."""
    gain = p - THETA
    return (gain * norm.cdf(gain / deviation) + deviation * norm.pdf(gain / deviation) - np.maximum(gain, 0)).mean()


def added_words(columns, right, words, learned):
    """{what is wanted: (logits of the columns alone, of the scorer's word alone, of both)}"""
    found = {}
    for name, word in words.items():
        wanted = right[name]
        nothing = np.zeros((len(word), 0))
        found[name] = on_top(columns, wanted, learned), on_top(nothing, wanted, learned, word), on_top(columns, wanted, learned, word)
    return found


def row(name, p, at, right, found, level):
    """A row of the table: a thing that is tried, on one part."""
    cells = []
    for wanted, (alone, before, after) in found.items():
        base, more, low, high = difference(right[wanted][at], before[at], after[at], level)
        cells += [f"{roc_auc_score(right[wanted][at], alone[at]):.3f}", f"{base:.3f}", f"{more:+.3f} ({low:+.3f} to {high:+.3f})"]
    _, before, after = found[NEEDED]
    gain = 100 * (worth(fit.sigmoid(after), right[RIGHT], right["edge"]) - worth(fit.sigmoid(before), right[RIGHT], right["edge"]))[at]
    drawn = np.random.default_rng(0).integers(0, at.sum(), (N_RESAMPLES, at.sum()))
    low, high = np.quantile(gain[drawn].mean(1), (level / 2, 1 - level / 2))
    moved = np.std((fit.sigmoid(after) - fit.sigmoid(before))[at])
    cells += [f"{moved:.3f}", f"{100 * promised(fit.sigmoid(before)[at], moved):.2f}", f"{gain.mean():+.1f} ({low:+.1f} to {high:+.1f})"]
    print(f"| {name} | {p} | {at.sum()} | {' | '.join(cells)} |", flush=True)


def table(questions, words, right, chosen):
    """Prints two rows for each thing that is tried, one for each part."""
    part = np.array([q.part for q in questions])
    tokens = pieces.of(questions, DEVICE)
    level = 0.05 / (len(TRIED) * len(PARTS))
    print(f"the tokens of {sum(t is not None for t in tokens)} of {len(tokens)} answers are known; intervals of {1 - level:.2%}")
    print("| tried | part | questions | right: alone | the scorer | added | needed: alone | the scorer | added | p moves by | promised of 100 | found of 100 |")
    for name, make in chosen.items():
        started = time.perf_counter()
        columns = make(questions, tokens)
        millis = 1000 * (time.perf_counter() - started) / len(questions)
        if columns is None:
            print(f"| {name} | not recorded |")
            continue
        columns = columns.astype(float)
        known = ~np.isnan(columns).all(1)
        learned = np.flatnonzero(known & np.isin(part, ("train", "valid")))
        found = added_words(standardised(columns, learned), right, words, learned)
        print(f"| {name}: {columns.shape[1]} numbers, {millis:.1f} ms to count | learned from | {len(learned)} |")
        for p in PARTS:
            row(name, p, known & (part == p), right, found, level)


# What holds from model to model

def strangers():
    """For each model: the AUC of each doubt by itself, and of all as the other models taught them, as they are and
    beside the model's own on the quiz."""
    questions = recorded.read(recorded.HERE / "questions.jsonl", recorded.HERE / "outcomes")
    models = sorted({m for q in questions for m in q.answers})
    asked = {row["prompt"] for row in json.loads(QUIZ.read_text())}
    own = {}
    for m in models:
        some = [q for q in questions if m in q.answers and q.answers[m]["logprobs"]]
        raw = np.array([signals.of_device(q.answers[m]["logprobs"]) for q in some])
        quiz = raw[[q.prompt in asked and not q.before for q in some]]
        beside = (raw - quiz.mean(0)) / (quiz.std(0) + 0.1)
        right = np.array([q.answers[m]["correct"] for q in some])
        own[m] = (raw, beside), right, np.isin([q.part for q in some], PARTS), len(quiz)
    print(f"| model | answers | of the quiz | {' | '.join(signals.OWN)} | as they are | beside the quiz's |")
    for m in models:
        told, right, held, n_quiz = own[m]
        others = [o for o in models if o != m]
        wanted, found = np.concatenate([own[o][1] for o in others]), []
        for kind in (0, 1):
            taught = regression(np.vstack([own[o][0][kind] for o in others]), wanted)
            found.append(roc_auc_score(right[held], taught.decision_function(told[kind][held])))
        single = " | ".join(f"{roc_auc_score(right[held], -column):.2f}" for column in told[0][held].T)
        print(f"| {m} | {held.sum()} | {n_quiz} | {single} | {found[0]:.2f} | {found[1]:.2f} |", flush=True)


def main():
    chosen = {name: make for name, make in TRIED.items() if name.startswith(tuple(sys.argv[1:]) or "")}
    questions, device, needed = scorers_words()
    correct = {m: np.array([q.answers[m]["correct"] for q in questions]) for m in (DEVICE, EDGE)}
    right = {RIGHT: correct[DEVICE], NEEDED: correct[EDGE] * (1 - correct[DEVICE]), "edge": correct[EDGE]}
    table(questions, {RIGHT: device, NEEDED: logit(needed)}, right, chosen)
    strangers()


if __name__ == "__main__":
    main()
