"""How far an engine's distributions are from those of a forward pass in f32.

    python benches/fidelity/compare.py MODEL.gguf FOLDER [--llama-cpp]

FOLDER holds what `cargo bench --bench fidelity` wrote. The same file's weights, dequantised, go
through numpy in f32, and the Kullback-Leibler divergence KL(f32 || engine) of the next token is
averaged over the text, in nats. With --llama-cpp (pip install xllamacpp) llama.cpp's server reads
the same tokens; it tells its likeliest 400 only, over which both are compared then, at every third
token. Needs gguf and numpy: benches/requirements.txt.
"""

import argparse
import json
import urllib.request
from pathlib import Path

import numpy as np
from gguf import GGUFReader, dequantize

TOLD = 400


class Reference:
    """A llama or qwen2 model in f32, without quantised activations and without a cache."""

    def __init__(self, path):
        reader = GGUFReader(path)
        self.tensors = {tensor.name: tensor for tensor in reader.tensors}
        arch = reader.fields["general.architecture"].contents()
        assert arch in ("llama", "qwen2"), f"{arch} is not computed here"

        def field(name, default=None):
            found = reader.fields.get(f"{arch}.{name}")
            return default if found is None else found.contents()

        self.turns_halves = arch == "qwen2"
        self.n_layers = field("block_count")
        self.n_heads = field("attention.head_count")
        self.n_kv_heads = field("attention.head_count_kv")
        self.epsilon = field("attention.layer_norm_rms_epsilon")
        self.rope_base = field("rope.freq_base", 10000.0)

    def tensor(self, name):
        tensor = self.tensors[name]
        shape = list(reversed(tensor.shape.tolist()))
        return dequantize(tensor.data, tensor.tensor_type).reshape(shape).astype(np.float32)

    def linear(self, name, x):
        y = x @ self.tensor(f"{name}.weight").T
        return y + self.tensor(f"{name}.bias") if f"{name}.bias" in self.tensors else y

    def norm(self, name, x):
        mean_square = (x * x).mean(-1, keepdims=True)
        return x / np.sqrt(mean_square + self.epsilon) * self.tensor(f"{name}.weight")

    def rope(self, x):  # (n_tokens, n_heads, head_dim)
        n, head_dim = len(x), x.shape[-1]
        frequencies = self.rope_base ** (-np.arange(0, head_dim, 2) / head_dim)
        angles = np.arange(n)[:, None] * frequencies
        cos, sin = (f(angles)[:, None].astype(np.float32) for f in (np.cos, np.sin))
        half = head_dim // 2
        parts = (slice(half), slice(half, None)) if self.turns_halves else (slice(0, None, 2), slice(1, None, 2))
        a, b = x[..., parts[0]], x[..., parts[1]]
        turned = np.empty_like(x)
        turned[..., parts[0]], turned[..., parts[1]] = a * cos - b * sin, a * sin + b * cos
        return turned

    def attention(self, prefix, x):
        n = len(x)
        q, k, v = (self.linear(f"{prefix}.attn_{name}", x) for name in "qkv")
        q = self.rope(q.reshape(n, self.n_heads, -1))
        k = self.rope(k.reshape(n, self.n_kv_heads, -1))
        v = v.reshape(n, self.n_kv_heads, -1)
        k, v = (np.repeat(each, self.n_heads // self.n_kv_heads, axis=1) for each in (k, v))
        scores = q.transpose(1, 0, 2) @ k.transpose(1, 2, 0) / np.float32(np.sqrt(q.shape[-1]))
        scores += np.triu(np.full((n, n), -np.inf, np.float32), 1)
        weights = np.exp(scores - scores.max(-1, keepdims=True))
        weights /= weights.sum(-1, keepdims=True)
        mixed = (weights @ v.transpose(1, 0, 2)).transpose(1, 0, 2).reshape(n, -1)
        return self.linear(f"{prefix}.attn_output", mixed)

    def logits(self, ids):
        embedding = self.tensor("token_embd.weight")
        x = embedding[ids].copy()
        for i in range(self.n_layers):
            prefix = f"blk.{i}"
            x += self.attention(prefix, self.norm(f"{prefix}.attn_norm", x))
            h = self.norm(f"{prefix}.ffn_norm", x)
            gate = self.linear(f"{prefix}.ffn_gate", h)
            gate = gate / (1 + np.exp(-gate)) * self.linear(f"{prefix}.ffn_up", h)
            x += self.linear(f"{prefix}.ffn_down", gate)
        x = self.norm("output_norm", x)
        return x @ (self.tensor("output.weight") if "output.weight" in self.tensors else embedding).T


def log_softmax(x):
    x = x.astype(np.float64)
    x -= x.max(-1, keepdims=True)
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def divergence(reference, ours):
    """Of each token, a few at a time: a vocabulary is wide."""
    parts = []
    for first in range(0, len(reference), 64):
        r, o = (log_softmax(each[first : first + 64]) for each in (reference, ours))
        parts.append((np.exp(r) * (r - o)).sum(-1))
    return np.concatenate(parts)


def beside_llama_cpp(path, ids, reference, ours):
    """KL over the likeliest tokens that llama.cpp tells: its own, and the engine's."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = path
    params.n_ctx, params.n_parallel, params.cpuparams.n_threads = len(ids) + 64, 1, 1
    server = xllamacpp.Server(params)
    theirs, own = [], []
    for i in range(8, len(ids), 3):
        body = dict(prompt=ids[: i + 1], n_predict=1, temperature=0, n_probs=TOLD, cache_prompt=True)
        request = urllib.request.Request(
            f"{server.listening_address}/completion", json.dumps(body).encode(), {"content-type": "application/json"}
        )
        with urllib.request.urlopen(request) as response:
            told = json.load(response)["completion_probabilities"][0]["top_logprobs"]
        told = [each for each in told if np.isfinite(each["logprob"])]
        at = [each["id"] for each in told]
        r, o = (log_softmax(each[i])[at] for each in (reference, ours))
        theirs.append((np.exp(r) * (r - [each["logprob"] for each in told])).sum())
        own.append((np.exp(r) * (r - o)).sum())
    return np.mean(theirs), np.mean(own)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--llama-cpp", action="store_true")
    options = parser.parse_args()
    ids = json.loads((options.folder / "ids.json").read_text())
    reference = Reference(options.model).logits(np.array(ids))
    ours = np.fromfile(options.folder / "logits.f32", dtype="<f4").reshape(len(ids), -1)
    kl = divergence(reference, ours)
    same = (reference.argmax(-1) == ours.argmax(-1)).mean()
    print(
        f"{len(ids)} tokens: KL mean {kl.mean():.5f}, median {np.median(kl):.5f}, "
        f"99th percentile {np.quantile(kl, 0.99):.5f}; the same likeliest token {100 * same:.1f} %"
    )
    if options.llama_cpp:
        theirs, own = beside_llama_cpp(options.model, ids, reference, ours)
        print(f"over the {TOLD} likeliest at every third token: llama.cpp {theirs:.5f}, Nearside {own:.5f}")


if __name__ == "__main__":
    main()
