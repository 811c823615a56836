"""How much to trust the trunk and how much what is counted, for each row of the head, and how sure to be of both.

A trunk that has seen its training answers several times trusts them too much, so that features trained beside it get
too little weight. They are fitted once more without it, on the training part, and with them a weight for every piece:
the wide half of a wide and deep model (Cheng et al., arXiv 1606.07792). The tuning part then says how much of either
makes the best logit, or whether the trunk's logit over a temperature (Guo et al., 2017) does as well. All of it is
linear in what the head reads, so it folds into the head.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from scipy.sparse import csr_matrix, diags, hstack
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import cross_val_predict

from features import N_FEATURES

STRENGTHS = (0.03, 0.1)  # of the fit: inverse of the penalty, the tuning part picks one
FEATURE_SCALE = 0.6  # of a standardised feature, beside pieces of 1 / sqrt(n) times their rareness
FOLDS = 5


@dataclass
class Blend:
    """logit = trunk · (the model's own) + counted · (features, pieces) + bias"""
    trunk: float
    counted: np.ndarray  # (N_FEATURES + 2 * n_pieces)
    bias: float
    gain: float  # how much log loss the fit without a trunk takes off, cross-validated on the tuning part


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


def split(wanted):
    """(rows, labels, weights) for wanted shares: a row counts as much of a yes as of a no as its share says."""
    yes, no = np.flatnonzero(wanted > 0), np.flatnonzero(wanted < 1)
    labels = np.concatenate([np.ones(len(yes)), np.zeros(len(no))])
    return np.concatenate([yes, no]), labels, np.concatenate([wanted[yes], 1 - wanted[no]])


def factors(inputs):
    """What each column is multiplied by to be fitted: features are standardised, pieces count by rareness (idf)."""
    spread = inputs[:, :N_FEATURES].toarray().std(0)
    seen_in = np.asarray((inputs[:, N_FEATURES:] > 0).sum(0)).ravel()
    of_features = np.where(spread > 1e-6, FEATURE_SCALE / np.maximum(spread, 1e-6), 0)  # what never varies tells nothing
    of_pieces = np.where(seen_in > 2, np.log((1 + inputs.shape[0]) / (1 + seen_in)) + 1, 0)
    return np.concatenate([of_features, of_pieces])


def fits(inputs, wanted):
    """[(weights, bias)] of logistic regressions on (rows, N_FEATURES + pieces), for each of STRENGTHS.

    Those on features alone come first: where rows are few, or words tell little, pieces only add noise.
    """
    factor, (at, labels, weights), found = factors(inputs), split(wanted), []
    for n_used in (N_FEATURES, len(factor)):
        scaled = (inputs[:, :n_used] @ diags(factor[:n_used])).tocsr()[at]
        for strength in STRENGTHS:
            fit = LogisticRegression(C=strength, max_iter=200).fit(scaled, labels, weights)
            rest = np.zeros(len(factor) - n_used)
            found.append((np.concatenate([fit.coef_[0] * factor[:n_used], rest]), float(fit.intercept_[0])))
    return found


def cross_validated(logits, wanted):
    """Log loss, on the folds left out, of logits (rows, parts) weighed freely."""
    at, labels, weights = split(wanted)
    fold_of = at * FOLDS // len(wanted)
    folds = [(np.flatnonzero(fold_of != i), np.flatnonzero(fold_of == i)) for i in range(FOLDS)]
    said = cross_val_predict(LogisticRegression(C=100.0), logits[at], labels, cv=folds, method="predict_proba",
                             params={"sample_weight": weights})
    return log_loss(labels, said, sample_weight=weights)


def blend(learn_inputs, learn_wanted, inputs, logits, wanted):
    """The best `Blend` for one row of the head; the last three are of the tuning part, in its questions' order."""
    found = fits(learn_inputs, learn_wanted)
    together = [np.stack([logits, inputs @ weights + bias], 1) for weights, bias in found]
    losses = [cross_validated(both, wanted) for both in together]
    best, gain = int(np.argmin(losses)), cross_validated(logits[:, None], wanted) - min(losses)
    at, labels, weights = split(wanted)
    parts = together[best] if gain > 0 else logits[:, None]
    final = LogisticRegression(C=100.0).fit(parts[at], labels, weights)
    trunk, counted = [*final.coef_[0], 0.0][:2]
    of_counted, bias = found[best]
    return Blend(float(trunk), counted * of_counted, float(final.intercept_[0] + counted * bias), float(gain))


def fold(model, row, found):
    """Writes a `Blend` into row `row` of the head."""
    counted = torch.from_numpy(found.counted).float()
    with torch.no_grad():
        model.head.weight[row] *= found.trunk
        model.head.bias[row] = model.head.bias[row] * found.trunk + found.bias
        model.features.weight[row] = model.features.weight[row] * found.trunk + counted[:N_FEATURES]
        model.words.weight[:, row] = counted[N_FEATURES:]
