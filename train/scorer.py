"""Train the scorer on the pair's real outcomes, fold in its temperature, and measure it."""

import json
import math
import random
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer

from export import bert_names, quantised, tensors_of
from outcomes import questions, read
from scorer_model import Scorer, ScorerConfig, batch_of, encode, train_wordpiece

SEED = 13


def label(row):
    """[edge needed, ln(1 + device tokens), ln(1 + edge tokens)]"""
    needed = not row["device"]["right"] and row["edge"]["right"]
    return [float(needed), math.log1p(row["device"]["tokens"]), math.log1p(row["edge"]["tokens"])]


def wordpiece(runs):
    """The scorer's own vocabulary, from the training dialogues' words."""
    path = Path(runs) / "wordpiece.json"
    if not path.exists():
        texts = (m["content"] for messages, _ in questions("train") for m in messages)
        train_wordpiece([*texts, " / ! ? . , : + - = * × " * 3], 900).save(str(path))
    return Tokenizer.from_file(str(path))


def batches(examples, size, shuffle):
    """Batches of alike lengths, in random order when `shuffle` is a random source."""
    order = sorted(range(len(examples)), key=lambda i: len(examples[i][0][0]) + (shuffle.random() if shuffle else 0))
    groups = [order[i:i + size] for i in range(0, len(order), size)]
    if shuffle:
        shuffle.shuffle(groups)
    for group in groups:
        yield group, batch_of([examples[i][0] for i in group]), torch.tensor([examples[i][1] for i in group])


def train(runs, epochs=2, batch=64, peak=1.5e-3):
    """Train on `train`, keep the best epoch on `valid`; save runs/scorer.pt with its temperature folded in."""
    path = Path(runs) / "scorer.pt"
    if path.exists():
        return
    began, rng = time.time(), random.Random(SEED)
    torch.manual_seed(SEED)
    words = wordpiece(runs)
    sets = {s: [(encode(words, r["messages"]), label(r)) for r in read(s, runs)] for s in ("train", "valid")}
    model = Scorer(ScorerConfig(vocab=words.get_vocab_size()))
    optimiser = torch.optim.AdamW(model.parameters(), peak, weight_decay=0.01)
    total, step, best = epochs * -(-len(sets["train"]) // batch), 0, None
    for epoch in range(epochs):
        model.train()
        for _, inputs, wanted in batches(sets["train"], batch, rng):
            rate = min(1, step / (0.05 * total), (total - step) / (0.7 * total))
            for group in optimiser.param_groups:
                group["lr"] = peak * rate
            head = model(*inputs)
            loss = F.binary_cross_entropy_with_logits(head[:, 0], wanted[:, 0])
            loss = loss + 0.3 * F.mse_loss(head[:, 1:], wanted[:, 1:])
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            step += 1
        logits, wanted = predict(model.eval(), sets["valid"])
        order = auc(logits[:, 0], wanted[:, 0])  # the temperature sees to the scale
        print(json.dumps(dict(epoch=epoch + 1, valid_auc=round(order, 4), seconds=round(time.time() - began))),
              flush=True)
        if best is None or order > best[0]:
            best = order, {k: v.clone() for k, v in model.state_dict().items()}
    model.load_state_dict(best[1])
    temperature = fold_temperature(model, sets["valid"])
    torch.save(dict(model=model.state_dict(), seconds=time.time() - began, temperature=temperature), path)


@torch.no_grad()
def predict(model, examples):
    """(heads, labels), each (rows, 3), in the examples' order."""
    heads = torch.zeros(len(examples), 3)
    for group, inputs, _ in batches(examples, 256, None):
        heads[group] = model(*inputs)
    return heads, torch.tensor([wanted for _, wanted in examples])


def fold_temperature(model, examples):
    """Divide the first head row by the temperature that fits `examples` best (Guo et al., 2017)."""
    heads, wanted = predict(model, examples)
    grid = [0.5 + 0.02 * i for i in range(126)]
    loss = lambda t: F.binary_cross_entropy_with_logits(heads[:, 0] / t, wanted[:, 0]).item()
    best = min(grid, key=loss)
    with torch.no_grad():
        model.head.weight[0] /= best
        model.head.bias[0] /= best
    return best


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


def load(gguf, runs):
    """(the exported scorer, its tokenizer), weights as the file holds them."""
    words = Tokenizer.from_file(f"{runs}/wordpiece.json")
    model = Scorer(ScorerConfig(vocab=words.get_vocab_size())).eval()
    named = tensors_of(gguf)
    ours = bert_names({name: name for name in model.state_dict()})
    model.load_state_dict({name: named[gguf_name] for gguf_name, name in ours.items()})
    return model, words


def measure(gguf, runs):
    """What the scorer's card says, on questions no one has trained on."""
    model, words = load(gguf, runs)
    rows = read("test", runs)
    heads, wanted = predict(model, [(encode(words, r["messages"]), label(r)) for r in rows])
    probabilities = heads[:, 0].sigmoid()
    curve, ece = calibration(probabilities, wanted[:, 0])
    errors = (heads[:, 1:].expm1() - wanted[:, 1:].expm1()).abs().mean(0).tolist()
    return dict(rows=len(rows), needed=wanted[:, 0].mean().item(), auc=auc(probabilities, wanted[:, 0]),
                ece=ece, curve=curve, token_errors=errors, trade=trade(probabilities, rows))


def trade(probabilities, rows):
    """[(share sent to the edge, share right)] as the threshold falls."""
    order = probabilities.argsort(descending=True).tolist()
    device = [float(r["device"]["right"]) for r in rows]
    edge = [float(r["edge"]["right"]) for r in rows]
    right, points = sum(device), [(0.0, sum(device) / len(rows))]
    for sent, i in enumerate(order, 1):
        right += edge[i] - device[i]
        if sent * 10 % len(rows) < 10:
            points.append((sent / len(rows), right / len(rows)))
    return points
