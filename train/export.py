"""Write models as GGUF with llama.cpp's names, and read back the weights as they will be used."""

import hashlib
import json
from pathlib import Path

import numpy as np
import torch
from gguf import GGMLQuantizationType as Kind
from gguf import GGUFReader, GGUFWriter, PoolingType, TokenType
from gguf.quants import dequantize, quantize
from tokenizers import AddedToken, Tokenizer, decoders, pre_tokenizers
from tokenizers.models import BPE

from features import NAMES as FEATURES
from model import Config, Llama
from scorer_model import ANSWER_PIECES, DIGEST_PIECES, OUTPUTS, TURN_PIECES, PairScorer, ScorerConfig, word_pieces
from tokenizer import CHAT_TEMPLATE, END, ENDOFTEXT, SPECIALS

LLAMA_LAYER = {"attn_norm": "attn_norm", "q": "attn_q", "k": "attn_k", "v": "attn_v", "out": "attn_output",
               "ffn_norm": "ffn_norm", "gate": "ffn_gate", "up": "ffn_up", "down": "ffn_down"}
BERT = {"embed": "token_embd", "positions": "position_embd", "types": "token_types", "norm": "token_embd_norm",
        "head": "scorer.head", "confidence": "scorer.confidence", "features": "scorer.features",
        "words": "scorer.words", "kinds": "scorer.kinds", "signals": "scorer.signals"}
BERT_LAYER = {"q": "attn_q", "k": "attn_k", "v": "attn_v", "out": "attn_output",
              "attn_norm": "attn_output_norm", "up": "ffn_up", "down": "ffn_down", "norm": "layer_output_norm"}


def llama_names(state):
    """Our tensors under GGUF's names."""
    named = {"token_embd.weight": state["embed.weight"], "output_norm.weight": state["norm.weight"]}
    for name, tensor in state.items():
        if name.startswith("layers."):
            _, i, part, kind = name.split(".")
            named[f"blk.{i}.{LLAMA_LAYER[part]}.{kind}"] = tensor
    return named


def bert_names(state):
    named = {}
    for name, tensor in state.items():
        *layer, part, kind = name.split(".")
        named[f"blk.{layer[1]}.{BERT_LAYER[part]}.{kind}" if layer else f"{BERT[part]}.{kind}"] = tensor
    return named


def stored(tensor, kind):
    """(bytes or floats for the file, its kind). Vectors and tiny matrices stay F32."""
    array = tensor.detach().float().cpu().numpy()
    if array.ndim < 2 or min(array.shape) <= 4 or kind == Kind.F32:
        return array, Kind.F32
    if kind == Kind.F16:
        return array.astype(np.float16), Kind.F16
    return quantize(array, kind), kind


def as_stored(tensor, kind):
    """The tensor after a trip through the file's format."""
    data, kind = stored(tensor, kind)
    return torch.from_numpy(np.array(dequantize(data, kind) if kind == Kind.Q8_0 else data, dtype=np.float32))


def quantised(model, kind=Kind.Q8_0):
    """`model` with its weights as the exported file holds them."""
    model.load_state_dict({name: as_stored(t, kind) for name, t in model.state_dict().items()})
    return model


def add_tensors(writer, named, kind):
    for name, tensor in named.items():
        data, stored_kind = stored(tensor, kind)
        writer.add_tensor(name, data, raw_dtype=stored_kind)


def finish(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def add_bpe(writer, tokenizer, pre):
    """A byte-level BPE vocabulary with the chat's special tokens at ids 0 to 4."""
    model = json.loads(tokenizer.to_str())["model"]
    tokens = sorted(model["vocab"], key=model["vocab"].get)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre)
    writer.add_token_list(tokens)
    writer.add_token_types([TokenType.CONTROL if t in SPECIALS else TokenType.NORMAL for t in tokens])
    writer.add_token_merges([m if isinstance(m, str) else " ".join(m) for m in model["merges"]])
    writer.add_bos_token_id(ENDOFTEXT)
    writer.add_eos_token_id(END)
    writer.add_unk_token_id(ENDOFTEXT)
    writer.add_pad_token_id(ENDOFTEXT)
    writer.add_add_bos_token(False)
    writer.add_chat_template(CHAT_TEMPLATE)


