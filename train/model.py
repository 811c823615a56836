"""A Llama in plain PyTorch: RMSNorm, rotary positions, grouped queries, SwiGLU, tied embeddings.

Rotary pairs are neighbours (2i, 2i+1), as in GGUF's llama, so that export permutes nothing.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn


@dataclass
class Config:
    dim: int
    n_layers: int
    n_heads: int
    n_kv_heads: int
    ffn: int
    vocab: int = 1024
    context: int = 1024
    rope_base: float = 10000.0
    eps: float = 1e-5

    @property
    def head_dim(self):
        return self.dim // self.n_heads


DEVICE = Config(dim=128, n_layers=3, n_heads=4, n_kv_heads=2, ffn=256)
EDGE = Config(dim=128, n_layers=6, n_heads=4, n_kv_heads=2, ffn=384)


def rotary_tables(config):
    """cos and sin, each (context, head_dim / 2)."""
    powers = torch.arange(0, config.head_dim, 2) / config.head_dim
    angles = torch.arange(config.context)[:, None] * config.rope_base ** -powers
    return angles.cos(), angles.sin()


def rotate(x, cos, sin):
    """x: (batch, heads, tokens, head_dim); cos, sin broadcast over (tokens, head_dim / 2)."""
    a, b = x[..., 0::2], x[..., 1::2]
    return torch.stack((a * cos - b * sin, a * sin + b * cos), -1).flatten(-2)


class Layer(nn.Module):
    def __init__(self, config):
        super().__init__()
        d, kv = config.dim, config.n_kv_heads * config.head_dim
        self.config = config
        self.attn_norm = nn.RMSNorm(d, config.eps)
        self.q, self.k = nn.Linear(d, d, bias=False), nn.Linear(d, kv, bias=False)
        self.v, self.out = nn.Linear(d, kv, bias=False), nn.Linear(d, d, bias=False)
        self.ffn_norm = nn.RMSNorm(d, config.eps)
        self.gate, self.up = nn.Linear(d, config.ffn, bias=False), nn.Linear(d, config.ffn, bias=False)
        self.down = nn.Linear(config.ffn, d, bias=False)

    def forward(self, x, cos, sin, mask=None, cache=None):
        c = self.config
        batch, n, _ = x.shape
        h = self.attn_norm(x)
        q = rotate(self.q(h).view(batch, n, c.n_heads, c.head_dim).transpose(1, 2), cos, sin)
        k = rotate(self.k(h).view(batch, n, c.n_kv_heads, c.head_dim).transpose(1, 2), cos, sin)
        v = self.v(h).view(batch, n, c.n_kv_heads, c.head_dim).transpose(1, 2)
        if cache is not None:
            k, v = cache.append(k, v)
        groups = c.n_heads // c.n_kv_heads
        k, v = k.repeat_interleave(groups, 1), v.repeat_interleave(groups, 1)
        h = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=mask is None)
        x = x + self.out(h.transpose(1, 2).reshape(batch, n, c.dim))
        h = self.ffn_norm(x)
        return x + self.down(F.silu(self.gate(h)) * self.up(h))


class Llama(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        self.embed = nn.Embedding(config.vocab, config.dim)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.n_layers))
        self.norm = nn.RMSNorm(config.dim, config.eps)
        cos, sin = rotary_tables(config)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        nn.init.normal_(self.embed.weight, std=0.02)
        for name, p in self.named_parameters():
            if p.ndim == 2 and "embed" not in name:
                nn.init.normal_(p, std=0.5 * config.dim ** -0.5)
            if name.endswith(("out.weight", "down.weight")):
                nn.init.zeros_(p)

    def forward(self, ids, targets=None):
        """Logits (batch, tokens, vocab), or the mean loss over targets that are not -100."""
        n = ids.shape[1]
        x = self.embed(ids)
        for layer in self.layers:
            x = layer(x, self.cos[:n], self.sin[:n])
        x = self.norm(x)
        if targets is None:
            return x @ self.embed.weight.T
        wanted = (targets != -100).flatten().nonzero()[:, 0]
        logits = x.flatten(0, 1)[wanted] @ self.embed.weight.T
        return F.cross_entropy(logits, targets.flatten()[wanted])

    def n_params(self):
        return sum(p.numel() for p in self.parameters())
