"""What one pair's outcomes say about another pair: a linear head on a frozen encoder, trained on one, tested on all.

The encoder is MiniLM before any training of ours, so nothing of the pair under test can have leaked into it.
"""

import random

import torch
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from baseline import looks_of
from encoder import from_minilm, pieces_of
from measure import routing
from rows import needed, outcomes_of, rows, rows_of, seen, shipped, title
from ship import SEED
from states import states

MOST_ROWS = 500  # of one pair, to train on and to test on


def sampled(found):
    return random.Random(SEED).sample(found, min(MOST_ROWS, len(found)))


def frozen_states(found, tokenizer):
    """(rows, dim): the encoder's states of whole answers."""
    return states(from_minilm(pieces_of(tokenizer), 1), [seen(row) for row in found])


def table(pairs, tokenizer):
    """{trained on: {tested on: figures}} from {name: (device, edge, training rows, test rows)}."""
    pairs = {name: (device, edge, *map(sampled, parts)) for name, (device, edge, *parts) in pairs.items()}
    states = {name: [frozen_states(part, tokenizer).numpy() for part in parts]
              for name, (_, _, *parts) in pairs.items()}
    found = {}
    for source, (device, edge, learn, _) in pairs.items():
        scale = StandardScaler().fit(states[source][0])
        labels = [needed(row.question, device, edge) for row in learn]
        regression = LogisticRegression(C=0.01, max_iter=500).fit(scale.transform(states[source][0]), labels)
        found[source] = {}
        for target, (device, edge, _, test) in pairs.items():
            scores = regression.predict_proba(scale.transform(states[target][1]))[:, 1]
            found[source][target] = routing(torch.from_numpy(scores).float(), *outcomes_of(test, device, edge))
    return found


def tables(questions, tokenizer):
    """{"needed" and "look": table} over every pair and set."""
    looks, names = list(looks_of(questions)), shipped(questions)
    learn, test = (rows([q for q in questions if q.part == part], tokenizer, names) for part in ("train", "test"))
    return {kind: table({title(*where): (*where[:2], rows_of(learn, kind, *where), rows_of(test, kind, *where))
                         for look, *where in looks if look == kind}, tokenizer) for kind in ("needed", "look")}
