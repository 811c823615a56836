"""Vocabularies of the right size and form, made up: real merges over letters that mean nothing."""

from itertools import product
from string import ascii_lowercase

SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"] + [f"<|reserved_{i}|>" for i in range(14)]
ENDOFTEXT, IM_START, IM_END = range(3)
CHAT_TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message.role + '\\n' + message.content"
    " + '<|im_end|>' + '\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)


def byte_characters():
    """GPT-2's printable character for each of the 256 bytes."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    moved = [byte for byte in range(256) if byte not in printable]
    table = {byte: chr(byte) for byte in printable}
    table.update({byte: chr(256 + i) for i, byte in enumerate(moved)})
    return [table[byte] for byte in range(256)]


def letter_merges():
    """Pairs of letters, then of a pair and a letter, then of two pairs: each builds on earlier ones."""
    pairs = ["".join(pair) for pair in product(ascii_lowercase, repeat=2)]
    yield from (tuple(pair) for pair in pairs)
    yield from product(pairs, ascii_lowercase)
    yield from product(pairs, pairs)


def byte_level_bpe(n_vocab):
    """(tokens, merges) with the special tokens first."""
    tokens = SPECIALS + byte_characters()
    n_merges = n_vocab - len(tokens)
    merges = [merge for merge, _ in zip(letter_merges(), range(n_merges))]
    return tokens + [left + right for left, right in merges], [f"{left} {right}" for left, right in merges]


def word_pieces(n_vocab):
    """BERT's special tokens where BERT has them, then single characters and made-up syllables in
    GGUF's notation: ▁ before a first piece, nothing before a later one."""
    unused = [f"[unused{i}]" for i in range(99)]
    tokens = ["[PAD]", *unused, "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    characters = [chr(code) for code in range(0x21, 0x7F) if not chr(code).isupper()]
    syllables = ["".join(s) for n in (2, 3) for s in product(ascii_lowercase, repeat=n)]
    pieces = [mark + piece for piece in characters + syllables for mark in ("▁", "")]
    return tokens + pieces[: n_vocab - len(tokens)]
