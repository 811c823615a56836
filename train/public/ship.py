"""The general scorer's file: fold in the temperatures, write GGUF, and read it back as the router will use it."""

import torch
import torch.nn.functional as F
from gguf import GGMLQuantizationType as Kind
from gguf import GGUFReader

from encoder import ANSWER_PIECES, DIGEST_PIECES, TURN_PIECES, General, word_pieces
from export import bert_names, tensors_of, write_scorer
from learn import predict
from rows import rows, seen, shipped

LOOKS = (0.25, 0.5, 1.0)  # shares of the answer at which the second look is fitted and measured
VALUES = ("device_length", "edge_length")


def inputs_of(found):
    """(indices of rows, what the scorer sees): first looks once, second looks at each of `LOOKS`."""
    looks = [(i, share) for i, row in enumerate(found) for share in (LOOKS if row.author else (1.0,))]
    return [i for i, _ in looks], [seen(found[i], share) for i, share in looks]


def temperature(logits, wanted):
    """The divisor that fits the logits to `wanted`, which may be shares, best (Guo et al., 2017)."""
    grid = [0.5 + 0.02 * i for i in range(126)]
    return min(grid, key=lambda t: F.binary_cross_entropy_with_logits(logits / t, wanted).item())


def finished(checkpoint, questions, tokenizer):
    """(the trained model with its shipped head rows alone, their names, {name: temperature folded in})."""
    kept, names = torch.load(checkpoint, weights_only=True), shipped(questions)
    model = General(tokenizer.get_vocab_size(), len(kept["names"]))
    model.load_state_dict(kept["model"])
    head = torch.nn.Linear(model.config.dim, len(names))
    head.load_state_dict({k: v[:len(names)] for k, v in model.head.state_dict().items()})
    model.head = head
    found = rows([q for q in questions if q.part == "valid"], tokenizer, names)
    indices, inputs = inputs_of(found)
    heads, wanted = predict(model, inputs), torch.stack([found[i].targets for i in indices])
    folded = {}
    for j, name in enumerate(names):
        known = ~wanted[:, j].isnan()
        if name not in VALUES:
            folded[name] = temperature(heads[known, j], wanted[known, j])
            with torch.no_grad():
                head.weight[j] /= folded[name]
                head.bias[j] /= folded[name]
    return model, names, folded


def write(path, model, tokenizer, names):
    """The file, its head unquantised: there are many rows and each is small."""
    write_scorer(path, model, tokenizer, "nearside-general-scorer", head_kind=Kind.F32, licence="Apache-2.0",
                 outputs=names, budgets=(TURN_PIECES, DIGEST_PIECES, ANSWER_PIECES))


def load(path):
    """(model, tokenizer, output names) of a written file, its weights as stored."""
    fields, named = GGUFReader(path).fields, tensors_of(path)
    names = fields["nearside.scorer.outputs"].contents()
    stored = fields["tokenizer.ggml.tokens"].contents()
    special = lambda token: token.startswith("[") and len(token) > 2
    tokenizer = word_pieces([t if special(t) else t[1:] if t.startswith("▁") else f"##{t}" for t in stored])
    model = General(len(stored), len(names)).eval()
    ours = bert_names({name: name for name in model.state_dict()})  # GGUF's name: ours
    model.load_state_dict({name: named[theirs] for theirs, name in ours.items()})
    return model, tokenizer, names
