"""The scorer: a small post-LN BERT over the last message and what surrounds it.

The input contract is the router's. Segment A is the last user message. Segment B is, on the first look, the
previous user message, " / " and the previous answer; on a second look, the end of what the device has written.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from torch import nn

from features import N_FEATURES, features

TURN_PIECES, DIGEST_PIECES, ANSWER_PIECES = 64, 60, 60
# Whether the edge is needed, a logit, from the dialogue alone; ln(1 + tokens) of either answer; the same
# logit from what the device has written.
OUTPUTS = ["needed", "device_length", "edge_length", "look"]
N_DOUBTS = 2
LEAST_DOUBT = 1e-3  # ε: what is left of doubt in a token that the model is certain of
BERT_SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
PAD, UNK, CLS, SEP = range(4)


@dataclass
class ScorerConfig:
    dim: int = 128
    n_layers: int = 2
    n_heads: int = 4
    ffn: int = 256
    vocab: int = 1024
    context: int = 128
    eps: float = 1e-12


class ScorerLayer(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.config = c
        self.q, self.k, self.v, self.out = (nn.Linear(c.dim, c.dim) for _ in range(4))
        self.attn_norm = nn.LayerNorm(c.dim, c.eps)
        self.up, self.down = nn.Linear(c.dim, c.ffn), nn.Linear(c.ffn, c.dim)
        self.norm = nn.LayerNorm(c.dim, c.eps)

    def forward(self, x, mask):
        batch, n, dim = x.shape
        q, k, v = (f(x).view(batch, n, self.config.n_heads, -1).transpose(1, 2)
                   for f in (self.q, self.k, self.v))
        h = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        x = self.attn_norm(x + self.out(h.transpose(1, 2).reshape(batch, n, dim)))
        return self.norm(x + self.down(F.gelu(self.up(x))))


class Scorer(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        self.embed = nn.Embedding(config.vocab, config.dim)
        self.positions = nn.Embedding(config.context, config.dim)
        self.types = nn.Embedding(2, config.dim)
        self.norm = nn.LayerNorm(config.dim, config.eps)
        self.layers = nn.ModuleList(ScorerLayer(config) for _ in range(config.n_layers))
        self.head = nn.Linear(config.dim, len(OUTPUTS))
        for p in self.parameters():
            if p.ndim == 2:
                nn.init.normal_(p, std=0.05)

    def forward(self, ids, types, real):
        """ids, types, real: (batch, tokens); returns (batch, outputs)."""
        x = self.embed(ids) + self.positions.weight[:ids.shape[1]] + self.types(types)
        x, mask = self.norm(x), real[:, None, None, :]
        for layer in self.layers:
            x = layer(x, mask)
        return self.head(x[:, 0])


class PairScorer(Scorer):
    """`Scorer` of one pair, which also hears how sure the device's model is of the tokens it has written, and reads
    what is counted off the texts: a BERT this small cannot check a sum."""

    def __init__(self, config):
        super().__init__(config)
        self.confidence = nn.Linear(N_DOUBTS, len(OUTPUTS), bias=False)
        self.features = nn.Linear(N_FEATURES, len(OUTPUTS), bias=False)
        for beside in (self.confidence, self.features):
            nn.init.zeros_(beside.weight)

    def forward(self, ids, types, real, beside):
        """beside: (batch, N_DOUBTS + N_FEATURES), see `beside`."""
        doubted, counted = beside.split([N_DOUBTS, N_FEATURES], 1)
        return super().forward(ids, types, real) + self.confidence(doubted) + self.features(counted)


def doubts(mean_logprob, least_logprob):
    """ln(ε - ln p) of the mean and of the least likely token: an error's odds grow like a power of -ln p."""
    return tuple(math.log(LEAST_DOUBT - logprob) for logprob in (mean_logprob, least_logprob))


def beside(messages, answer="", doubted=(0.0,) * N_DOUBTS):
    """What is read beside the pieces of a look: the model's doubts, zeros on the first look, and the features."""
    return *doubted, *features(segments(messages)[0], answer)


def segments(messages):
    """(A, B) of a dialogue that ends with a user message; B is empty on the first turn."""
    said = [m for m in messages if m["role"] != "system"]
    previous = said[-3:-1]
    digest = " / ".join(m["content"] for m in previous) if len(previous) == 2 else ""
    return said[-1]["content"], digest


def encode(tokenizer, messages, answer=None):
    """(ids, types) of a dialogue, or of its last message with what the device has written so far."""
    pieces = lambda text: tokenizer.encode(text, add_special_tokens=False).ids
    message, digest = segments(messages)
    a = pieces(message)[:TURN_PIECES]
    b = pieces(digest)[:DIGEST_PIECES] if answer is None else pieces(answer)[-ANSWER_PIECES:]
    ids, types = [CLS, *a, SEP], [0] * (len(a) + 2)
    return (ids + [*b, SEP], types + [1] * (len(b) + 1)) if b else (ids, types)


def batch_of(rows, width=None):
    """(ids, types, real) padded to one width, from (ids, types) pairs."""
    width = width or max(len(ids) for ids, _ in rows)
    ids = torch.tensor([r + [PAD] * (width - len(r)) for r, _ in rows])
    types = torch.tensor([t + [0] * (width - len(t)) for _, t in rows])
    real = torch.tensor([[True] * len(r) + [False] * (width - len(r)) for r, _ in rows])
    return ids, types, real


def train_wordpiece(texts, vocab_size):
    """WordPiece with numbers split into digits: 347 is 3 ##4 ##7, so that its size shows."""
    words = Tokenizer(models.WordPiece(unk_token="[UNK]", continuing_subword_prefix="##"))
    words.normalizer = normalizers.BertNormalizer(lowercase=True)
    words.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(vocab_size=vocab_size, special_tokens=BERT_SPECIALS,
                                        show_progress=False)
    # Numbers are kept out of training and their digits added as pieces of their own.
    no_digits = normalizers.Replace(Regex("[0-9]"), " ")
    words.train_from_iterator((no_digits.normalize_str(text) for text in texts), trainer)
    return with_pieces(words, [d for n in range(10) for d in (str(n), f"##{n}")])


def with_pieces(tokenizer, pieces):
    """The same WordPiece with `pieces` too. Ids follow the alphabet, since the trainer's own order varies."""
    return word_pieces([*BERT_SPECIALS, *sorted({*tokenizer.get_vocab(), *pieces} - {*BERT_SPECIALS})])


def word_pieces(pieces):
    """BERT's uncased WordPiece over `pieces`, in the order of their ids."""
    vocab = {piece: i for i, piece in enumerate(pieces)}
    words = Tokenizer(models.WordPiece(vocab, unk_token="[UNK]", continuing_subword_prefix="##"))
    words.normalizer = normalizers.BertNormalizer(lowercase=True)
    words.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    words.decoder = decoders.WordPiece()
    return words
