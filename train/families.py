"""Tiny models of families that `transformers` has, as references for the engine, and as GGUF files.

The files are as llama.cpp's convert_hf_to_gguf.py writes them: its keys, its tensors' names, and what it
does to the tensors on the way.
"""

import math
from dataclasses import dataclass

import torch
from gguf import MODEL_ARCH_NAMES, RopeScalingType, get_tensor_name_map
from transformers import (AutoModelForCausalLM, Gemma2Config, Gemma3TextConfig, GraniteConfig, LlamaConfig,
                          MistralConfig, Olmo2Config, Phi3Config, PreTrainedConfig, Qwen2Config, SmolLM3Config)

SIZES = {"vocab_size": 384, "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
         "num_key_value_heads": 2, "intermediate_size": 96, "max_position_embeddings": 256,
         "tie_word_embeddings": True, "attn_implementation": "eager",
         "bos_token_id": None, "eos_token_id": None, "pad_token_id": None}


@dataclass
class Family:
    arch: str
    config: PreTrainedConfig
    pre: str = "smollm"
    # The converter's Llama and what derives from it: rotary pairs become neighbours.
    permutes: bool = False
    # What the model adds to the weights of its norms.
    norm_shift: float = 0.0


def rope(kind, base, **scaling):
    return {"rope_type": kind, "rope_theta": base, **scaling}


def families():
    # Of its 8 pairs one turns fast, one is in between, and the others turn slowly.
    llama3 = rope("llama3", 10000.0, factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
                  original_max_position_embeddings=32)
    # Its 16 pairs are mixed from the 2nd to the 8th.
    yarn = rope("yarn", 10000.0, factor=4.0, original_max_position_embeddings=512)
    # The 6th of 7 layers sees everything, the others 8 of the 40 tokens.
    gemma3 = {"full_attention": rope("linear", 1000000.0, factor=8.0),
              "sliding_attention": rope("default", 10000.0)}
    longrope = rope("longrope", 10000.0, short_factor=[1.0, 1.2, 1.5, 2.0, 2.5, 3.0],
                    long_factor=[1.5, 2.0, 4.0, 6.0, 8.0, 9.0], factor=2.0, partial_rotary_factor=0.75,
                    original_max_position_embeddings=128)
    return {
        "tiny-llama3": Family("llama", LlamaConfig(**SIZES, rope_parameters=llama3), permutes=True),
        "tiny-qwen2-yarn": Family("qwen2", Qwen2Config(**SIZES | {
            "num_attention_heads": 2, "num_key_value_heads": 1, "max_position_embeddings": 2048},
            rope_parameters=yarn), "qwen2"),
        # The 4th of 5 layers has no positions.
        "tiny-smollm3": Family("smollm3", SmolLM3Config(**SIZES | {
            "num_hidden_layers": 5, "intermediate_size": 96}, rope_parameters=rope("default", 2000000.0)),
            "smaug-bpe", permutes=True),
        "tiny-gemma3": Family("gemma3", Gemma3TextConfig(**SIZES | {
            "hidden_size": 32, "num_hidden_layers": 7, "num_key_value_heads": 1, "intermediate_size": 64},
            head_dim=32, query_pre_attn_scalar=32, sliding_window=8, rope_parameters=gemma3),
            norm_shift=1.0),
        # Caps low enough to bend most scores and logits; the 2nd of 3 layers sees everything.
        "tiny-gemma2": Family("gemma2", Gemma2Config(**SIZES | {
            "hidden_size": 32, "num_hidden_layers": 3, "num_key_value_heads": 1, "intermediate_size": 64},
            head_dim=16, query_pre_attn_scalar=16, sliding_window=8, attn_logit_softcapping=1.5,
            final_logit_softcapping=2.0, rope_parameters=rope("default", 10000.0)), norm_shift=1.0),
        # Three quarters of a head turn, each pair divided; every layer sees 24 of the 40 tokens.
        "tiny-phi3": Family("phi3", Phi3Config(**SIZES | {
            "max_position_embeddings": 128}, sliding_window=24, original_max_position_embeddings=128,
            rope_parameters=longrope)),
        "tiny-granite": Family("granite", GraniteConfig(**SIZES, embedding_multiplier=3.0,
            attention_multiplier=0.4, residual_multiplier=0.6, logits_scaling=2.5,
            rope_parameters=rope("default", 10000.0)), permutes=True),
        "tiny-olmo2": Family("olmo2", Olmo2Config(**SIZES | {"tie_word_embeddings": False, "vocab_size": 384},
            rope_parameters=rope("default", 10000.0))),
        # Heads wider than their share of the embedding, and every layer sees 12 of the 40 tokens.
        "tiny-mistral": Family("llama", MistralConfig(**SIZES | {"hidden_size": 32, "intermediate_size": 64},
            head_dim=16, sliding_window=12, rope_parameters=rope("default", 10000.0)), permutes=True),
    }


class Logits(torch.nn.Module):
    """A model of `transformers` that gives its logits, (batch, tokens, vocab), and nothing else."""

    def __init__(self, family):
        super().__init__()
        self.inner = AutoModelForCausalLM.from_config(family.config, dtype=torch.float32).eval()

    def forward(self, ids):
        return self.inner(ids, use_cache=False).logits


