"""Qwen2 and Qwen3 in plain PyTorch, as references for the engine's tiny fixtures.

They differ from `model.Llama` in rotary pairs (i, i + half), biases on q, k, v (Qwen2) and a norm on
each head's query and key (Qwen3), whose head size need not be dim / heads.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from model import Config, rotary_tables


@dataclass
class QwenConfig(Config):
    arch: str = "qwen2"
    explicit_head_dim: int | None = None
    rope_base: float = 1000000.0
    eps: float = 1e-6

    @property
    def head_dim(self):
        return self.explicit_head_dim or self.dim // self.n_heads


def rotate_halves(x, cos, sin):
    """x: (batch, heads, tokens, head_dim); the pair of i is i + head_dim / 2."""
    a, b = x.chunk(2, -1)
    return torch.cat((a * cos - b * sin, b * cos + a * sin), -1)


class QwenLayer(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.config, bias = c, c.arch == "qwen2"
        queries, kv = c.n_heads * c.head_dim, c.n_kv_heads * c.head_dim
        self.attn_norm, self.ffn_norm = nn.RMSNorm(c.dim, c.eps), nn.RMSNorm(c.dim, c.eps)
        self.q, self.k = nn.Linear(c.dim, queries, bias=bias), nn.Linear(c.dim, kv, bias=bias)
        self.v, self.out = nn.Linear(c.dim, kv, bias=bias), nn.Linear(queries, c.dim, bias=False)
        normed = c.arch == "qwen3"
        self.q_norm = nn.RMSNorm(c.head_dim, c.eps) if normed else nn.Identity()
        self.k_norm = nn.RMSNorm(c.head_dim, c.eps) if normed else nn.Identity()
        self.gate, self.up = nn.Linear(c.dim, c.ffn, bias=False), nn.Linear(c.dim, c.ffn, bias=False)
        self.down = nn.Linear(c.ffn, c.dim, bias=False)

    def forward(self, x, cos, sin):
        c, (batch, n, _) = self.config, x.shape
        h = self.attn_norm(x)
        q = rotate_halves(self.q_norm(self.q(h).view(batch, n, c.n_heads, -1)).transpose(1, 2), cos, sin)
        k = rotate_halves(self.k_norm(self.k(h).view(batch, n, c.n_kv_heads, -1)).transpose(1, 2), cos, sin)
        v = self.v(h).view(batch, n, c.n_kv_heads, -1).transpose(1, 2)
        groups = c.n_heads // c.n_kv_heads
        h = F.scaled_dot_product_attention(q, k.repeat_interleave(groups, 1), v.repeat_interleave(groups, 1),
                                           is_causal=True)
        x = x + self.out(h.transpose(1, 2).reshape(batch, n, -1))
        h = self.ffn_norm(x)
        return x + self.down(F.silu(self.gate(h)) * self.up(h))


class Qwen(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        self.embed = nn.Embedding(config.vocab, config.dim)
        self.layers = nn.ModuleList(QwenLayer(config) for _ in range(config.n_layers))
        self.norm = nn.RMSNorm(config.dim, config.eps)
        cos, sin = rotary_tables(config)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)

    def forward(self, ids):
        n, x = ids.shape[1], self.embed(ids)
        for layer in self.layers:
            x = layer(x, self.cos[:n], self.sin[:n])
        return self.norm(x) @ self.embed.weight.T


QWEN_LAYER = {"attn_norm": "attn_norm", "q": "attn_q", "k": "attn_k", "v": "attn_v", "out": "attn_output",
              "q_norm": "attn_q_norm", "k_norm": "attn_k_norm", "ffn_norm": "ffn_norm", "gate": "ffn_gate",
              "up": "ffn_up", "down": "ffn_down"}


def qwen_names(state):
    named = {"token_embd.weight": state["embed.weight"], "output_norm.weight": state["norm.weight"]}
    for name, tensor in state.items():
        if name.startswith("layers."):
            _, i, part, kind = name.split(".")
            named[f"blk.{i}.{QWEN_LAYER[part]}.{kind}"] = tensor
    return named
