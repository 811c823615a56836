"""What the general scorer's inputs tell of models that nothing was learned from: each model of the public sets in turn.

    python train/public/left_out.py --outcomes DIR/*.jsonl [--most 2500]

A question's ease is learned from the other models of its set, the model's ability from a quiz of 32 questions, and both
are judged on the test part, beside a scorer that was trained on the model itself (train/everyday/ability.py).
"""

import argparse
import random
import sys
from collections import Counter
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

HERE = Path(__file__).resolve().parent
sys.path[1:1] = [str(HERE.parent / "everyday")]

import ability
import fit  # which makes the modules of train/ and train/public known
import questions as public
from ship import load

SEED, N_QUIZ = 3, 32


def models_of(asked):
    """Those that most of the questions were asked of."""
    counts = Counter(model for q in asked for model in q.right)
    return sorted(model for model, n in counts.items() if n > 0.5 * len(asked))


def columns_of(asked, scorer, runs):
    model, tokenizer, _ = load(scorer)
    texts = [(q.prompt, "", fit.beginning, "") for q in asked]
    inputs = fit.Encoded(runs / f"public-{asked[0].set}", model, tokenizer, texts).inputs
    train = np.array([i for i, q in enumerate(asked) if q.part != "test"])
    scales = fit.Scales(inputs, train, fit.EASE_READS)
    return scales.of(inputs), train


def judge(asked, columns, train):
    rng = np.random.default_rng(SEED)
    test = np.array([i for i, q in enumerate(asked) if q.part == "test"])
    models = models_of(asked)
    outcomes = {m: np.array([q.right.get(m, np.nan) for q in asked], float) for m in models}
    ones = np.ones((len(asked), 1))  # a set is one area
    gaps = []
    everything, whole_test = train, test
    for model, right in outcomes.items():
        train, test = (at[~np.isnan(right[at])] for at in (everything, whole_test))
        own = LogisticRegression(C=ability.STRENGTH, max_iter=ability.STEPS).fit(columns[train], right[train])
        ease, *_ = ability.joint(columns, ones, {m: y for m, y in outcomes.items() if m != model}, everything)
        belief = ability.unknown(1)
        for i in rng.choice(train, N_QUIZ, replace=False):
            belief.observe(ease[i], ones[i], right[i])
        said = np.array([belief.right(ease[i], ones[i]) for i in test])
        learned = roc_auc_score(right[test], own.predict_proba(columns[test])[:, 1])
        left_out = roc_auc_score(right[test], said)
        gaps.append(learned - left_out)
        print(f"{asked[0].set:14} {model:32} {len(test):5} questions, {right[test].mean():.3f} right: learned {learned:.3f}, "
              f"left out {left_out:.3f}, its mean off by {said.mean() - right[test].mean():+.3f}", flush=True)
    print(f"{asked[0].set}: {len(models)} models, {sum(g <= 0.03 for g in gaps)} within 0.03; the mean gap is {np.mean(gaps):+.3f}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--outcomes", type=Path, nargs="+", required=True)
    parser.add_argument("--most", type=int, default=2500, help="of a set, so many questions by chance")
    parser.add_argument("--scorer", type=Path, default=HERE.parent.parent / "models/general.gguf")
    parser.add_argument("--runs", type=Path, default=HERE.parent / "runs/public")
    args = parser.parse_args()
    args.runs.mkdir(parents=True, exist_ok=True)
    for path in args.outcomes:
        asked = public.read([path], [])
        if len(models_of(asked)) < 3:
            continue  # with one other model there is no difficulty to speak of
        asked = random.Random(SEED).sample(asked, min(args.most, len(asked)))
        judge(asked, *columns_of(asked, args.scorer, args.runs))


if __name__ == "__main__":
    main()
