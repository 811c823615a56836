"""How good a score is for routing: AUC, calibration, and how few calls buy how much of the edge."""

import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from scorer import auc, calibration

SHARES = (0.5, 0.8, 0.95)
DRAWS, WIDTH = 500, 0.9  # of the bootstrap


def recovery(scores, device, edge):
    """(share sent, share of the accuracy gap recovered) after each question, highest score first.

    Questions with the same score share one point, so that their order in the file cannot matter.
    """
    order = scores.argsort(descending=True, stable=True)
    gains = (edge - device).double()[order].cumsum(0) / (edge - device).double().sum()
    sorted_scores = scores[order]
    last = torch.cat([sorted_scores[1:] != sorted_scores[:-1], torch.tensor([True])])
    sent = torch.arange(1, len(order) + 1).double() / len(order)
    origin = torch.zeros(1).double()
    return torch.cat([origin, sent[last]]), torch.cat([origin, gains[last]])


def cpt(sent, recovered, share):
    """The smallest share of questions sent to the edge that recovers `share` of the gap."""
    i = int((recovered >= share).nonzero()[0])
    (x0, x1), (y0, y1) = sent[i - 1:i + 1], recovered[i - 1:i + 1]
    return float(x0 + (x1 - x0) * (share - y0) / (y1 - y0))


def routing(scores, device, edge):
    """AUC and ECE for "the edge is needed", CPT50/80/95 and APGR of probabilities `scores`."""
    needed = ((edge > 0.5) & (device < 0.5)).float()
    sent, recovered = recovery(scores, device, edge)
    found = {"rows": len(scores), "needed": needed.mean().item(), "auc": auc(scores, needed),
             "ece": calibration(scores, needed)[1], "apgr": float(torch.trapezoid(recovered, sent))}
    return found | {f"cpt{100 * share:.0f}": cpt(sent, recovered, share) for share in SHARES}


def intervals(scores, device, edge):
    """{figure: (low, high)} of the bootstrap over questions (Efron, 1979)."""
    generator = torch.Generator().manual_seed(0)
    draws = [torch.randint(len(scores), (len(scores),), generator=generator) for _ in range(DRAWS)]
    found = [routing(scores[i], device[i], edge[i]) for i in draws]
    tails = torch.tensor([(1 - WIDTH) / 2, (1 + WIDTH) / 2])
    return {key: torch.tensor([f[key] for f in found]).quantile(tails).tolist() for key in ("auc", "cpt50", "cpt80")}
