"""Writes what was learned of everyday questions into the scorer's card.

    python train/everyday/card.py
"""

import json
import re
from pathlib import Path

import numpy as np

import recorded

HEADING = "## Everyday questions, model by model"
SEEN = {"prompt": "the prompt", "answer": "and the device's answer", "answer, those that are read": "the same, of those that the edge has read",
        "read": "and the edge's reading of it"}
PARTS = {"test": "unseen questions of known kinds", "unseen": "kinds that are never trained on"}


def table(figures):
    lines = ["| seen | questions | number | needed | AUC | calls in 100 for half of what the edge adds, for 80 % | mean p less the share needed |",
             "|---|---|--:|--:|--:|--:|--:|"]
    for seen, parts in figures.items():
        for part, f in parts.items():
            lines.append(f"| {SEEN[seen]} | {PARTS[part]} | {f['rows']} | {100 * f['needed']:.1f} % | {f['auc']:.3f} "
                         f"| {100 * f['cpt50']:.0f}, {100 * f['cpt80']:.0f} | {100 * f['off']:+.1f} % |")
    return lines


def intervals(said):
    """The AUC from the prompt and from the answer, and their difference, with bootstrap intervals over questions."""
    from sklearn.metrics import roc_auc_score
    needed, rng, lines = said["edge"] * (1 - said["device"]), np.random.default_rng(0), []
    for part, title in PARTS.items():
        at, found = np.flatnonzero(said["part"] == part), []
        for _ in range(1000):
            some = rng.choice(at, len(at))
            found.append([roc_auc_score(needed[some], said[name][some]) for name in ("prompt", "answer")])
        prompt, answer = np.array(found).T
        between = lambda x: "{:.3f} to {:.3f}".format(*np.quantile(x, (0.05, 0.95)))
        lines.append(f"90 % intervals, {title}: prompt {between(prompt)}, answer {between(answer)}, difference {between(answer - prompt)}.")
    return lines


def section(figures, said, n_kinds):
    return "\n".join([
        HEADING, "",
        f"The rows `kind:…`, `right:…`, `answer:…`, `read:…` and `length:…` were added by `train/everyday/fit.py`, which leaves "
        "the encoder and all other rows as they are. They were learned from everyday questions of the project's own making "
        f"(`train/everyday`, {n_kinds} kinds), as SmolLM2-135M-Instruct (Q4_1) and Qwen2.5-Coder-0.5B-Instruct (Q4_K_M) answered them through "
        "this project's engine, greedily, at most 256 tokens. A program judges each answer. A question's kind is a softmax; each kind adds a weight of "
        "its own to the other rows. A fifth of the kinds, and a fifth of the questions of the others, were not learned from:", "",
        *table(figures), "",
        *intervals(said), "",
        "Licence of these rows: Apache-2.0, as the file's. Seeds: 17 for where answers are cut, the kinds' names for the questions.", ""])


def main():
    runs = recorded.HERE.parent / "runs/everyday"
    figures = json.loads((runs / "figures.json").read_text())
    said = np.load(runs / "said.npz", allow_pickle=True)
    kinds = {i.rsplit("-", 1)[0] for i in said["ids"]}
    path = recorded.HERE.parent.parent / "models/general.md"
    card = re.sub(rf"{re.escape(HEADING)}.*?(?=\n## |\Z)", "", path.read_text(), flags=re.S).rstrip()
    before, limits = card.split("\n## Limits", 1)
    path.write_text(f"{before.rstrip()}\n\n{section(figures, said, len(kinds))}\n## Limits{limits}\n")
    size = (path.parent / "general.gguf").stat().st_size
    path.write_text(re.sub(r"Q8_0, [\d,]+ bytes", f"Q8_0, {size:,} bytes", path.read_text(), count=1))


if __name__ == "__main__":
    main()
