"""Train the scorer on the pair's real outcomes, calibrate it, and measure it."""

import json
import math
import random
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer

from export import read_scorer
from features import N_FEATURES
from operating_point import Outcomes, thresholds
from outcomes import questions, read
from scorer_model import (N_DOUBTS, OUTPUTS, PairScorer, ScorerConfig, batch_of, beside, doubts, encode,
                          train_wordpiece)

SEED = 13
EPOCHS, BATCH, PEAK, BESIDE_PEAK = 2, 64, 1.5e-3, 0.01
LEAST_SHARE = 0.25  # of an answer, before which no look is learned
LOOKS = (0.5, 1.0)  # shares of an answer at which looks are measured
NEEDED, LENGTHS, LOOK = 0, slice(1, 3), 3
LENGTH_WEIGHT = 0.3
NAN = math.nan


def needed(row):
    return float(not row["device"]["right"] and row["edge"]["right"])


def doubts_of(row, n):
    """Those of the first `n` tokens of the device's answer."""
    logprobs = row["device"]["logprobs"][:n]
    return doubts(sum(logprobs) / n, min(logprobs))


def first_look(words, row):
    """(ids, types, beside, targets); an output that this look is not for has no target."""
    lengths = [math.log1p(row[role]["tokens"]) for role in ("device", "edge")]
    return *encode(words, row["messages"]), beside(row["messages"]), (needed(row), *lengths, NAN)


def second_look(words, row, share=1.0):
    """The same once the device has written `share` of its tokens."""
    text, ends = row["device"]["text"], row["device"]["ends"]
    n = max(1, round(share * len(ends)))
    messages, written = row["messages"], text[:ends[n - 1]]
    read = beside(messages, written, doubts_of(row, n))
    return *encode(words, messages, written), read, (NAN, NAN, NAN, needed(row))


def examples(words, rows, rng):
    """Of each row a first look, a look on the way and one at the answer's end."""
    for row in rows:
        yield first_look(words, row)
        yield second_look(words, row, rng.uniform(LEAST_SHARE, 1))
        yield second_look(words, row)


def wordpiece(runs):
    """The scorer's own vocabulary, from the training dialogues' words."""
    path = Path(runs) / "wordpiece.json"
    if not path.exists():
        texts = (m["content"] for messages, _ in questions("train") for m in messages)
        train_wordpiece([*texts, " / ! ? . , : + - = * × " * 3], 900).save(str(path))
    return Tokenizer.from_file(str(path))


def batches(examples, size, shuffle=None):
    """(places, inputs, targets) of batches of alike lengths, in random order when `shuffle` is a random source."""
    order = sorted(range(len(examples)), key=lambda i: len(examples[i][0]) + (shuffle.random() if shuffle else 0))
    groups = [order[i:i + size] for i in range(0, len(order), size)]
    if shuffle:
        shuffle.shuffle(groups)
    for group in groups:
        some = [examples[i] for i in group]
        inputs = *batch_of([(ids, types) for ids, types, *_ in some]), torch.tensor([e[2] for e in some])
        yield group, inputs, torch.tensor([e[3] for e in some])


def loss_of(outputs, targets):
    """Cross-entropy of the logits, and a little of the lengths' squared error, where there is a target."""
    known, wanted = ~targets.isnan(), targets.nan_to_num()
    losses = F.binary_cross_entropy_with_logits(outputs, wanted, reduction="none")
    losses[:, LENGTHS] = LENGTH_WEIGHT * (outputs - wanted)[:, LENGTHS] ** 2
    return (losses * known).sum() / len(outputs)


