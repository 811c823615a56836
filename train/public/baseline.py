"""What words alone are worth: TF-IDF and logistic regression on the same split, for a table side by side.

    python train/public/baseline.py --outcomes DIR/*.jsonl --answers DIR/answers/*.jsonl
"""

import argparse
import json

import torch
from scipy.sparse import hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from measure import routing
from questions import read
from rows import PAIRS, needed

WORD = r"(?u)\w+|[^\w\s]"


def looks_of(questions):
    """(look, device, edge, set) of everything that can be measured."""
    sets = sorted({q.set for q in questions})
    for device, edge in PAIRS:
        for name in sets:
            mine = [q for q in questions if q.set == name and {device, edge} <= q.right.keys()]
            if mine:
                yield "needed", device, edge, name
            if any(device in q.answers for q in mine):
                yield "look", device, edge, name


def share_of(text, share):
    return text[:round(share * len(text))]


class Words:
    """P(edge needed) from TF-IDF of the prompt, and of the answer on the second look."""

    def __init__(self, look, device, edge, questions):
        self.texts = [lambda q, _: q.prompt]
        if look == "look":
            self.texts.append(lambda q, share: share_of(q.answers[device], share))
        self.vectors = [TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2, token_pattern=WORD)
                        .fit([text(q, 1.0) for q in questions]) for text in self.texts]
        labels = [needed(q, device, edge) for q in questions]
        self.regression = LogisticRegression(max_iter=300).fit(self.features(questions, 1.0), labels)

    def features(self, questions, share):
        return hstack([v.transform([text(q, share) for q in questions]) for v, text in zip(self.vectors, self.texts)])

    def scores(self, questions, share=1.0):
        return torch.from_numpy(self.regression.predict_proba(self.features(questions, share))[:, 1]).float()


def of_pair(questions, look, device, edge, set_name, part):
    """Questions of a set and a part that both models answered, with the device's words where they are read."""
    return [q for q in questions if q.set == set_name and q.part == part and {device, edge} <= q.right.keys()
            and (look == "needed" or device in q.answers)]


def measured(questions, look, device, edge, set_name, shares):
    """{share of the answer: figures} on the test part."""
    words = Words(look, device, edge, of_pair(questions, look, device, edge, set_name, "train"))
    asked = of_pair(questions, look, device, edge, set_name, "test")
    right = lambda model: torch.tensor([float(q.right[model]) for q in asked])
    return {share: routing(words.scores(asked, share), right(device), right(edge)) for share in shares}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--outcomes", nargs="+", required=True)
    parser.add_argument("--answers", nargs="*", default=[])
    args = parser.parse_args()
    questions = read(args.outcomes, args.answers)
    for look in looks_of(questions):
        for share, figures in measured(questions, *look, (1.0,) if look[0] == "needed" else (0.25, 0.5, 1.0)).items():
            print(json.dumps(dict(look=look, share=share, **{k: round(v, 3) for k, v in figures.items()})), flush=True)


if __name__ == "__main__":
    main()
