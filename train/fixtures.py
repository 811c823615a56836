"""Make the golden files in tests/fixtures: tiny seeded models, tokenizers and what the references say.

    python train/fixtures.py            the tiny ones, from seeds alone
    python train/fixtures.py --models   also those of models/, after an export
"""

import argparse
import io
import json
import sys
from pathlib import Path

import sentencepiece
import torch
from gguf import GGMLQuantizationType as Kind
from gguf import GGUFWriter, TokenType
from tokenizers import Regex
from tokenizers.pre_tokenizers import ByteLevel, Sequence, Split

import scorer_model
import tokenizer as tok
from export import (add_bpe, add_decoder, add_tensors, add_wordpiece, finish, quantised, read_bpe, read_llama,
                    read_scorer, write_llama, write_scorer)
from families import Logits, add_family, families, family_names, soften
from features import features
from generate import greedy
from model import Config, Llama
from qwen import Qwen, QwenConfig, qwen_names

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "train" / "public"))
from encoder import ANSWER_PIECES, TURN_PIECES, assemble
from rows import row_name
from ship import load as read_general

FIXTURES = ROOT / "tests" / "fixtures"
TEXTS = ["", " ", "a", "Hello world", "hello  world", "   three spaces", "tail   ", "tab\tand\nnewline",
         "\n\n\nlines\r\nend\n", "What is 347 + 586?", "1234567890", "3.14159 and 2,718", "x1y22z333",
         "I'm sure they're fine, we'll see. DON'T", "café naïve Ünïcödé Ångström", "cafe\u0301",
         "日本語のテキスト", "中文 汉字", "한국어", "Привет, мир!", "مرحبا", "नमस्ते", "🙂🚀👩‍👩‍👧", "🇫🇷 flag",
         "a🙂b", "€£¥ — “quotes” … ½ ²", "foo_bar(baz[0]) == {'a': 1};", "    def f(x):\n        return x",
         "http://example.com/a?b=c&d=e", "\u00a0nbsp\u200bzero", "MiXeD CaSe", "!!!???...",
         "Sort these words: pear, moon, cat.", "<|user|>Hi!<|end|><|assistant|>", "a<|end|>b <|end|> c",
         "ÀÉÎõü", "ﬁ ligature", "x" * 120]

GEMMA_TEXTS = ["<start_of_turn>user\nHi!<end_of_turn>\n<start_of_turn>model\n", "a\n\nb\n\n\n\nc\n", " x  y     z ",
               "<b>so</b> <b", "<start_of_turn", "-----====="]
# In the manner of Llama 3's and SmolLM3's tokenizer.json.
LLAMA3_PATTERN = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|"
                  r"\s*[\r\n]+|\s+(?!\S)|\s+")
