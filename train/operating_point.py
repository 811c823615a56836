"""Where the pair's thresholds stand: the fewest calls that keep nearly all of the edge's answers right."""

import math
from dataclasses import dataclass

import torch

KEPT = 0.99  # of the share the edge alone answers right
# Standard errors by which the shipped thresholds keep more than that: a pair picked as the cheapest that just keeps it
# is one that was lucky with these questions.
SAFETY = 2
# Where nothing can be looked at: of the win rates seen on unseen questions, the lowest that is worth a call.
THETA = 0.3
GRID = [i / 100 for i in range(100)]


@dataclass
class Outcomes:
    """Each question's probabilities that the edge is needed, and who was right: tensors of one length."""
    first: torch.Tensor  # from the dialogue alone
    last: torch.Tensor  # from the device's whole answer
    device: torch.Tensor
    edge: torch.Tensor

    def routed(self, at_once, after_look):
        """(share sent to the edge, share right): a turn is sent at once above one threshold, or after its look."""
        sent = (self.first > at_once) | (self.last > after_look)
        return sent.double().mean().item(), torch.where(sent, self.edge, self.device).double().mean().item()

    def wanted(self):
        return KEPT * self.edge.double().mean().item()

    def keeps(self, at_once, after_look, errors=0.0):
        """Whether at least `KEPT` of the edge's right answers stay, by so many standard errors of what is lost;
        of too few questions to tell, all."""
        lost, edge = 1 - KEPT, self.edge.double().mean().item()
        error = math.sqrt(lost * (1 - lost) / len(self.first))
        return self.routed(at_once, after_look)[1] >= min(self.wanted() + errors * error, edge)

    def oracle_calls(self):
        """The fewest calls that are enough for one who knows where they help."""
        return self.wanted() - self.device.double().mean().item()


def without_looks(outcomes):
    """The highest threshold of the first look that keeps `KEPT` by itself."""
    return max((t for t in GRID if outcomes.keeps(t, 1.0)), default=0.0)


def thresholds(outcomes):
    """The manifest's routing: of the pairs of thresholds that keep `KEPT`, and safely, that with the fewest calls.

    Where several have as few, it is the one that sends most turns at once.
    """
    pairs = [(a, b) for b in GRID for a in GRID if a >= THETA and outcomes.keeps(a, b, SAFETY)]
    at_once, after_look = min(pairs, key=lambda pair: (outcomes.routed(*pair)[0], pair[0]))
    return {"theta": THETA, "second_look": {"theta": after_look, "margin": round(at_once - THETA, 2)}}