def soften(model, family):
    """Brings norms of queries and keys to about one, lest attention be all or nothing."""
    for name, p in model.named_parameters():
        if name.endswith(("q_norm.weight", "k_norm.weight")):
            p.data -= family.norm_shift
    return model


def neighbours(weight, n_heads):
    """Rows (head, 2, pair) to (head, pair, 2)."""
    rows = weight.reshape(n_heads, 2, weight.shape[0] // n_heads // 2, *weight.shape[1:])
    return rows.swapaxes(1, 2).reshape(weight.shape)


def family_names(model, family):
    """Tensors as they go into the file, under GGUF's names."""
    c = family.config
    arch = {name: arch for arch, name in MODEL_ARCH_NAMES.items()}[family.arch]
    names = get_tensor_name_map(arch, c.num_hidden_layers)
    named = {**llama3_divisors(c), **longrope_divisors(c)}
    for name, tensor in model.inner.state_dict().items():
        if name == "lm_head.weight" and c.tie_word_embeddings:
            continue  # tied
        if family.permutes and ".q_proj." in name:
            tensor = neighbours(tensor, c.num_attention_heads)
        if family.permutes and ".k_proj." in name:
            tensor = neighbours(tensor, c.num_key_value_heads)
        if name.endswith("norm.weight"):
            tensor = tensor + family.norm_shift
        named[names.get_name(name, try_suffixes=(".weight", ".bias"))] = tensor
    return named


def head_dim(config):
    return getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads


def llama3_divisors(config):
    """Llama 3.1's scaling, which a file holds as a tensor: what each pair's angle is divided by."""
    rope, dim = config.rope_parameters, head_dim(config)
    if rope.get("rope_type") != "llama3":
        return {}
    low, high = rope["low_freq_factor"], rope["high_freq_factor"]
    turns = rope["original_max_position_embeddings"] / (2 * torch.pi) * \
        rope["rope_theta"] ** (-torch.arange(0, dim, 2, dtype=torch.float32) / dim)
    kept = ((turns - low) / (high - low)).clamp(0, 1)
    return {"rope_freqs.weight": 1 / ((1 - kept) / rope["factor"] + kept)}


def longrope_divisors(config):
    """LongRoPE's, of a context as long as the model was first trained for, and of a longer one."""
    rope = config.rope_parameters
    return {f"rope_factors_{kind}.weight": torch.tensor(rope[f"{kind}_factor"])
            for kind in ("long", "short") if rope.get("rope_type") == "longrope"}


def add_family(writer, family, name):
    c = family.config
    writer.add_name(name)
    writer.add_license("MIT")
    writer.add_block_count(c.num_hidden_layers)
    writer.add_context_length(c.max_position_embeddings)
    writer.add_embedding_length(c.hidden_size)
    writer.add_feed_forward_length(c.intermediate_size)
    writer.add_head_count(c.num_attention_heads)
    writer.add_head_count_kv(c.num_key_value_heads)
    writer.add_layer_norm_rms_eps(c.rms_norm_eps)
    if getattr(c, "head_dim", None):
        writer.add_key_length(c.head_dim)
        writer.add_value_length(c.head_dim)
    if family.permutes and not isinstance(c, MistralConfig):
        writer.add_vocab_size(c.vocab_size)
        writer.add_rope_dimension_count(head_dim(c))
    add_multipliers(writer, c)
    add_rope(writer, c.rope_parameters.get("full_attention", c.rope_parameters))
    if "sliding_attention" in c.rope_parameters:
        writer.add_sliding_window(c.sliding_window)
        writer.add_rope_freq_base_swa(c.rope_parameters["sliding_attention"]["rope_theta"])
    elif family.arch in ("llama", "gemma2", "phi3") and getattr(c, "sliding_window", None):
        writer.add_sliding_window(c.sliding_window)


def add_multipliers(writer, c):
    """Of Granite, and Gemma 2's caps."""
    for add, name in ((writer.add_embedding_scale, "embedding_multiplier"),
                      (writer.add_attention_scale, "attention_multiplier"),
                      (writer.add_residual_scale, "residual_multiplier"),
                      (writer.add_logit_scale, "logits_scaling"),
                      (writer.add_attn_logit_softcapping, "attn_logit_softcapping"),
                      (writer.add_final_logit_softcapping, "final_logit_softcapping")):
        if getattr(c, name, None):
            add(getattr(c, name))


def add_rope(writer, rope):
    writer.add_rope_freq_base(rope["rope_theta"])
    if rope["rope_type"] in ("linear", "yarn"):
        writer.add_rope_scaling_type(RopeScalingType(rope["rope_type"]))
        writer.add_rope_scaling_factor(rope["factor"])
    if rope["rope_type"] == "yarn":
        writer.add_rope_scaling_orig_ctx_len(rope["original_max_position_embeddings"])
    if rope["rope_type"] == "longrope":
        trained, factor = rope["original_max_position_embeddings"], rope["factor"]
        writer.add_rope_scaling_orig_ctx_len(trained)
        writer.add_rope_scaling_attn_factors(math.sqrt(1 + math.log(factor) / math.log(trained)))
        writer.add_rope_dimension_count(2 * len(rope["short_factor"]))