def add_decoder(writer, config, name):
    writer.add_name(name)
    writer.add_license("MIT")
    writer.add_context_length(config.context)
    writer.add_embedding_length(config.dim)
    writer.add_block_count(config.n_layers)
    writer.add_feed_forward_length(config.ffn)
    writer.add_head_count(config.n_heads)
    writer.add_head_count_kv(config.n_kv_heads)
    writer.add_key_length(config.head_dim)
    writer.add_value_length(config.head_dim)
    writer.add_rope_dimension_count(config.head_dim)
    writer.add_rope_freq_base(config.rope_base)
    writer.add_layer_norm_rms_eps(config.eps)
    writer.add_vocab_size(config.vocab)


def write_llama(path, model, tokenizer, name, kind=Kind.Q8_0):
    writer = GGUFWriter(path, "llama")
    add_decoder(writer, model.config, name)
    writer.add_file_type(7 if kind == Kind.Q8_0 else 0)
    add_bpe(writer, tokenizer, "smollm")
    add_tensors(writer, llama_names(model.state_dict()), kind)
    finish(writer)


def is_special(token):
    return token.startswith("[") and token.endswith("]") and len(token) > 2


def wordpiece_tokens(tokenizer):
    """llama.cpp's convention: a word's first piece carries ▁, later pieces lose their ##."""
    vocab = tokenizer.get_vocab()
    for token in sorted(vocab, key=vocab.get):
        yield token if is_special(token) else token[2:] if token.startswith("##") else "▁" + token


def add_wordpiece(writer, tokenizer):
    tokens = list(wordpiece_tokens(tokenizer))
    writer.add_tokenizer_model("bert")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(tokens)
    writer.add_token_types([TokenType.CONTROL if is_special(t) else TokenType.NORMAL for t in tokens])
    writer.add_token_type_count(2)
    writer.add_uint32("tokenizer.ggml.cls_token_id", tokenizer.token_to_id("[CLS]"))
    writer.add_sep_token_id(tokenizer.token_to_id("[SEP]"))
    writer.add_pad_token_id(tokenizer.token_to_id("[PAD]"))
    writer.add_unk_token_id(tokenizer.token_to_id("[UNK]"))


def write_scorer(path, model, tokenizer, name, kind=Kind.Q8_0, *, head_kind=None, licence="MIT", outputs=OUTPUTS,
                 budgets=(TURN_PIECES, DIGEST_PIECES, ANSWER_PIECES), pooling=PoolingType.CLS, areas=(), abilities=(), signals=()):
    """Version 2 of a scorer's file: a head row for each of `outputs`, the names of what it reads beside the tokens'
    pooled states, and the pieces that each text may have. It may have weights for kinds of questions, each in one of
    `areas`, with what is assumed of the abilities of models, and for signals of an answer's tokens."""
    c = model.config
    writer = GGUFWriter(path, "bert")
    writer.add_name(name)
    writer.add_license(licence)
    writer.add_context_length(c.context)
    writer.add_embedding_length(c.dim)
    writer.add_block_count(c.n_layers)
    writer.add_feed_forward_length(c.ffn)
    writer.add_head_count(c.n_heads)
    writer.add_layer_norm_eps(c.eps)
    writer.add_vocab_size(c.vocab)
    writer.add_causal_attention(False)
    if pooling != PoolingType.CLS:
        writer.add_pooling_type(pooling)
    writer.add_uint32("nearside.scorer.version", 2)
    writer.add_array("nearside.scorer.outputs", outputs)
    writer.add_array("nearside.scorer.features", FEATURES)
    if areas:
        writer.add_uint32("nearside.scorer.kinds", len(areas))
        writer.add_array("nearside.scorer.areas", list(areas))
        writer.add_array("nearside.scorer.abilities", [float(x) for x in abilities])
    if signals:
        writer.add_array("nearside.scorer.signals", list(signals))
    for text, pieces in zip(("turn", "digest", "answer"), budgets):
        writer.add_uint32(f"nearside.scorer.{text}_tokens", pieces)
    writer.add_file_type(7 if kind == Kind.Q8_0 else 0)
    add_wordpiece(writer, tokenizer)
    for name, tensor in bert_names(model.state_dict()).items():
        is_head = name.startswith("scorer.")
        is_words = name.startswith("scorer.words")  # many, and each tells little
        head = Kind.F16 if is_words else head_kind if is_head and head_kind is not None else kind
        add_tensors(writer, {name: tensor}, head)
    finish(writer)


