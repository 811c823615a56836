"""The general scorer's file: fit its head, write GGUF, and read it back as the router will use it."""

import json
import random

import numpy as np
import torch
from gguf import GGMLQuantizationType as Kind
from gguf import PoolingType

from encoder import ANSWER_PIECES, DIGEST_PIECES, TURN_PIECES, General, from_minilm, pieces_of, word_pieces
from export import bert_names, fields_of, is_special, tensors_of, write_scorer
from features import N_FEATURES
from probe import Inputs, fitted, fitted_value
from rows import PAIRS, rows, seen, shipped
from states import states

SEED = 13
LOOKS = (0.25, 0.5, 1.0)  # shares of the answer at which the second look is measured
WHOLE_COUNTS = 2.0  # a whole answer, beside one that is cut at a random place: it says most
VALUES = {"device_length", "edge_length"}  # outputs that are no logits


def inputs_of(found):
    """(indices of rows, how much each look counts, what the scorer sees): first looks, and two looks at an answer."""
    rng, looks = random.Random(SEED), []
    for i, row in enumerate(found):
        looks += [(i, 1.0, rng.uniform(0.1, 0.9)), (i, WHOLE_COUNTS, 1.0)] if row.author else [(i, 1.0, 1.0)]
    return [i for i, *_ in looks], np.array([n for _, n, _ in looks]), [seen(found[i], share) for i, _, share in looks]


def learned(questions, tokenizer, names):
    """The rows that the head is fitted to: prompts, and answers of the pairs' devices, but for the test part."""
    devices = {None, *(device for device, _ in PAIRS)}
    found = rows([q for q in questions if q.part != "test"], tokenizer, names)
    return [row for row in found if row.author in devices]


def encoded(path, model, inputs):
    """The inputs' states, kept in `path`."""
    if not path.exists():
        np.save(path, states(model, inputs).numpy())
    return np.load(path)


def finished(path, questions, tokenizer):
    """(the model with its head fitted, its rows' names, {name: what was read and what it was worth}).

    All questions but the test part are learned from; `path` keeps the encoder's states.
    """
    names, pieces = shipped(questions), pieces_of(tokenizer)
    model, known = from_minilm(pieces, len(names)), learned(questions, tokenizer, names)
    of, counts, looks = inputs_of(known)
    inputs = Inputs.of(looks, encoded(path, model, looks), len(pieces))
    wanted = torch.stack([known[i].targets for i in of]).numpy()
    groups, chosen = np.array([known[i].question.prompt for i in of]), {}
    for j, name in enumerate(names):
        at = np.flatnonzero(~np.isnan(wanted[:, j]))
        here = Inputs(inputs.columns[at], inputs.n_pieces)
        head = (fitted_value(here, wanted[at, j]) if name in VALUES
                else fitted(here, wanted[at, j], counts[at], groups[at]))
        fold(model, j, head, len(pieces))
        chosen[name] = dict(reads=head.reads, losses=head.losses, looks=len(at))
        print(json.dumps({name: chosen[name]}), flush=True)
    return model, names, chosen


def fold(model, row, head, n_pieces):
    """Writes what was fitted into row `row` of the model's head."""
    counted, words, deep = np.split(head.weights.astype(np.float32), [N_FEATURES, N_FEATURES + 2 * n_pieces])
    with torch.no_grad():
        model.head.weight[row], model.head.bias[row] = torch.from_numpy(deep), head.bias
        model.features.weight[row] = torch.from_numpy(counted)
        model.words.weight[:, row] = torch.from_numpy(words)


def write(path, model, tokenizer, names):
    """The file, its head in 16 bits: it is small, and each of its weights counts."""
    write_scorer(path, model, tokenizer, "nearside-general-scorer", head_kind=Kind.F16, licence="Apache-2.0",
                 outputs=names, budgets=(TURN_PIECES, DIGEST_PIECES, ANSWER_PIECES), pooling=PoolingType.MEAN)


def load(path):
    """(model, tokenizer, output names) of a written file, its weights as stored."""
    fields, named = fields_of(path), tensors_of(path)
    names, stored = fields["nearside.scorer.outputs"], fields["tokenizer.ggml.tokens"]
    tokenizer = word_pieces([t if is_special(t) else t[1:] if t.startswith("▁") else f"##{t}" for t in stored])
    model = General(len(stored), len(names)).eval()
    ours = bert_names({name: name for name in model.state_dict()})  # GGUF's name: ours; kinds and signals are not read
    model.load_state_dict({name: named[theirs] for theirs, name in ours.items()})
    return model, tokenizer, names
