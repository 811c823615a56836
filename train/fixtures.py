"""Make the golden files in tests/fixtures: tiny seeded models, tokenizers and what the references say.

    python train/fixtures.py            the tiny ones, from seeds alone
    python train/fixtures.py --models   also those of models/, after an export
"""

import argparse
import io
import json
from pathlib import Path

import sentencepiece
import torch
from gguf import GGMLQuantizationType as Kind
from gguf import GGUFWriter, TokenType

import scorer_model
import tokenizer as tok
from export import (add_bpe, add_decoder, add_tensors, add_wordpiece, finish, llama_names,
                    quantised, write_llama, write_scorer)
from generate import greedy
from model import Config, Llama
from qwen import Qwen, QwenConfig, qwen_names

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "tests" / "fixtures"
TEXTS = ["", " ", "a", "Hello world", "hello  world", "   three spaces", "tail   ", "tab\tand\nnewline",
         "\n\n\nlines\r\nend\n", "What is 347 + 586?", "1234567890", "3.14159 and 2,718", "x1y22z333",
         "I'm sure they're fine, we'll see. DON'T", "café naïve Ünïcödé Ångström", "cafe\u0301",
         "日本語のテキスト", "中文 汉字", "한국어", "Привет, мир!", "مرحبا", "नमस्ते", "🙂🚀👩‍👩‍👧", "🇫🇷 flag",
         "a🙂b", "€£¥ — “quotes” … ½ ²", "foo_bar(baz[0]) == {'a': 1};", "    def f(x):\n        return x",
         "http://example.com/a?b=c&d=e", "\u00a0nbsp\u200bzero", "MiXeD CaSe", "!!!???...",
         "Sort these words: pear, moon, cat.", "<|user|>Hi!<|end|><|assistant|>", "a<|end|>b <|end|> c",
         "ÀÉÎõü", "ﬁ ligature", "x" * 120]


def write_json(name, value):
    (FIXTURES / name).write_text(json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n")


def rounded(tensor):
    return [[round(x, 6) for x in row] for row in tensor.tolist()]


def randomise(model, seed):
    """Weights that make logits spread and greedy answers vary."""
    generator = torch.Generator().manual_seed(seed)
    for name, p in model.named_parameters():
        noise = torch.randn(p.shape, generator=generator)
        p.data = 1 + 0.1 * noise if p.ndim == 1 and "bias" not in name else 0.1 * noise if p.ndim == 1 else \
            noise * (0.5 if "embed" in name else 1.5 * p.shape[-1] ** -0.5)
    return model


def golden(model, seed, vocab):
    """40 ids, the logits of the last three positions and 16 greedy ids."""
    ids = torch.randint(5, vocab, (40,), generator=torch.Generator().manual_seed(seed)).tolist()
    with torch.no_grad():
        logits = model(torch.tensor([ids]))[0]
        more = list(ids)
        for _ in range(16):
            more.append(model(torch.tensor([more]))[0, -1].argmax().item())
    return {"ids": ids, "logits": rounded(logits[-3:]), "greedy": more[40:]}


def tiny_bpe(vocab_size=384, split_digits=True, n_dialogues=400):
    return tok.byte_level_bpe(tok.generator_text(n_dialogues, seed=3), vocab_size, split_digits)


def tiny_llama():
    bpe = tiny_bpe()
    config = Config(dim=64, n_layers=2, n_heads=4, n_kv_heads=2, ffn=96, vocab=384, context=256)
    for name, kind in (("tiny-llama", Kind.Q8_0), ("tiny-llama-f32", Kind.F32)):
        model = randomise(Llama(config).eval(), 21)
        write_llama(FIXTURES / f"{name}.gguf", model, bpe, name, kind)
        write_json(f"{name}.json", golden(quantised(model, kind), 22, 384))


def tiny_qwen(arch, head_dim, kind):
    config = QwenConfig(dim=64, n_layers=2, n_heads=4, n_kv_heads=2, ffn=96, vocab=384, context=256,
                        arch=arch, explicit_head_dim=head_dim)
    model = randomise(Qwen(config).eval(), 23)
    writer = GGUFWriter(FIXTURES / f"tiny-{arch}.gguf", arch)
    add_decoder(writer, config, f"tiny-{arch}")
    writer.add_file_type(7 if kind == Kind.Q8_0 else 0)
    add_bpe(writer, tiny_bpe(), "qwen2")
    add_tensors(writer, qwen_names(model.state_dict()), kind)
    finish(writer)
    write_json(f"tiny-{arch}.json", golden(quantised(model, kind), 24, 384))


def vectors(encode):
    return [{"text": text, "ids": encode(text)} for text in TEXTS]


def bpe_fixture(pre, split_digits):
    """A vocabulary-only file and ids by the tokenizers library. Special tokens are parsed."""
    bpe = tiny_bpe(512, split_digits, 400)
    writer = GGUFWriter(FIXTURES / "tokenizers" / f"bpe-{pre}.gguf", "llama")
    add_bpe(writer, bpe, pre)
    finish(writer)
    write_json(f"tokenizers/bpe-{pre}.json", vectors(lambda text: bpe.encode(text).ids))


def sentencepiece_fixture():
    """SentencePiece BPE in Llama's manner: byte fallback, a dummy prefix, split digits."""
    stream = io.BytesIO()
    texts = list(tok.generator_text(300, seed=3)) + ["café naïve", "日本語", "Привет, мир!"] * 3
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts), model_writer=stream, model_type="bpe", vocab_size=600,
        byte_fallback=True, split_digits=True, normalization_rule_name="identity",
        remove_extra_whitespaces=False, allow_whitespace_only_pieces=True, character_coverage=0.9995,
        add_dummy_prefix=True, num_threads=1, minloglevel=2)
    spm = sentencepiece.SentencePieceProcessor(model_proto=stream.getvalue())
    ids = range(spm.vocab_size())
    kinds = [TokenType.UNKNOWN if spm.is_unknown(i) else TokenType.CONTROL if spm.is_control(i) else
             TokenType.BYTE if spm.is_byte(i) else TokenType.NORMAL for i in ids]
    writer = GGUFWriter(FIXTURES / "tokenizers" / "spm-llama.gguf", "llama")
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    writer.add_token_list([spm.id_to_piece(i) for i in ids])
    writer.add_token_scores([spm.get_score(i) for i in ids])
    writer.add_token_types(kinds)
    writer.add_bos_token_id(spm.bos_id())
    writer.add_eos_token_id(spm.eos_id())
    writer.add_unk_token_id(spm.unk_id())
    writer.add_add_bos_token(True)
    writer.add_add_space_prefix(True)
    finish(writer)
    write_json("tokenizers/spm-llama.json", vectors(spm.encode))  # without BOS


