"""What an edge's yes or no about a device's answers tells: alone, and beside what the scorer says of them.

    python train/everyday/verdicts.py [--outcomes DIR]

Of the questions learned from, what the scorer says is from folds that had not seen them. `harder` is what
`src/routing/yes_or_no.rs` calls so: how much harder it is to judge an answer than to give one. The likeliest of these says
how much this edge is to be believed.
"""

import random

import numpy as np
from scipy.sparse import csr_matrix, hstack
from scipy.stats import rankdata
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

import ability
import fit
import signals

OF_ANSWER, OF_EDGE = ("features state", 0.1), ("features words state", 0.1)  # what fit.py has found to be best
DRAWS = 2000
HARDER = (0, 1, 2, 3, 4, 6, 9)
FREE = 1e6  # hardly held down


def held_out(inputs, beside, wanted, counts, groups, train, reads, strength):
    """A row's logits: of what it learns from, by folds; of the rest by all."""
    scales = fit.Scales(inputs, train, reads)
    columns = hstack([scales.of(inputs), csr_matrix(beside)]).tocsr()
    learned = lambda rows: LogisticRegression(C=strength, max_iter=fit.STEPS).fit(columns[rows], wanted[rows], counts[rows])
    said = learned(train).decision_function(columns)
    for learn, rest in GroupKFold(fit.FOLDS).split(train, groups=groups[train]):
        said[train[rest]] = learned(train[learn]).decision_function(columns[train[rest]])
    return said


def of_answers(args, model, tokenizer, questions, likely, right):
    """The logit that the device is right, once its whole answer is seen."""
    looks = fit.Looks(questions, args.device, args.edge, random.Random(fit.SEED))
    seen = fit.Encoded(args.runs / "looks", model, tokenizer, looks.texts).inputs
    learned = np.array([questions[i].part in ("train", "valid") for i in looks.of])
    own = looks.told[:, :len(signals.OWN)]
    means, spread = np.nanmean(own[learned], 0), np.nanstd(own[learned], 0) + 1e-6
    beside = np.hstack([likely[looks.of] * fit.KIND_SCALE, np.nan_to_num((own - means) / spread) * fit.SIGNAL_SCALE])
    said = held_out(seen, beside, right[looks.of], looks.counts, looks.of, np.flatnonzero(learned), *OF_ANSWER)
    return said[looks.counts == fit.WHOLE_COUNTS]


def logits(args):
    """(questions, the logit that the device is right, and that the edge is)"""
    model, tokenizer, _, questions, prompts, train = fit.read(args)
    kinds, _, likely = fit.kinds_of(prompts, questions, train)
    of_kind, areas = ability.areas_of(questions, kinds)
    spread = ability.learned_spread(ability.asks(likely, of_kind, areas))
    right = {m: np.array([q.answers[m]["correct"] for q in questions]) for m in (args.device, args.edge)}
    n = len(questions)
    of_edge = held_out(prompts, likely * fit.KIND_SCALE, right[args.edge], np.ones(n), np.arange(n), train, *OF_EDGE)
    return questions, of_answers(args, model, tokenizer, questions, likely, right[args.device]) / spread, of_edge / spread


def fitted(columns, wanted, train):
    model = LogisticRegression(C=FREE, max_iter=fit.STEPS).fit(columns[train], wanted[train])
    return model, fit.sigmoid(model.decision_function(columns))


def auc(wanted, said):
    """As scikit-learn's, which takes ten times as long."""
    n = wanted.sum()
    return (rankdata(said)[wanted > 0].sum() - n * (n + 1) / 2) / (n * (len(wanted) - n))


def interval(values):
    low, high = np.percentile(values, [2.5, 97.5])
    return f"[{low:+.3f}, {high:+.3f}]"


def drawn(rng, at, wanted):
    """The rows of each draw with replacement that has both outcomes of all that is wanted."""
    for _ in range(DRAWS):
        rows = rng.choice(at, len(at))
        if all(0 < w[rows].mean() < 1 for w in wanted):
            yield rows


