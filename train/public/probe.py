"""The head of the general scorer: linear in the encoder's frozen state, in what is counted, and in single pieces.

Fine-tuning the encoder was tried (see the card) and told the test part no more than this does. For each output,
cross-validation over questions picks what is read and how strongly it is held down; the pieces are the wide half of a
wide and deep model (Cheng et al., arXiv 1606.07792). Everything is linear in what the head reads, so it folds into it.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix, diags, hstack
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import log_loss
from sklearn.model_selection import GroupKFold

from encoder import assemble
from features import N_FEATURES

STRENGTHS = (0.01, 0.03, 0.1)  # of the fit: inverse of the penalty
FEATURE_SCALE, STATE_SCALE = 0.6, 0.1  # of a standardised column, beside pieces of 1 / sqrt(n) times their rareness
READS = ("features", "features words", "features state", "features words state")
FOLDS, STEPS = 4, 400
VALUE_PENALTY = 100.0  # of the ridge regression for outputs that are no logits


@dataclass
class Inputs:
    """What the head reads of some looks, in columns: features, then pieces of either text, then the state."""
    columns: csr_matrix
    n_pieces: int

    @staticmethod
    def of(seen, states, n_pieces):
        counted = csr_matrix(np.array([features for *_, features in seen], dtype=np.float32))
        pieces = bags([assemble(*texts) for *texts, _ in seen], n_pieces)
        return Inputs(hstack([counted, pieces, csr_matrix(np.asarray(states, dtype=np.float32))]).tocsr(), n_pieces)

    def parts(self):
        ends = np.cumsum([0, N_FEATURES, 2 * self.n_pieces, self.columns.shape[1] - N_FEATURES - 2 * self.n_pieces])
        return dict(zip(("features", "words", "state"), (slice(a, b) for a, b in zip(ends, ends[1:]))))

    def factors(self, reads):
        """What each column is multiplied by to be fitted; 0 leaves it out. Pieces count by rareness (idf)."""
        found, parts = np.zeros(self.columns.shape[1]), self.parts()
        for name, scale in (("features", FEATURE_SCALE), ("state", STATE_SCALE)):
            if name in reads:
                spread = self.columns[:, parts[name]].toarray().std(0)
                found[parts[name]] = np.where(spread > 1e-6, scale / np.maximum(spread, 1e-6), 0)
        if "words" in reads:
            seen_in = np.asarray((self.columns[:, parts["words"]] > 0).sum(0)).ravel()
            rareness = np.log((1 + self.columns.shape[0]) / (1 + seen_in)) + 1
            found[parts["words"]] = np.where(seen_in > 2, rareness, 0)
        return found


def bags(inputs, n_pieces):
    """(rows, 2 * n_pieces), as `encoder.bags`, of what the scorer sees with its special pieces around it."""
    rows, columns, values = [], [], []
    for i, (ids, types) in enumerate(inputs):
        for text in (0, 1):
            found = {piece for piece, kind in zip(ids, types) if kind == text}
            rows += [i] * len(found)
            columns += [piece + text * n_pieces for piece in found]
            values += [1 / math.sqrt(len(found)) for _ in found]
    return csr_matrix((values, (rows, columns)), shape=(len(inputs), 2 * n_pieces))


def split(wanted, counts):
    """(rows, labels, weights) for wanted shares: a row counts as much of a yes as of a no as its share says."""
    yes, no = np.flatnonzero(wanted > 0), np.flatnonzero(wanted < 1)
    labels = np.concatenate([np.ones(len(yes)), np.zeros(len(no))])
    return (np.concatenate([yes, no]), labels,
            np.concatenate([wanted[yes] * counts[yes], (1 - wanted[no]) * counts[no]]))


def logistic(columns, wanted, counts, strength):
    at, labels, weights = split(wanted, counts)
    return LogisticRegression(C=strength, max_iter=STEPS).fit(columns[at], labels, weights)


def cross_validated(columns, wanted, counts, groups, strength):
    """Log loss on the folds left out; looks at one question stay together."""
    said = np.zeros(len(wanted))
    for learn, rest in GroupKFold(FOLDS).split(columns, groups=groups):
        said[rest] = logistic(columns[learn], wanted[learn], counts[learn], strength).predict_proba(columns[rest])[:, 1]
    at, labels, weights = split(wanted, counts)
    return log_loss(labels, said[at], sample_weight=weights)


@dataclass
class Head:
    """One row: weights of all columns and a bias, what it reads, and its cross-validated log loss for each choice."""
    weights: np.ndarray
    bias: float
    reads: str
    losses: dict


def fitted(inputs, wanted, counts, groups):
    """The best logit for shares `wanted` of looks that count `counts` each and belong to questions `groups`."""
    losses, best = {}, None
    for reads in READS:
        factors = inputs.factors(reads.split())
        used = np.flatnonzero(factors)
        columns = (inputs.columns[:, used] @ diags(factors[used])).tocsr()
        for strength in STRENGTHS:
            loss = cross_validated(columns, wanted, counts, groups, strength)
            losses[reads] = min(loss, losses.get(reads, loss))
            if best is None or loss < best[0]:
                best = loss, reads, strength, used, factors, columns
    _, reads, strength, used, factors, columns = best
    fit = logistic(columns, wanted, counts, strength)
    weights = np.zeros(len(factors))
    weights[used] = fit.coef_[0] * factors[used]
    return Head(weights, float(fit.intercept_[0]), reads, losses)


def fitted_value(inputs, wanted):
    """The best number for `wanted`, by ridge regression on features and state."""
    factors = inputs.factors(["features", "state"])
    used = np.flatnonzero(factors)
    fit = Ridge(alpha=VALUE_PENALTY).fit(inputs.columns[:, used].toarray() * factors[used], wanted)
    weights = np.zeros(len(factors))
    weights[used] = fit.coef_ * factors[used]
    return Head(weights, float(fit.intercept_), "features state", {})