def wordpiece():
    return scorer_model.train_wordpiece(list(tok.generator_text(300, seed=3)) + ["café naïve 日本語"] * 3, 512)


def wordpiece_fixture():
    words = wordpiece()
    writer = GGUFWriter(FIXTURES / "tokenizers" / "wordpiece-bert.gguf", "bert")
    add_wordpiece(writer, words)
    finish(writer)
    encode = lambda text: words.encode(text, add_special_tokens=False).ids
    write_json("tokenizers/wordpiece-bert.json", vectors(encode))  # without [CLS] and [SEP]


DIALOGUES = [
    [{"role": "user", "content": "What is 347 + 586?"}],
    [{"role": "system", "content": "You are Nearside."}, {"role": "user", "content": "Hi!"}],
    [{"role": "user", "content": "What is 3 + 4?"}, {"role": "assistant", "content": "3 + 4 = 7."},
     {"role": "user", "content": "And doubled?"}],
    [{"role": "system", "content": "Be short."}, {"role": "user", "content": "Hi!"},
     {"role": "assistant", "content": "Hi, I am Nearside."},
     {"role": "user", "content": "Sort these words: pear, moon, cat."},
     {"role": "assistant", "content": "Sorted: cat, moon, pear."}, {"role": "user", "content": "Now backwards."}],
    [{"role": "user", "content": "word " * 90}, {"role": "assistant", "content": "yes " * 90},
     {"role": "user", "content": "Café 日本 🙂 " * 30}],
    [{"role": "user", "content": ""}],
]


def scorer_golden(model, words, dialogues):
    rows = []
    for messages in dialogues:
        ids, types = scorer_model.encode(words, messages)
        with torch.no_grad():
            head = model(*scorer_model.batch_of([(ids, types)]))[0]
        rows.append({"messages": messages, "ids": ids, "types": types, "head": rounded(head[None])[0]})
    return rows


def tiny_scorer():
    words = wordpiece()
    config = scorer_model.ScorerConfig(dim=32, n_layers=2, n_heads=2, ffn=64, vocab=words.get_vocab_size())
    model = randomise(scorer_model.Scorer(config).eval(), 25)
    write_scorer(FIXTURES / "scorer-tiny.gguf", model, words, "scorer-tiny")
    write_json("scorer-tiny.json", scorer_golden(quantised(model), words, DIALOGUES))


def from_file(path, runs):
    """The exported chat model, read back from its GGUF file."""
    from evaluate import load_checkpoint
    from export import tensors_of
    model = load_checkpoint(path.stem, runs)
    named = tensors_of(path)
    ours = llama_names({name: name for name in model.state_dict()})
    model.load_state_dict({name: named[gguf_name] for gguf_name, name in ours.items()})
    return model


def chat_golden(role, runs):
    bpe = tok.load(f"{runs}/tokenizer.json")
    model = from_file(ROOT / "models" / f"{role}.gguf", runs)
    rows = []
    for messages in DIALOGUES[:4]:
        ids = bpe.encode(tok.render(messages)).ids
        with torch.no_grad():
            logits = model(torch.tensor([ids]))[0, -1:]
        answer = greedy(model, [ids])[0]
        rows.append({"messages": messages, "ids": ids, "logits": rounded(logits)[0], "greedy": answer,
                     "text": bpe.decode(answer)})
    write_json(f"{role}-golden.json", rows)


def real_scorer(runs):
    from scorer import load
    model, words = load(ROOT / "models" / "scorer.gguf", runs)
    write_json("scorer-golden.json", scorer_golden(model, words, DIALOGUES))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--models", action="store_true")
    parser.add_argument("--runs", default=str(ROOT / "train" / "runs"))
    args = parser.parse_args()
    torch.set_num_threads(1)
    (FIXTURES / "tokenizers").mkdir(parents=True, exist_ok=True)
    tiny_llama()
    tiny_qwen("qwen2", None, Kind.Q8_0)
    tiny_qwen("qwen3", 32, Kind.Q8_0)
    bpe_fixture("gpt-2", False)
    bpe_fixture("smollm", True)
    bpe_fixture("starcoder", True)
    sentencepiece_fixture()
    wordpiece_fixture()
    tiny_scorer()
    if args.models:
        chat_golden("device", args.runs)
        chat_golden("edge", args.runs)
        real_scorer(args.runs)
