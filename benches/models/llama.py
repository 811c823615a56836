"""A decoder of SmolLM2-135M's shape with seeded random weights, as llama.cpp would quantise it."""

import numpy as np
from gguf import GGMLQuantizationType as Kind
from gguf import GGUFWriter, LlamaFileType, TokenType
from gguf.quants import quantize

from k_quants import BLOCK, quantize_q4_k, quantize_q6_k
from vocabulary import CHAT_TEMPLATE, ENDOFTEXT, IM_END, SPECIALS, byte_level_bpe

N_EMBD, N_FF, N_LAYERS, N_HEADS, N_KV_HEADS, HEAD_DIM = 576, 1536, 30, 9, 3, 64
N_VOCAB, N_CTX, ROPE_THETA, EPSILON = 49152, 8192, 100_000.0, 1e-5
SEED = 135

# Their rows in the output are zero, so they never score highest: special tokens, which would end the
# answer, and bytes that are no text on their own.
NEVER_WRITTEN = [*range(len(SPECIALS)), *range(len(SPECIALS) + 128, len(SPECIALS) + 256)]

FILE_TYPES = {"q8_0": LlamaFileType.MOSTLY_Q8_0, "q4_0": LlamaFileType.MOSTLY_Q4_0,
              "q4_k_m": LlamaFileType.MOSTLY_Q4_K_M}
PLAIN = {"q8_0": Kind.Q8_0, "q4_0": Kind.Q4_0}
# What llama.cpp takes where a row is no multiple of 256.
FALLBACK = {Kind.Q4_K: Kind.Q5_0, Kind.Q6_K: Kind.Q8_0}
K_QUANTISERS = {Kind.Q4_K: quantize_q4_k, Kind.Q6_K: quantize_q6_k}


def tensors():
    """(name, array) of every tensor, in the file's order."""
    rng = np.random.default_rng(SEED)
    normal = lambda *shape: rng.standard_normal(shape, dtype=np.float32) * np.float32(0.02)
    ones = np.ones(N_EMBD, dtype=np.float32)
    n_kv = N_KV_HEADS * HEAD_DIM
    embeddings = normal(N_VOCAB, N_EMBD)
    embeddings[NEVER_WRITTEN] = 0
    yield "token_embd.weight", embeddings
    for i in range(N_LAYERS):
        yield f"blk.{i}.attn_norm.weight", ones
        yield f"blk.{i}.attn_q.weight", normal(N_EMBD, N_EMBD)
        yield f"blk.{i}.attn_k.weight", normal(n_kv, N_EMBD)
        yield f"blk.{i}.attn_v.weight", normal(n_kv, N_EMBD)
        yield f"blk.{i}.attn_output.weight", normal(N_EMBD, N_EMBD)
        yield f"blk.{i}.ffn_norm.weight", ones
        yield f"blk.{i}.ffn_gate.weight", normal(N_FF, N_EMBD)
        yield f"blk.{i}.ffn_up.weight", normal(N_FF, N_EMBD)
        yield f"blk.{i}.ffn_down.weight", normal(N_EMBD, N_FF)
    yield "output_norm.weight", ones


def kind_of(name, n_columns, mix):
    """llama.cpp's llama_tensor_get_type for this architecture and these three mixes."""
    if name == "token_embd.weight":  # it is the output too
        kind = Kind.Q8_0 if mix == "q8_0" else Kind.Q6_K
    elif mix != "q4_k_m":
        kind = PLAIN[mix]
    else:
        _, i, part, _ = name.split(".")
        wants_more = part in ("attn_v", "ffn_down") and uses_more_bits(int(i), N_LAYERS)
        kind = Kind.Q6_K if wants_more else Kind.Q4_K
    return kind if n_columns % BLOCK == 0 else FALLBACK.get(kind, kind)


def uses_more_bits(i, n):
    return i < n // 8 or i >= 7 * n // 8 or (i - n // 8) % 3 == 2


def stored(name, array, mix):
    if array.ndim == 1:
        return array, Kind.F32
    kind = kind_of(name, array.shape[1], mix)
    return K_QUANTISERS.get(kind, lambda a: quantize(a, kind))(array), kind


def add_metadata(writer, mix):
    writer.add_name(f"SmolLM2-135M's shape, random weights, {mix}")
    writer.add_context_length(N_CTX)
    writer.add_embedding_length(N_EMBD)
    writer.add_block_count(N_LAYERS)
    writer.add_feed_forward_length(N_FF)
    writer.add_head_count(N_HEADS)
    writer.add_head_count_kv(N_KV_HEADS)
    writer.add_rope_dimension_count(HEAD_DIM)
    writer.add_rope_freq_base(ROPE_THETA)
    writer.add_layer_norm_rms_eps(EPSILON)
    writer.add_vocab_size(N_VOCAB)
    writer.add_file_type(FILE_TYPES[mix])


def add_tokenizer(writer):
    tokens, merges = byte_level_bpe(N_VOCAB)
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


def write(path, mix):
    writer = GGUFWriter(path, "llama")
    add_metadata(writer, mix)
    add_tokenizer(writer)
    for name, array in tensors():
        data, kind = stored(name, array, mix)
        writer.add_tensor(name, data, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
