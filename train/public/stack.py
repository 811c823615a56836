"""How much to trust the trunk and how much what is counted, for each row of the head, and how sure to be of both.

A trunk that has seen its training answers several times trusts them too much, so that features trained beside it get
too little weight. They are fitted once more without it, on the training part; the tuning part then says how much of
either makes the best logit, or whether the trunk's logit over a temperature (Guo et al., 2017) does as well. All of
it is linear in the [CLS] state and the features, so it folds into the head.
"""

from dataclasses import dataclass

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import cross_val_predict

STRENGTHS = (0.003, 0.01, 0.03, 0.1, 0.3)  # of the features' fit: inverse of the penalty, the tuning part picks one
FOLDS = 5


@dataclass
class Blend:
    """logit = trunk · (the model's own) + counted · features + bias"""
    trunk: float
    counted: np.ndarray  # (N_FEATURES)
    bias: float
    gain: float  # how much log loss the features' own fit takes off, cross-validated on the tuning part


def split(inputs, wanted):
    """Inputs, labels and weights for wanted shares: a share counts as much of a yes as of a no as it says."""
    inputs = np.concatenate([inputs, inputs])
    labels = np.concatenate([np.ones(len(wanted)), np.zeros(len(wanted))])
    return inputs, labels, np.concatenate([wanted, 1 - wanted])


def fitted(inputs, wanted, strength):
    """(weights, bias) of a logistic regression on inputs as they are, penalised as if they were standardised."""
    mean, scale = inputs.mean(0), inputs.std(0)
    scale = np.where(scale > 1e-6, scale, np.inf)  # what never varies gets no weight
    x, labels, weights = split((inputs - mean) / scale, wanted)
    found = LogisticRegression(C=strength, max_iter=1000).fit(x, labels, weights)
    of_inputs = found.coef_[0] / scale
    return of_inputs, float(found.intercept_[0] - of_inputs @ mean)


def cross_validated(logits, wanted):
    """Log loss on the folds left out of logits (rows, parts) weighed freely."""
    x, labels, weights = split(logits, wanted)
    groups = np.tile(np.arange(len(wanted)) * FOLDS // len(wanted), 2)
    folds = [(np.flatnonzero(groups != g), np.flatnonzero(groups == g)) for g in range(FOLDS)]
    said = cross_val_predict(LogisticRegression(C=100.0), x, labels, cv=folds, params={"sample_weight": weights},
                             method="predict_proba")
    return log_loss(labels, said, sample_weight=weights)


def blend(train_features, train_wanted, features, logits, wanted):
    """The best `Blend` for one row of the head; the last three are of the tuning part, in its questions' order."""
    fits = [fitted(train_features, train_wanted, strength) for strength in STRENGTHS]
    together = lambda fit: np.stack([logits, features @ fit[0] + fit[1]], 1)
    losses = [cross_validated(together(fit), wanted) for fit in fits]
    alone = cross_validated(logits[:, None], wanted)
    counted, bias = fits[int(np.argmin(losses))]
    gain = alone - min(losses)
    inputs = together((counted, bias)) if gain > 0 else logits[:, None]
    x, labels, weights = split(inputs, wanted)
    final = LogisticRegression(C=100.0).fit(x, labels, weights)
    trunk, more = final.coef_[0][0], final.coef_[0][1] if gain > 0 else 0.0
    return Blend(float(trunk), more * counted, float(final.intercept_[0] + more * bias), float(gain))


def fold(model, row, found):
    """Writes a `Blend` into row `row` of the head."""
    with torch.no_grad():
        model.head.weight[row] *= found.trunk
        model.head.bias[row] = model.head.bias[row] * found.trunk + found.bias
        model.features.weight[row] = model.features.weight[row] * found.trunk + torch.from_numpy(found.counted).float()
