"""What the encoder makes of texts, batch by batch."""

import torch

from encoder import assemble
from scorer_model import batch_of


def batches(assembled, size=64):
    """Indices of inputs in batches of alike lengths."""
    order = sorted(range(len(assembled)), key=lambda i: len(assembled[i][0]))
    return [order[i:i + size] for i in range(0, len(order), size)]


@torch.no_grad()
def states(model, inputs):
    """(inputs, dim): the pooled states of (turn, second segment, features), in their order."""
    assembled = [assemble(turn, second) for turn, second, _ in inputs]
    found = torch.zeros(len(inputs), model.config.dim)
    for group in batches(assembled):
        with torch.autocast("cpu", torch.bfloat16):
            found[group] = model.eval().state(*batch_of([assembled[i] for i in group])).float()
    return found


@torch.no_grad()
def predict(model, inputs):
    """(inputs, outputs): the head's rows of (turn, second segment, features), in their order."""
    assembled = [assemble(turn, second) for turn, second, _ in inputs]
    heads = torch.zeros(len(inputs), model.head.out_features)
    for group in batches(assembled):
        with torch.autocast("cpu", torch.bfloat16):
            counted = torch.tensor([inputs[i][2] for i in group])
            heads[group] = model.eval()(*batch_of([assembled[i] for i in group]), counted).float()
    return heads
