"""The general scorer's file: weigh trunk and features, write GGUF, and read it back as the router will use it."""

import json

import numpy as np
import torch
from gguf import GGMLQuantizationType as Kind
from scipy.sparse import csr_matrix, hstack

from encoder import ANSWER_PIECES, DIGEST_PIECES, TURN_PIECES, General, assemble, word_pieces
from export import bert_names, fields_of, is_special, tensors_of, write_scorer
from features import NAMES
from learn import VALUES, predict
from rows import PAIRS, rows, seen, shipped
from stack import bags, blend, fold

LOOKS = (0.25, 0.5, 1.0)  # shares of the answer at which the second look is measured
FITTED = (0.5, 1.0, 1.0)  # and at which it is weighed: whole answers say most, and count twice


def inputs_of(found):
    """(indices of rows, what the scorer sees): first looks once, second looks at each of `FITTED`."""
    looks = [(i, share) for i, row in enumerate(found) for share in (FITTED if row.author else (1.0,))]
    return [i for i, _ in looks], [seen(found[i], share) for i, share in looks]


def shortened(kept, names):
    """The trained model with the head's rows `names` alone, which are its first."""
    model = General(*kept["model"]["embed.weight"].shape[:1], len(names))
    of_head = lambda key: key.startswith(("head.", "features."))
    state = {k: v[:len(names)] if of_head(k) else v for k, v in kept["model"].items()}
    model.load_state_dict(state | {"words.weight": model.words.weight})
    return model


def counted(inputs, n_pieces):
    """(rows, N_FEATURES + 2 * n_pieces): what the head reads beside the trunk's state."""
    features = np.array([features for *_, features in inputs], dtype=np.float32)
    return hstack([csr_matrix(features), bags([assemble(*texts) for *texts, _ in inputs], n_pieces)]).tocsr()


def finished(checkpoint, questions, tokenizer):
    """(the trained model with its shipped head rows alone, their names, {name: how trunk and features were weighed})."""
    kept, names = torch.load(checkpoint, weights_only=True), shipped(questions)
    model, weighed = shortened(kept, names), {}
    devices = {None, *(device for device, _ in PAIRS)}
    learn, tune = ([row for row in rows([q for q in questions if q.part == part], tokenizer, names)
                    if row.author in devices] for part in ("train", "valid"))
    (learn_of, learn_inputs), (tune_of, tune_inputs) = inputs_of(learn), inputs_of(tune)
    wanted = lambda found, indices: torch.stack([found[i].targets for i in indices]).numpy()
    learn_wanted, tune_wanted = wanted(learn, learn_of), wanted(tune, tune_of)
    learn_counted, tune_counted = (counted(inputs, model.config.vocab) for inputs in (learn_inputs, tune_inputs))
    heads = predict(model, tune_inputs).numpy()
    for j, name in enumerate(names):
        if name not in VALUES:
            at, tune_at = (np.flatnonzero(~np.isnan(w[:, j])) for w in (learn_wanted, tune_wanted))
            found = blend(learn_counted[at], learn_wanted[at, j], tune_counted[tune_at], heads[tune_at, j],
                          tune_wanted[tune_at, j])
            fold(model, j, found)
            weighed[name] = dict(trunk=found.trunk, gain=found.gain)
            print(json.dumps({name: weighed[name]}), flush=True)
    return model, names, weighed


def write(path, model, tokenizer, names):
    """The file, its head in 16 bits: it is small, and each of its weights counts."""
    write_scorer(path, model, tokenizer, "nearside-general-scorer", head_kind=Kind.F16, licence="Apache-2.0",
                 outputs=names, features=NAMES, budgets=(TURN_PIECES, DIGEST_PIECES, ANSWER_PIECES))


def load(path):
    """(model, tokenizer, output names) of a written file, its weights as stored."""
    fields, named = fields_of(path), tensors_of(path)
    names, stored = fields["nearside.scorer.outputs"], fields["tokenizer.ggml.tokens"]
    tokenizer = word_pieces([t if is_special(t) else t[1:] if t.startswith("▁") else f"##{t}" for t in stored])
    model = General(len(stored), len(names)).eval()
    ours = bert_names({name: name for name in model.state_dict()})  # GGUF's name: ours
    model.load_state_dict({name: named[theirs] for theirs, name in ours.items()})
    return model, tokenizer, names