def tensors_of(path):
    """{name: float tensor} of a GGUF file, dequantised."""
    return {t.name: torch.from_numpy(np.array(dequantize(t.data, t.tensor_type), dtype=np.float32))
            for t in GGUFReader(path).tensors}


def fields_of(path):
    """{key: value} of a GGUF file's metadata."""
    return {key: field.contents() for key, field in GGUFReader(path).fields.items()}


def filled(model, names, path):
    """`model` with the weights of a file that holds them under what `names` calls them."""
    stored, ours = tensors_of(path), names({name: name for name in model.state_dict()})
    model.load_state_dict({name: stored[theirs] for theirs, name in ours.items()})
    return model.eval()


def read_bpe(path):
    """The chat tokenizer of a file that `write_llama` wrote."""
    fields = fields_of(path)
    vocab = {token: i for i, token in enumerate(fields["tokenizer.ggml.tokens"])}
    tokenizer = Tokenizer(BPE(vocab, [tuple(m.split(" ")) for m in fields["tokenizer.ggml.merges"]]))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(text, special=True, normalized=False) for text in SPECIALS])
    return tokenizer


def read_llama(path):
    """The chat model of a file that `write_llama` wrote, its weights as stored."""
    fields = fields_of(path)
    of = lambda key: fields[f"llama.{key}"]
    config = Config(dim=of("embedding_length"), n_layers=of("block_count"), n_heads=of("attention.head_count"),
                    n_kv_heads=of("attention.head_count_kv"), ffn=of("feed_forward_length"),
                    vocab=of("vocab_size"), context=of("context_length"), rope_base=of("rope.freq_base"),
                    eps=of("attention.layer_norm_rms_epsilon"))
    return filled(Llama(config), llama_names, path)


def read_scorer(path):
    """(scorer, its tokenizer) of a file that `write_scorer` wrote, its weights as stored."""
    fields = fields_of(path)
    words = word_pieces([token if is_special(token) else token[1:] if token.startswith("▁") else f"##{token}"
                         for token in fields["tokenizer.ggml.tokens"]])
    of = lambda key: fields[f"bert.{key}"]
    config = ScorerConfig(dim=of("embedding_length"), n_layers=of("block_count"),
                          n_heads=of("attention.head_count"), ffn=of("feed_forward_length"),
                          vocab=of("vocab_size"), context=of("context_length"))
    return filled(PairScorer(config), bert_names, path), words


def entry(path):
    data = Path(path).read_bytes()
    return {"name": Path(path).name, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def write_manifest(models, routing):
    """What a page downloads, scorer first, and the thresholds it routes by; the edge model is listed apart."""
    files = []
    for role in ("scorer", "device"):
        about = entry(models / f"{role}.gguf")
        files.append({"role": role, "name": about["name"], "url": about["name"], **about})
    path = models / "manifest.json"
    # What a person wrote stays.
    kept = json.loads(path.read_text()) if path.exists() else {}
    manifest = {"version": 1, "name": "nearside-embedded", "files": files, "routing": routing,
                "edge": entry(models / "edge.gguf"), "suggestions": kept.get("suggestions", [])}
    files[1]["title"], manifest["edge"]["title"] = "Nearside device", "Nearside edge"
    path.write_text(json.dumps(manifest, indent=2) + "\n")
