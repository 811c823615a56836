"""Adds rows to a scorer's file; what was in it stays as it was."""

import numpy as np
import torch
from gguf import GGMLQuantizationType as Kind
from gguf import PoolingType
from torch import nn

import ability
import signals
from encoder import ANSWER_PIECES, DIGEST_PIECES, TURN_PIECES, General
from export import write_scorer
from features import N_FEATURES


class Signals(nn.Module):
    """Weights of signals, and what each is on average."""

    def __init__(self, n_outputs):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(n_outputs, len(signals.NAMES)))
        self.mean = nn.Parameter(torch.zeros(len(signals.NAMES)))


def extended(model, names, rows, n_kinds, means):
    """`model`, whose head has rows `names`, with `rows` ({name: fit.Row}) after or in place of them."""
    kept = [i for i, name in enumerate(names) if name not in rows and not name.startswith("kind:")]
    outputs = [*(names[i] for i in kept), *rows]
    new = General(model.config.vocab, len(outputs))
    head = ("head.weight", "head.bias", "features.weight", "words.weight")
    state = {name: tensor for name, tensor in model.state_dict().items() if name not in (*head, "kinds.weight", "signals.weight", "signals.mean")}
    new.load_state_dict(state, strict=False)
    new.kinds, new.signals = nn.Linear(n_kinds, len(outputs), bias=False), Signals(len(outputs))
    new.signals.mean.data[:] = torch.from_numpy(means)
    new.kinds.weight.data.zero_()
    with torch.no_grad():
        for to, i in enumerate(kept):
            new.head.weight[to], new.head.bias[to] = model.head.weight[i], model.head.bias[i]
            new.features.weight[to], new.words.weight[:, to] = model.features.weight[i], model.words.weight[:, i]
        for to, row in enumerate(rows.values(), len(kept)):
            fill(new, to, row)
    return new, outputs


def fill(model, to, row):
    counted, words, deep = np.split(row.inputs.astype(np.float32), [N_FEATURES, N_FEATURES + 2 * model.config.vocab])
    model.head.weight[to], model.head.bias[to] = torch.from_numpy(deep), row.bias
    model.features.weight[to], model.words.weight[:, to] = torch.from_numpy(counted), torch.from_numpy(words)
    for weights, into in ((row.kinds, model.kinds.weight), (row.signals, model.signals.weight)):
        if len(weights):
            into[to] = torch.from_numpy(weights.astype(np.float32))


def write(path, model, tokenizer, names, rows, of_kind, means):
    """`of_kind` has the area of each kind."""
    new, outputs = extended(model, names, rows, len(of_kind), means)
    write_scorer(path, new, tokenizer, "nearside-general-scorer", head_kind=Kind.F16, licence="Apache-2.0",
                 outputs=outputs, budgets=(TURN_PIECES, DIGEST_PIECES, ANSWER_PIECES), pooling=PoolingType.MEAN,
                 areas=of_kind, abilities=ability.ASSUMED, signals=signals.NAMES)
    print(f"{path}: {len(outputs)} rows, {path.stat().st_size:,} bytes")