def train(runs):
    """Train on `train`, keep the best epoch on `valid`; save runs/scorer.pt, calibrated, with its thresholds."""
    path = Path(runs) / "scorer.pt"
    if path.exists():
        return
    began, rng = time.time(), random.Random(SEED)
    torch.manual_seed(SEED)
    words, rows, valid = wordpiece(runs), read("train", runs), read("valid", runs)
    model = PairScorer(ScorerConfig(vocab=words.get_vocab_size()))
    read_beside = [model.confidence.weight, model.features.weight]
    trunk = [p for p in model.parameters() if all(p is not other for other in read_beside)]
    optimiser = torch.optim.AdamW([dict(params=trunk, peak=PEAK, weight_decay=0.01),
                                   dict(params=read_beside, peak=BESIDE_PEAK, weight_decay=0.0)])
    total, step, best = EPOCHS * -(-3 * len(rows) // BATCH), 0, None
    for epoch in range(EPOCHS):
        model.train()
        for _, inputs, targets in batches(list(examples(words, rows, rng)), BATCH, rng):
            rate = min(1, step / (0.05 * total), (total - step) / (0.7 * total))
            for group in optimiser.param_groups:
                group["lr"] = group["peak"] * rate
            loss = loss_of(model(*inputs), targets)
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            step += 1
        orders = [auc(*looked(model, words, valid, share)) for share in (None, 1.0)]  # calibration sees to scale
        print(json.dumps(dict(epoch=epoch + 1, valid_auc=[round(order, 4) for order in orders],
                              seconds=round(time.time() - began))), flush=True)
        if best is None or sum(orders) > best[0]:
            best = sum(orders), {k: v.clone() for k, v in model.state_dict().items()}
    model.load_state_dict(best[1])
    temperature = calibrate(model, words, valid)
    torch.save(dict(model=model.state_dict(), seconds=time.time() - began, temperature=temperature,
                    routing=thresholds(outcomes_of(model, words, valid))), path)


@torch.no_grad()
def predict(model, examples):
    """(outputs, targets) in the examples' order."""
    model.eval()
    outputs = torch.zeros(len(examples), len(OUTPUTS))
    for group, inputs, _ in batches(examples, 256):
        outputs[group] = model(*inputs)
    return outputs, torch.tensor([targets for *_, targets in examples])


def looked(model, words, rows, share=None):
    """(logits, labels) of "the edge is needed": from the dialogue alone, or after `share` of the answer."""
    seen = [first_look(words, row) if share is None else second_look(words, row, share) for row in rows]
    column = NEEDED if share is None else LOOK
    outputs, targets = predict(model, seen)
    return outputs[:, column], targets[:, column]


@torch.no_grad()
def calibrate(model, words, rows):
    """Fit both logits to questions that were not trained on.

    The first look's is divided by the temperature that fits best (Guo et al., 2017), which is returned. Of the
    second look's, at the answer's end, how much the text counts beside the features and the model's doubts is
    fitted too: the text is overrated by a scorer that has seen it before.
    """
    logits, labels = looked(model, words, rows)
    grid = [0.5 + 0.02 * i for i in range(126)]
    temperature = min(grid, key=lambda t: F.binary_cross_entropy_with_logits(logits / t, labels).item())
    model.head.weight[NEEDED] /= temperature
    model.head.bias[NEEDED] /= temperature

    seen = [second_look(words, row) for row in rows]
    doubted, counted = torch.tensor([e[2] for e in seen]).split([N_DOUBTS, N_FEATURES], 1)
    outputs, targets = predict(model, [(*e[:2], [0.0] * (N_DOUBTS + N_FEATURES), e[3]) for e in seen])
    columns = outputs[:, LOOK:], counted @ model.features.weight[LOOK:].T, doubted
    of_text, of_features, *confidence, bias = logistic(torch.cat(columns, 1), targets[:, LOOK])
    model.head.weight[LOOK] *= of_text
    model.head.bias[LOOK] = model.head.bias[LOOK] * of_text + bias
    model.features.weight[LOOK] *= of_features
    model.confidence.weight[LOOK] = torch.tensor(confidence)
    return temperature


@torch.enable_grad()
def logistic(features, labels):
    """[weights, bias] of a logistic regression."""
    inputs = torch.cat([features, torch.ones(len(features), 1)], 1).double()
    weights = torch.zeros(inputs.shape[1], dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([weights], max_iter=500, line_search_fn="strong_wolfe")

    def closure():
        optimiser.zero_grad()
        loss = F.binary_cross_entropy_with_logits(inputs @ weights, labels.double())
        loss.backward()
        return loss

    optimiser.step(closure)
    return weights.tolist()


def auc(scores, labels):
    """Area under the ROC curve by ranks; ties count half."""
    values, inverse, counts = torch.unique(scores, return_inverse=True, return_counts=True)
    last = counts.cumsum(0).double()
    ranks = (last - (counts.double() - 1) / 2)[inverse]
    positive = labels > 0.5
    n, m = positive.sum().item(), (~positive).sum().item()
    return ((ranks[positive].sum().item() - n * (n + 1) / 2) / (n * m)) if n and m else float("nan")


def calibration(probabilities, labels, bins=10):
    """[(mean probability, share needed, rows)] over equal-width bins, and their expected error."""
    curve, error = [], 0.0
    for i in range(bins):
        inside = (probabilities >= i / bins) & ((probabilities < (i + 1) / bins) | (i == bins - 1))
        if inside.any():
            said, seen = probabilities[inside].mean().item(), labels[inside].mean().item()
            curve.append((said, seen, int(inside.sum())))
            error += abs(said - seen) * inside.float().mean().item()
    return curve, error


def measure(file, runs):
    """What the scorer's card says, on questions no one has trained on."""
    (model, words), rows = read_scorer(file), read("test", runs)
    outputs, targets = predict(model, [first_look(words, row) for row in rows])
    errors = (outputs[:, LENGTHS].expm1() - targets[:, LENGTHS].expm1()).abs().mean(0).tolist()
    looks = {share: look_figures(*looked(model, words, rows, share), rows) for share in (None, *LOOKS)}
    return dict(rows=len(rows), needed=targets[:, NEEDED].mean().item(), token_errors=errors, looks=looks,
                curve=calibration(outputs[:, NEEDED].sigmoid(), targets[:, NEEDED])[0],
                outcomes=outcomes_of(model, words, rows))


def look_figures(logits, labels, rows):
    """{"auc", "ece"}, and the calls that close half of the gap to the edge, and 80 % of it."""
    probabilities, (device, edge) = logits.sigmoid(), (right(rows, role) for role in ("device", "edge"))
    gains = (edge - device)[probabilities.argsort(descending=True)].cumsum(0) / (edge - device).sum()
    calls = lambda share: ((gains >= share).nonzero()[0].item() + 1) / len(rows)
    return dict(auc=auc(probabilities, labels), ece=calibration(probabilities, labels)[1], cpt50=calls(0.5),
                cpt80=calls(0.8))


def right(rows, role):
    return torch.tensor([float(row[role]["right"]) for row in rows])


def outcomes_of(model, words, rows):
    first, last = (looked(model, words, rows, share)[0].sigmoid() for share in (None, 1.0))
    return Outcomes(first, last, right(rows, "device"), right(rows, "edge"))