# llama.cpp's patterns, in its order, by the name in `tokenizer.ggml.pre`.
CUTS = {
    "falcon": [
        '[\\p{P}\\$\\+<=>\\^~\\|`]+',
        "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)",
        '[0-9][0-9][0-9]',
    ],
    "deepseek-llm": [
        '[\r\n]',
        '\\s?[A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷᵹ-ᶚḀ-ἕἘ-Ἕἠ-ὅὈ-Ὅὐ-ὗὙὛὝὟ-\\x{1F7D}ᾀ-ᾴᾶ-ᾼ\\x{1FBE}ῂ-ῄῆ-ῌῐ-\\x{1FD3}ῖ-\\x{1FDB}ῠ-Ῥῲ-ῴῶ-ῼℂℇℊ-ℓℕℙ-ℝℤ\\x{2126}ℨ\\x{212A}-ℭℯ-ℴℹℼ-ℿⅅ-ⅉⅎↃↄⰀ-ⱻⱾ-ⳤⳫ-ⳮⳲⳳꙀ-ꙭꚀ-ꚛꜢ-ꝯꝱ-ꞇꞋ-ꞎꭰ-ꮿﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ𐐀-𐑏𐒰-𐓓𐓘-𐓻𐲀-𐲲𐳀-𐳲𑢠-𑣟𞤀-𞥃]+',
        '\\s?[!-/:-~！-／：-～‘-‟\u3000-。]+',
        '\\s+$',
        '[一-龥ࠀ-一가-\ud7ff]+',
        '\\p{N}+',
    ],
    "deepseek-coder": [
        '[\r\n]',
        '\\s?\\p{L}+',
        '\\s?\\p{P}+',
        '[一-龥ࠀ-一가-\ud7ff]+',
        '\\p{N}',
    ],
    "deepseek-v3": [
        '\\p{N}{1,3}',
        '[一-龥\u3040-ゟ゠-ヿ]+',
        '[!"#$%&\'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+',
    ],
    "qwen35": [
        "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
    ],
    "seed-coder": [
        "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1}| ?[^\\s\\p{L}\\p{N}\\r\\n]+|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
    ],
}
CUT_TEXTS = ["I've we'LL they'd don't 'S", *("1234567"[:n] for n in range(1, 8)), "a1b22 c333d4444", "12,345.67",
             "漢字とかな123カナ", "汉字，标点。句子！", "한국어 문장입니다 99", "👩‍👩‍👧 🙂\n", "e\u0301a\u0308 x\u0323",
             "नमस्ते दुनिया", "ไทย", "\t\ttabs\t x", "a\n\n b \n", "crlf\r\n\r\nx", "tail  ", "  ", " \n ", "a  b   c",
             "$1+2=3 <=> ~x^2 | `code`", "½ ² ٣٤", "ǅ Ⅷ ﬁ ＡＢｃ", "-x .y /z \\n", "“q” ‘q’ 「q」", "ΑΒΓ абв ქარ"]
GEMMA_TEMPLATE = """{{ bos_token }}
{%- if messages[0]['role'] == 'system' -%}
    {%- set first_user_prefix = messages[0]['content'] + '

' -%}
    {%- set loop_messages = messages[1:] -%}
{%- else -%}
    {%- set first_user_prefix = "" -%}
    {%- set loop_messages = messages -%}
{%- endif -%}
{%- for message in loop_messages -%}
    {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) -%}
        {{ raise_exception("Conversation roles must alternate user/assistant/user/assistant/...") }}
    {%- endif -%}
    {%- set role = "model" if message['role'] == 'assistant' else message['role'] -%}
    {{ '<start_of_turn>' + role + '
' + (first_user_prefix if loop.first else "") }}
    {%- if message['content'] is string -%}
        {{ message['content'] | trim }}
    {%- elif message['content'] is iterable -%}
        {{ raise_exception("no parts") }}
    {%- endif -%}
    {{ '<end_of_turn>
' }}
{%- endfor -%}
{%- if add_generation_prompt -%}
    {{ '<start_of_turn>model
' }}
{%- endif -%}
"""


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


def tiny_bpe(vocab_size=384, split_digits=True, n_dialogues=400, pattern=None):
    return tok.byte_level_bpe(tok.generator_text(n_dialogues, seed=3), vocab_size, split_digits, pattern)


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


def tiny_family(name, family, kind=Kind.Q8_0):
    model = quantised(soften(randomise(Logits(family), 128), family), kind)
    writer = GGUFWriter(FIXTURES / f"{name}.gguf", family.arch)
    add_family(writer, family, name)
    writer.add_file_type(7 if kind == Kind.Q8_0 else 0)
    add_bpe(writer, tiny_bpe(), family.pre)
    add_tensors(writer, family_names(model, family), kind)
    finish(writer)
    write_json(f"{name}.json", golden(model, 28, family.config.vocab_size))


def vectors(encode, texts=TEXTS):
    return [{"text": text, "ids": encode(text)} for text in texts]


