"""How able models are, and how hard questions: what is known of one model is used for others.

    python train/everyday/ability.py    what it tells of a model that nothing was learned from

Item response theory, as `src/routing/ability.rs` has it: a model is right with probability σ(ease + asks·ability). A
question's ease is linear in what the scorer reads of it, and fitted together with the abilities of all models; it asks
of the general ability, and of that in each area as much as it is likely of a kind in that area. An ability is found
from the outcomes of a quiz.
"""

import math

import numpy as np
from scipy.sparse import csr_matrix, hstack, vstack
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict

STRENGTH, STEPS, KIND_SCALE = 0.1, 1500, 2.0
FREE = 3.0  # deviation of a general ability while it is fitted: it is hardly held down
# What is assumed of a model that was not learned: a device's mean is that of the models learned from; an edge's is
# that of a model that gets nine in ten right where these get half. Then the deviations of the general ability and of
# that in an area, and of both where a row has learned the model.
DEVICE, EDGE, GENERAL, IN_AREA, LEARNED = 0.0, 2.2, 1.5, 1.0, 0.25
# How far what is wrong with one model's answer goes with what is wrong with the other's, beyond what the question tells:
# the correlation of both outcomes less what was said of them, on training questions in five folds (`together`).
TOGETHER = 0.17
ASSUMED = [DEVICE, EDGE, GENERAL, IN_AREA, LEARNED, TOGETHER]


def areas_of(questions, kinds):
    """(the area of each kind, their names): names in the order in which the scorer sorts them."""
    found = {q.kind: q.area for q in questions}
    of_kind = [found[kind] for kind in kinds]
    return of_kind, sorted(set(of_kind))


def asks(likely, of_kind, areas):
    """(questions, 1 + areas)"""
    share = np.array([[area == other for other in areas] for area in of_kind], dtype=float)
    return np.hstack([np.ones((len(likely), 1)), likely @ share])


def joint(columns, asked, outcomes, train):
    """(ease of every question, its weights and bias for `columns`, {model: ability}), from the training questions.

    `outcomes` is {model: right or wrong for each question, NaN where it was not asked}. The abilities are centred.
    """
    n, width, models = columns.shape[1], asked.shape[1], list(outcomes)
    scale = np.array([FREE] + [IN_AREA] * (width - 1)) / math.sqrt(STRENGTH)
    blocks, wanted = [], []
    for j, model in enumerate(models):
        at = train[~np.isnan(outcomes[model][train])]
        own = np.zeros((len(at), len(models) * width))
        own[:, j * width:(j + 1) * width] = asked[at] * scale
        blocks.append(hstack([columns[at], csr_matrix(own)]))
        wanted.append(outcomes[model][at])
    fit = LogisticRegression(C=STRENGTH, max_iter=STEPS, fit_intercept=False).fit(vstack(blocks).tocsr(), np.concatenate(wanted))
    weights, abilities = fit.coef_[0][:n], (fit.coef_[0][n:].reshape(len(models), width)) * scale
    middle = abilities.mean(0)
    return columns @ weights + asked @ middle, weights, middle, dict(zip(models, abilities - middle))


class Belief:
    """`Ability` of src/routing/ability.rs."""

    def __init__(self, mean, deviations):
        self.mean, self.covariance = np.array(mean, float), np.diag(np.array(deviations, float) ** 2)

    def right(self, ease, asked):
        mean, variance = ease + asked @ self.mean, asked @ self.covariance @ asked
        return 1 / (1 + math.exp(-mean / math.sqrt(1 + math.pi * variance / 8)))

    def observe(self, ease, asked, right):
        p, spread = self.right(ease, asked), self.covariance @ asked
        gain = max(p * (1 - p) - right * (1 - right), 0.0)
        denominator = 1 + gain * (asked @ spread)
        self.mean = self.mean + spread * (right - p) / denominator
        self.covariance = self.covariance - gain / denominator * np.outer(spread, spread)


def unknown(width, mean=DEVICE):
    return Belief([mean] + [0.0] * (width - 1), [GENERAL] + [IN_AREA] * (width - 1))


def learned_spread(asked):
    """What `right` divides a learned model's logit by: its own ability is not quite certain either."""
    return np.sqrt(1 + math.pi / 8 * LEARNED ** 2 * (asked ** 2).sum(1))


def needed(edge, device):
    """Probability that the edge is right and the device is not, of the probabilities that each is right."""
    return np.maximum(edge * (1 - device) - TOGETHER * np.sqrt(edge * (1 - edge) * device * (1 - device)), 0)


def together(columns, device, edge, train):
    """The correlation that TOGETHER is."""
    def said(right):
        model = LogisticRegression(C=STRENGTH, max_iter=STEPS)
        return cross_val_predict(model, columns[train], right[train], cv=5, method="predict_proba")[:, 1]
    p, q = said(device), said(edge)
    return ((device[train] - p) * (edge[train] - q)).mean() / np.sqrt(p * (1 - p) * q * (1 - q)).mean()


def left_out(columns, asked, outcomes, train, parts, quiz):
    """For each model: what is said of it by a scorer that learned from the others, after the quiz alone, and what by one
    that learned from it."""
    for model, right in outcomes.items():
        known = ~np.isnan(right)
        own = LogisticRegression(C=STRENGTH, max_iter=STEPS).fit(columns[train[known[train]]], right[train[known[train]]])
        said = own.predict_proba(columns)[:, 1]
        ease, *_ = joint(columns, asked, {m: y for m, y in outcomes.items() if m != model}, train)
        belief = unknown(asked.shape[1])
        before = np.array([belief.right(ease[i], asked[i]) for i in range(len(ease))])
        for i in quiz:
            if known[i]:
                belief.observe(ease[i], asked[i], right[i])
        after = np.array([belief.right(ease[i], asked[i]) for i in range(len(ease))])
        for part in ("test", "unseen"):
            at = np.flatnonzero((parts == part) & known)
            auc = lambda p: roc_auc_score(right[at], p[at])
            off = lambda p: p[at].mean() - right[at].mean()
            print(f"{model:28} {part:7} {len(at):5} questions, {right[at].mean():.3f} right: learned {auc(said):.3f} ({off(said):+.3f}), "
                  f"before the quiz {auc(before):.3f} ({off(before):+.3f}), after it {auc(after):.3f} ({off(after):+.3f})", flush=True)


def main():
    import fit
    questions, columns, likely, train, kinds = fit.prepared()
    of_kind, areas = areas_of(questions, kinds)
    asked = asks(likely, of_kind, areas)
    import quiz
    chosen = quiz.chosen(questions)
    outcomes = fit.outcomes_of(questions)
    pair = (outcomes[m] for m in ("smollm2-135m-instruct", "qwen2.5-coder-0.5b-instruct"))
    print(f"together {together(columns, *pair, train):.3f}")
    left_out(columns, asked, outcomes, train, np.array([q.part for q in questions]), chosen)


if __name__ == "__main__":
    main()
