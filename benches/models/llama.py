"""Decoders of real shapes with seeded random weights, as llama.cpp would quantise them."""

from dataclasses import dataclass

import numpy as np
from gguf import GGMLQuantizationType as Kind
from gguf import GGUFWriter, LlamaFileType, TokenType
from gguf.quants import quantize

from k_quants import BLOCK, quantize_q4_k, quantize_q6_k
from vocabulary import CHAT_TEMPLATE, ENDOFTEXT, IM_END, SPECIALS, byte_level_bpe


@dataclass(frozen=True)
class Shape:
    name: str
    n_embd: int
    n_ff: int
    n_layers: int
    n_heads: int
    n_kv_heads: int
    n_vocab: int
    rope_theta: float
    head_dim: int = 64


SMALL = Shape("SmolLM2-135M", 576, 1536, 30, 9, 3, 49152, 100_000.0)
LARGE = Shape("Llama-3.2-1B", 2048, 8192, 16, 32, 8, 128256, 500_000.0)
N_CTX, EPSILON, SEED = 8192, 1e-5, 135

# Their rows in the output are zero, so they never score highest: special tokens, which would end the
# answer, and bytes that are no text on their own.
NEVER_WRITTEN = [*range(len(SPECIALS)), *range(len(SPECIALS) + 128, len(SPECIALS) + 256)]

FILE_TYPES = {"q8_0": LlamaFileType.MOSTLY_Q8_0, "q4_0": LlamaFileType.MOSTLY_Q4_0,
              "q4_k_m": LlamaFileType.MOSTLY_Q4_K_M}
PLAIN = {"q8_0": Kind.Q8_0, "q4_0": Kind.Q4_0}
# What llama.cpp takes where a row is no multiple of 256.
FALLBACK = {Kind.Q4_K: Kind.Q5_0, Kind.Q6_K: Kind.Q8_0}
K_QUANTISERS = {Kind.Q4_K: quantize_q4_k, Kind.Q6_K: quantize_q6_k}


def tensors(shape):
    """(name, array) of every tensor, in the file's order."""
    rng = np.random.default_rng(SEED)
    normal = lambda *shape: rng.standard_normal(shape, dtype=np.float32) * np.float32(0.02)
    n_embd, n_ff, n_kv = shape.n_embd, shape.n_ff, shape.n_kv_heads * shape.head_dim
    ones = np.ones(n_embd, dtype=np.float32)
    embeddings = normal(shape.n_vocab, n_embd)
    embeddings[NEVER_WRITTEN] = 0
    yield "token_embd.weight", embeddings
    for i in range(shape.n_layers):
        yield f"blk.{i}.attn_norm.weight", ones
        yield f"blk.{i}.attn_q.weight", normal(n_embd, n_embd)
        yield f"blk.{i}.attn_k.weight", normal(n_kv, n_embd)
        yield f"blk.{i}.attn_v.weight", normal(n_kv, n_embd)
        yield f"blk.{i}.attn_output.weight", normal(n_embd, n_embd)
        yield f"blk.{i}.ffn_norm.weight", ones
        yield f"blk.{i}.ffn_gate.weight", normal(n_ff, n_embd)
        yield f"blk.{i}.ffn_up.weight", normal(n_ff, n_embd)
        yield f"blk.{i}.ffn_down.weight", normal(n_embd, n_ff)
    yield "output_norm.weight", ones


def kind_of(name, n_columns, mix, n_layers):
    """llama.cpp's llama_tensor_get_type for this architecture and these three mixes."""
    if name == "token_embd.weight":  # it is the output too
        kind = Kind.Q8_0 if mix == "q8_0" else Kind.Q6_K
    elif mix != "q4_k_m":
        kind = PLAIN[mix]
    else:
        _, i, part, _ = name.split(".")
        wants_more = part in ("attn_v", "ffn_down") and uses_more_bits(int(i), n_layers)
        kind = Kind.Q6_K if wants_more else Kind.Q4_K
    return kind if n_columns % BLOCK == 0 else FALLBACK.get(kind, kind)


def uses_more_bits(i, n):
    return i < n // 8 or i >= 7 * n // 8 or (i - n // 8) % 3 == 2


def stored(name, array, mix, n_layers):
    if array.ndim == 1:
        return array, Kind.F32
    kind = kind_of(name, array.shape[1], mix, n_layers)
    return K_QUANTISERS.get(kind, lambda a: quantize(a, kind))(array), kind


def add_metadata(writer, shape, mix):
    writer.add_name(f"{shape.name}'s shape, random weights, {mix}")
    writer.add_context_length(N_CTX)
    writer.add_embedding_length(shape.n_embd)
    writer.add_block_count(shape.n_layers)
    writer.add_feed_forward_length(shape.n_ff)
    writer.add_head_count(shape.n_heads)
    writer.add_head_count_kv(shape.n_kv_heads)
    writer.add_rope_dimension_count(shape.head_dim)
    writer.add_rope_freq_base(shape.rope_theta)
    writer.add_layer_norm_rms_eps(EPSILON)
    writer.add_vocab_size(shape.n_vocab)
    writer.add_file_type(FILE_TYPES[mix])


def add_tokenizer(writer, shape):
    tokens, merges = byte_level_bpe(shape.n_vocab)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(tokens)
    writer.add_token_types([TokenType.CONTROL if t in SPECIALS else TokenType.NORMAL for t in tokens])
    writer.add_token_merges(merges)
    writer.add_bos_token_id(ENDOFTEXT)
    writer.add_eos_token_id(IM_END)
    writer.add_unk_token_id(ENDOFTEXT)
    writer.add_pad_token_id(IM_END)
    writer.add_add_bos_token(False)
    writer.add_chat_template(CHAT_TEMPLATE)


def write(path, shape, mix):
    writer = GGUFWriter(path, "llama")
    add_metadata(writer, shape, mix)
    add_tokenizer(writer, shape)
    for name, array in tensors(shape):
        data, kind = stored(name, array, mix, shape.n_layers)
        writer.add_tensor(name, data, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
