"""What it tells of two answers that they are alike: the numbers of src/routing/agreement.rs.

    python train/everyday/agreement.py

A multinomial logistic regression from what the device's and the edge's answers share to which of them is right, less how
often each case comes; judged on the questions that are not learned from.
"""

import re

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

import recorded
from quiz import last_number

DEVICE, EDGE = "smollm2-135m-instruct", "qwen2.5-coder-0.5b-instruct"
WORD = re.compile(r"[^\W_]+")


def shared(a, b):
    """As `shared` of src/routing/agreement.rs."""
    all_a, all_b = ([word.lower() for word in WORD.findall(text)] for text in (a, b))
    of_a, of_b = set(all_a), set(all_b)
    n_both, ends = len(of_a & of_b), (last_number(a), last_number(b))
    both = None not in ends
    return [2 * n_both / max(len(of_a) + len(of_b), 1), n_both / max(min(len(of_a), len(of_b)), 1),
            both and ends[0] == ends[1], both and ends[0] != ends[1], all_a == all_b]


def main():
    questions = recorded.read(recorded.HERE / "questions.jsonl", recorded.HERE / "outcomes")
    questions = [q for q in questions if {DEVICE, EDGE} <= q.answers.keys()]
    seen = np.array([shared(q.answers[DEVICE]["answer"], q.answers[EDGE]["answer"]) for q in questions], float)
    device, edge = (np.array([q.answers[m]["correct"] for q in questions]) for m in (DEVICE, EDGE))
    parts = np.array([q.part for q in questions])
    case, train = 2 * device + edge, np.isin(parts, ("train", "valid"))
    fit = LogisticRegression(C=1, max_iter=2000).fit(seen[train], case[train])
    often = np.array([(case[train] == c).mean() for c in range(4)])
    for name, weights, bias in zip(("both wrong", "only the edge", "only the device", "both right"), fit.coef_, fit.intercept_ - np.log(often)):
        print(f"{name:16} {weights.round(2).tolist()} {bias:.2f}")
    right = fit.predict_proba(seen)[:, 2:].sum(1)
    for part in ("test", "unseen"):
        at = parts == part
        print(f"{part}: {at.sum()} questions, AUC of the device being right {roc_auc_score(device[at], right[at]):.3f}")


if __name__ == "__main__":
    main()
