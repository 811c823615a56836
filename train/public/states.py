"""What the encoder and the head make of texts, batch by batch."""

import torch

from encoder import assemble
from scorer_model import batch_of


def batches(assembled, size=64):
    """Indices of inputs in batches of alike lengths."""
    order = sorted(range(len(assembled)), key=lambda i: len(assembled[i][0]))
    return [order[i:i + size] for i in range(0, len(order), size)]


@torch.no_grad()
def computed(inputs, width, of):
    """(inputs, width): what `of` makes of batches, ids and types of some inputs and these inputs' numbers."""
    assembled = [assemble(turn, second) for turn, second, _ in inputs]
    found = torch.zeros(len(inputs), width)
    for group in batches(assembled):
        with torch.autocast("cpu", torch.bfloat16):
            found[group] = of(batch_of([assembled[i] for i in group]), group).float()
    return found


def states(model, inputs):
    """(inputs, dim): the pooled states of (turn, second segment, features), in their order."""
    model.eval()
    return computed(inputs, model.config.dim, lambda batch, _: model.state(*batch))


def predict(model, inputs):
    """(inputs, outputs): the head's rows of (turn, second segment, features), in their order."""
    model.eval()
    counted = torch.tensor([features for *_, features in inputs])
    return computed(inputs, model.head.out_features, lambda batch, group: model(*batch, counted[group]))
