"""What keeping keys and values in half floats does to perplexity, on the shipped edge model.

The engine keeps them so (src/engine/kv_cache.rs). Here transformers reads the same GGUF file twice
over the dialogues of models/eval-questions.jsonl: with its cache in f32, and with each key and value
rounded to f16 (or, for comparison, to 8 bits with a scale per head and token) before it is used.

    python train/kv_precision.py
"""

import json
from math import exp
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.cache_utils import DynamicCache

MODELS = Path(__file__).parent.parent / "models"


def eight_bits(x):
    scale = x.abs().amax(-1, keepdim=True).clamp_min(1e-30) / 127
    return (x / scale).round() * scale


ROUNDINGS = {"f32": lambda x: x, "f16": lambda x: x.half().float(), "int8": eight_bits}


class RoundedCache(DynamicCache):
    def __init__(self, rounding):
        super().__init__()
        self.rounding = rounding

    def update(self, keys, values, *rest, **more):
        return super().update(self.rounding(keys), self.rounding(values), *rest, **more)


def dialogues(tokenizer):
    """Token ids, and which of them the assistant wrote: the models were trained on those alone."""
    for line in (MODELS / "eval-questions.jsonl").read_text().splitlines():
        ids, written = [], []
        for message in json.loads(line)["messages"]:
            ours = message["role"] == "assistant"
            for text, counts in [(f"<|{message['role']}|>", False), (message["content"] + "<|end|>", ours)]:
                part = tokenizer(text, add_special_tokens=False).input_ids
                ids += part
                written += [counts] * len(part)
        if any(written):
            yield torch.tensor([ids]), torch.tensor(written)


def perplexity(model, sequences, rounding):
    loss, n_tokens = 0.0, 0
    for ids, written in sequences:
        with torch.no_grad():
            logits = model(ids, past_key_values=RoundedCache(rounding), use_cache=True).logits
        targets = ids[0, 1:].where(written[1:], torch.tensor(-100))
        loss += torch.nn.functional.cross_entropy(logits[0, :-1], targets, reduction="sum").item()
        n_tokens += int(written[1:].sum())
    return exp(loss / n_tokens), n_tokens


def main():
    model = AutoModelForCausalLM.from_pretrained(MODELS, gguf_file="edge.gguf", dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(MODELS, gguf_file="edge.gguf")
    sequences = list(dialogues(tokenizer))
    exact = None
    for name, rounding in ROUNDINGS.items():
        value, n_tokens = perplexity(model, sequences, rounding)
        exact = exact or value
        print(f"{name}: perplexity {value:.5f} over {n_tokens} tokens, {100 * (value / exact - 1):+.4f} %")


if __name__ == "__main__":
    main()