def cut_by(patterns):
    """llama.cpp's way: each pattern cuts what the ones before it left whole or cut off."""
    splits = [Split(Regex(pattern), "isolated") for pattern in patterns]
    return Sequence([*splits, ByteLevel(add_prefix_space=False, use_regex=False)])


def bpe_fixture(pre, split_digits=False, pattern=None, texts=TEXTS, cuts=None):
    """A vocabulary-only file and ids by the tokenizers library. Special tokens are parsed."""
    bpe = tiny_bpe(512, split_digits, 400, pattern)
    if cuts:
        bpe.pre_tokenizer = cut_by(cuts)
    writer = GGUFWriter(FIXTURES / "tokenizers" / f"bpe-{pre}.gguf", "llama")
    add_bpe(writer, bpe, pre)
    finish(writer)
    write_json(f"tokenizers/bpe-{pre}.json", vectors(lambda text: bpe.encode(text).ids, texts))


def train_sentencepiece(**options):
    stream = io.BytesIO()
    texts = list(tok.generator_text(300, seed=3)) + ["café naïve", "日本語", "Привет, мир!"] * 3
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts), model_writer=stream, model_type="bpe", vocab_size=600,
        byte_fallback=True, split_digits=True, normalization_rule_name="identity",
        remove_extra_whitespaces=False, allow_whitespace_only_pieces=True, character_coverage=0.9995,
        num_threads=1, minloglevel=2, **options)
    return sentencepiece.SentencePieceProcessor(model_proto=stream.getvalue())


def sentencepiece_fixture(name, spm, pieces, add_space_prefix, texts=TEXTS, template=None):
    """`pieces`: (text, kind) of each id."""
    writer = GGUFWriter(FIXTURES / "tokenizers" / f"{name}.gguf", "llama")
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    writer.add_token_list([text for text, _ in pieces])
    writer.add_token_scores([spm.get_score(i) for i in range(spm.vocab_size())])
    writer.add_token_types([kind for _, kind in pieces])
    writer.add_bos_token_id(spm.bos_id())
    writer.add_eos_token_id(spm.eos_id())
    writer.add_unk_token_id(spm.unk_id())
    writer.add_add_bos_token(True)
    if template:
        writer.add_chat_template(template)
    writer.add_add_space_prefix(add_space_prefix)
    finish(writer)
    write_json(f"tokenizers/{name}.json", vectors(spm.encode, texts))  # without BOS


def piece(spm, i):
    kind = (TokenType.UNKNOWN if spm.is_unknown(i) else TokenType.CONTROL if spm.is_control(i) else
            TokenType.BYTE if spm.is_byte(i) else TokenType.NORMAL)
    return spm.id_to_piece(i), kind


def llama_sentencepiece():
    """SentencePiece BPE in Llama's manner: byte fallback, a dummy prefix, split digits."""
    spm = train_sentencepiece(add_dummy_prefix=True)
    pieces = [piece(spm, i) for i in range(spm.vocab_size())]
    sentencepiece_fixture("spm-llama", spm, pieces, True)


def gemma_sentencepiece():
    """In Gemma's manner: no prefix, and runs of spaces and lines, tags and turn markers are pieces.

    llama.cpp's converter makes markers control tokens, and writes user-defined pieces with real spaces.
    """
    markers = ["<start_of_turn>", "<end_of_turn>"]
    defined = ["\n", "\n\n", "\n\n\n", "▁▁", "▁▁▁", "▁▁▁▁", "<b>"]
    spm = train_sentencepiece(
        add_dummy_prefix=False, user_defined_symbols=markers + defined, pad_id=0, eos_id=1, bos_id=2, unk_id=3,
        pad_piece="<pad>", eos_piece="<eos>", bos_piece="<bos>")
    pieces = [piece(spm, i) for i in range(spm.vocab_size())]
    pieces = [(text, TokenType.CONTROL) if text in markers else
              (text.replace("▁", " "), TokenType.USER_DEFINED) if text in defined else (text, kind)
              for text, kind in pieces]
    sentencepiece_fixture("spm-gemma", spm, pieces, False, TEXTS + GEMMA_TEXTS, GEMMA_TEMPLATE)


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


