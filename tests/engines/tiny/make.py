"""Makes the smallest model that transformers.js takes for a language model: a token is a character, and each
has one that follows it. It has keys and values, so that what is reused shows; its answers say nothing.

    pip install onnx==1.23.2 && python tests/engines/tiny/make.py
"""

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

HERE = Path(__file__).parent
SPECIAL = ["<end>", "<system>", "<user>", "<assistant>"]
# As byte-level tokenizers write a space.
LETTERS = [chr(code) if code != 0x20 else "\u0120" for code in range(0x20, 0x7F)]
VOCABULARY = {token: index for index, token in enumerate(SPECIAL + LETTERS)}
# What it says after anything else, before it ends.
SAID = "abcdefghijklmnopqrstuvwxyz."
WIDTH = 4


def follows() -> np.ndarray:
    """(n_vocab, n_vocab): the logits of the next token by the last one."""
    logits = np.zeros((len(VOCABULARY), len(VOCABULARY)), np.float32)
    for token, index in VOCABULARY.items():
        place = SAID.find(token)
        following = "a" if place < 0 else SAID[place + 1 : place + 2] or "<end>"
        logits[index, VOCABULARY[following]] = 6
    return logits


def model() -> onnx.ModelProto:
    sizes = ["batch_size", 1, "past_sequence_length", WIDTH]
    grown = ["batch_size", 1, "total_sequence_length", WIDTH]
    ids = ["batch_size", "sequence_length"]
    value, real, whole = helper.make_tensor_value_info, TensorProto.FLOAT, TensorProto.INT64
    rng = np.random.default_rng(0)
    keys = rng.standard_normal((len(VOCABULARY), WIDTH)).astype(np.float32)
    nodes = [
        helper.make_node("Gather", ["follows", "input_ids"], ["logits"]),
        helper.make_node("Gather", ["keys", "input_ids"], ["read"]),
        helper.make_node("Unsqueeze", ["read", "heads"], ["new"]),
    ]
    inputs = [value("input_ids", whole, ids), value("attention_mask", whole, ["batch_size", "total_sequence_length"])]
    outputs = [value("logits", real, [*ids, len(VOCABULARY)])]
    for part in ["key", "value"]:
        past, present = f"past_key_values.0.{part}", f"present.0.{part}"
        nodes.append(helper.make_node("Concat", [past, "new"], [present], axis=2))
        inputs.append(value(past, real, sizes))
        outputs.append(value(present, real, grown))
    constants = [
        numpy_helper.from_array(follows(), "follows"),
        numpy_helper.from_array(keys, "keys"),
        numpy_helper.from_array(np.array([1], np.int64), "heads"),
    ]
    graph = helper.make_graph(nodes, "tiny", inputs, outputs, constants)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(made)
    return made


def write(name: str, content: dict) -> None:
    (HERE / name).write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n")


def main() -> None:
    onnx.save(model(), HERE / "onnx" / "model.onnx")
    config = {
        "model_type": "llama", "architectures": ["LlamaForCausalLM"], "vocab_size": len(VOCABULARY),
        "hidden_size": WIDTH, "num_attention_heads": 1, "num_key_value_heads": 1, "num_hidden_layers": 1,
        "max_position_embeddings": 2048, "bos_token_id": None, "eos_token_id": 0,
    }
    write("config.json", config)
    write("generation_config.json", {"eos_token_id": 0, "pad_token_id": 0})
    template = (
        "{% for message in messages %}<{{ message['role'] }}>{{ message['content'] }}<end>{% endfor %}"
        "{% if add_generation_prompt %}<assistant>{% endif %}"
    )
    write("tokenizer_config.json", {
        "tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": 2048, "clean_up_tokenization_spaces": False,
        "eos_token": "<end>", "pad_token": "<end>", "chat_template": template,
    })
    special = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    write("tokenizer.json", {
        "version": "1.0", "truncation": None, "padding": None, "normalizer": None, "post_processor": None,
        "added_tokens": [{"id": VOCABULARY[token], "content": token, **special} for token in SPECIAL],
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True},
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        "model": {
            "type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
            "end_of_word_suffix": None, "fuse_unk": False, "vocab": VOCABULARY, "merges": [],
        },
    })


main()