def report(name, at, device, needed, told, rng):
    """`told`: {what tells: (that the device is right, that the edge is needed)}"""
    print(f"{name}: {len(at)} answers, {device[at].mean():.3f} right, the edge needed for {needed[at].mean():.3f}")
    rows = list(drawn(rng, at, (device, needed)))
    for i, (what, wanted) in enumerate((("the device is right", device), ("the edge is needed", needed))):
        found = {who: [auc(wanted[r], said[i][r]) for r in rows] for who, said in told.items()}
        for who, values in found.items():
            print(f"  {what}, AUC of {who:10} {auc(wanted[at], told[who][i][at]):.3f} {interval(values)}")
        gain = np.array(found["both"]) - np.array(found["the scorer"])
        of_all = auc(wanted[at], told["both"][i][at]) - auc(wanted[at], told["the scorer"][i][at])
        print(f"  {what}, both less the scorer {of_all:+.3f} {interval(gain)}")
    print(f"  drift of p: {np.std((told['both'][1] - told['the scorer'][1])[at]):.3f}")


def likelihoods(yes, device_right, edge_logit, device, at):
    """{how much harder judging is: the mean logarithm of what is said of the device's outcomes}"""
    found = {}
    for harder in HARDER:
        true = 0.5 + 0.5 * fit.sigmoid(edge_logit - harder)
        after = lambda t: device_right * t / (device_right * t + (1 - device_right) * (1 - t))
        heard = yes * after(true) + (1 - yes) * after(1 - true)
        found[harder] = round(float(np.log(np.where(device == 1, heard, 1 - heard))[at].mean()), 4)
    return found


def main():
    args = fit.arguments()
    pair = args.device, args.edge
    questions, of_answer, of_edge = logits(args)
    known = [i for i, q in enumerate(questions) if sum(q.verdicts.get(pair, {}).get(word, 0) for word in ("yes", "no")) > 0]
    verdicts = [questions[i].verdicts[pair] for i in known]
    yes = np.array([v["yes"] / (v["yes"] + v["no"]) for v in verdicts])
    device, edge = (np.array([questions[i].answers[m]["correct"] for i in known]) for m in pair)
    part = np.array([questions[i].part for i in known])
    of_answer, of_edge, needed = of_answer[known], of_edge[known], (edge == 1) & (device == 0)
    train, rest = (np.flatnonzero(np.isin(part, parts)) for parts in (("train", "valid"), ("test", "unseen")))
    word = np.log(yes.clip(1e-3, 1 - 1e-3) / (1 - yes).clip(1e-3, 1 - 1e-3))
    _, scorer = fitted(of_answer[:, None], device, train)
    both_rows = np.stack([of_answer, word], 1)
    model, both = fitted(both_rows, device, train)
    of_pair = lambda right: ability.needed(fit.sigmoid(of_edge), right)
    told = {"the word": (yes, -yes), "the scorer": (scorer, of_pair(scorer)), "both": (both, of_pair(both))}
    rng = np.random.default_rng(fit.SEED)
    print(f"{len(known)} verdicts, {len(train)} to learn from; a yes has {yes.mean():.2f} on average, it is the likelier word of "
          f"{(yes > 0.5).mean():.2f}, and the likelier word is true of {((yes > 0.5) == device)[rest].mean():.3f} of the others")
    weights = [fitted(both_rows, device, rows)[0].coef_[0, 1] for rows in drawn(rng, train, (device,))]
    print(f"weight of the word's logit beside the scorer's: {model.coef_[0, 1]:+.2f} {interval(weights)}")
    for name, at in (("test", np.flatnonzero(part == "test")), ("unseen", np.flatnonzero(part == "unseen")), ("both parts", rest)):
        report(name, at, device, needed, told, rng)
    for name, at in (("learned from", train), ("others", rest)):
        print(f"mean log-likelihood by how much harder judging is, {name}: {likelihoods(yes, scorer, of_edge, device, at)}; "
              f"without the word {np.log(np.where(device == 1, scorer, 1 - scorer))[at].mean():.4f}")


if __name__ == "__main__":
    main()