# What the device has written in answer to each of `DIALOGUES`, and how sure it was: mean and least log-probability.
ANSWERS = [("347 + 586 = 93", (-0.25, -1.5)), ("Hi, I am Nearside.", (-0.001, -0.01)),
           ("7 doubled is 14.", (-0.1, -0.75)), ("Backwards:", (0.0, 0.0)), ("a long answer, " * 50, (-1.25, -6.0)),
           ("", (0.0, 0.0))]


def scored(model, words, messages, answer=None, doubts=(0.0, 0.0)):
    """{ids, types, head, outputs} of a look: what the pieces alone say, and what is said all in all."""
    ids, types = scorer_model.encode(words, messages, answer)
    read = torch.tensor([scorer_model.beside(messages, answer or "", doubts)])
    with torch.no_grad():
        head, outputs = (model(*scorer_model.batch_of([(ids, types)]), beside) for beside in (torch.zeros_like(read), read))
    return {"ids": ids, "types": types, "head": rounded(head)[0], "outputs": rounded(outputs)[0]}


def scorer_golden(model, words):
    """First looks."""
    return [{"messages": messages, **scored(model, words, messages)} for messages in DIALOGUES]


def looks_golden(model, words):
    """Second looks, with the device's confidence."""
    return [{"messages": messages, "answer": answer, "mean_logprob": confidence[0], "least_logprob": confidence[1],
             **scored(model, words, messages, answer, scorer_model.doubts(*confidence))}
            for messages, (answer, confidence) in zip(DIALOGUES, ANSWERS)]


def tiny_scorer():
    words = wordpiece()
    config = scorer_model.ScorerConfig(dim=32, n_layers=2, n_heads=2, ffn=64, vocab=words.get_vocab_size())
    model = randomise(scorer_model.PairScorer(config).eval(), 25)
    write_scorer(FIXTURES / "scorer-tiny.gguf", model, words, "scorer-tiny")
    write_json("scorer-tiny.json", scorer_golden(quantised(model), words))


CHOICES = ("Which city has the largest area, in square kilometres, of these 3? Take care.\nA. Rome (1,285)\n"
           "B. London, 1572\n C) Paris: 105.4\n(D) none of these\nAnswer:")
WORDED = "What do plants need?\nA. light and water\nB. darkness and silence\nC. loud music"
SPRINTS = "James runs 3 sprints of 60 meters, 3 times a week. How far does he run in 4 weeks, at $1,200 a year?"
# (turn, answer) whose features decide every branch: sums right, wrong, cut and in words; options named, bare, absent.
COUNTED = [
    ("", ""), (SPRINTS, ""), (CHOICES, ""), (WORDED, ""), ("Ünïcode 東京 🙂 – “x” × ÷ ½ °", "そう… 3 × 4 = 12 – naïve，ok"),
    (SPRINTS, "3 sprints * 60 meters = 180 meters.\nThen 180 x 3 = $540.\n540 \\times 4 = 2,160.\n#### 2160"),
    (SPRINTS, "3*60 = 180, 180 * 3 = 500 and 500 / 0 = 7; so 1/3 = 0.333 = 33.3% and 2.5"),
    (SPRINTS, "25% of 80 = 20; 100 - 20 - 5 + 2 * 3 = 81 = 80 + 1. That makes 8"),
    (SPRINTS, "x = 5\ny = 2 * x = 10\n= 4 = = - 3 * 2 = 1, 3 very full long hours * 2 = 6, 3 full hours * 2 = 6 hours / 2 ="),
    (SPRINTS, '```json\n{"reasoning": "60 * 3 = 180", "answer": "180.5"}\n```\n'),
    (CHOICES, "Rome has 1,285 and London 1,572 square kilometres. The answer is (B)."),
    (CHOICES, "Paris: 105.4 is the largest, (A) is not it. The answer is (C).\n\n(E) (b)"),
    (CHOICES, "London is larger than Rome, so B"), (CHOICES, "It is A because Rome is really very large today."),
    (CHOICES, "1570 or so. (D)"), (CHOICES, "Of these cities"), (CHOICES, "(A"), (CHOICES, "B"),
    (WORDED, "Plants need LIGHT, WATER and air. The answer is (A)."), (WORDED, "loud music, surely (B)! "),
    ("One\nA. 1\nB. 2\nB. 3\nC) 4\nE. 5\n(D. 6", "999,999,999,999 * 1,000,0000 = 1e9. (D) 9" + "9" * 30),
]


def features_golden():
    """What is counted off texts, which the router counts too."""
    write_json("features.json", [{"turn": turn, "answer": answer, "features": [round(x, 6) for x in features(turn, answer)]}
                                 for turn, answer in COUNTED])


GENERAL_PAIR = ("gemma-2-2b-it", "Meta-Llama-3.1-70B-Instruct")


def general_golden():
    """First looks, and second looks where there is an answer, of the general scorer and of one pair's rows."""
    model, words, names = read_general(ROOT / "models" / "general.gguf")
    pieces, rows = lambda text: words.encode(text, add_special_tokens=False).ids, []
    for turn, answer in COUNTED + [(SPRINTS * 9, "so 3 * 60 = 180 and " * 40)]:
        ids, types = assemble(pieces(turn)[:TURN_PIECES], pieces(answer)[-ANSWER_PIECES:])
        with torch.no_grad():
            heads = model(*scorer_model.batch_of([(ids, types)]), torch.tensor([features(turn, answer)]))[0]
        kind = "look" if answer else "needed"
        said = {"any": kind, "pair": row_name(kind, *GENERAL_PAIR)}
        rows.append({"turn": turn, "answer": answer, "ids": ids, "types": types,
                     **{key: round(heads[names.index(name)].item(), 6) for key, name in said.items()}})
    write_json("general-golden.json", {"device": GENERAL_PAIR[0], "edge": GENERAL_PAIR[1], "looks": rows})


def chat_golden(role):
    file = ROOT / "models" / f"{role}.gguf"
    bpe, model, rows = read_bpe(file), read_llama(file), []
    for messages in DIALOGUES[:4]:
        ids = bpe.encode(tok.render(messages)).ids
        with torch.no_grad():
            logits = model(torch.tensor([ids]))[0, -1:]
        answer = greedy(model, [ids])[0].ids
        rows.append({"messages": messages, "ids": ids, "logits": rounded(logits)[0], "greedy": answer,
                     "text": bpe.decode(answer)})
    write_json(f"{role}-golden.json", rows)


def real_scorer():
    model, words = read_scorer(ROOT / "models" / "scorer.gguf")
    write_json("scorer-golden.json", scorer_golden(model, words))
    write_json("scorer-golden-looks.json", looks_golden(model, words))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--models", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(1)
    (FIXTURES / "tokenizers").mkdir(parents=True, exist_ok=True)
    tiny_llama()
    tiny_qwen("qwen2", None, Kind.Q8_0)
    tiny_qwen("qwen3", 32, Kind.Q8_0)
    for name, family in families().items():
        tiny_family(name, family)
    bpe_fixture("gpt-2", False)
    bpe_fixture("smollm", True)
    bpe_fixture("starcoder", True)
    bpe_fixture("smaug-bpe", pattern=LLAMA3_PATTERN)
    for pre, patterns in CUTS.items():
        bpe_fixture(pre, texts=TEXTS + CUT_TEXTS, cuts=patterns)
    llama_sentencepiece()
    gemma_sentencepiece()
    wordpiece_fixture()
    tiny_scorer()
    features_golden()
    if args.models:
        chat_golden("device")
        chat_golden("edge")
        real_scorer()
        general_golden()
