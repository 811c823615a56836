"""The tokens of recorded answers, whose texts were not recorded: cut again, as the model's file says. And which tokens
are of what kind.

Only where as many come out as the model wrote are they taken for the same.
"""

import json
import re

import numpy as np
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers

import recorded

FETCHED = recorded.HERE.parent.parent / "models/fetched"
KINDS = ("digit", "name", "word", "sign")
QWEN = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def tokenizer(model):
    """The byte-level tokenizer in the model's GGUF file."""
    from gguf import GGUFReader
    fields = GGUFReader(str(FETCHED / f"{model}.gguf")).fields
    read = lambda name: [bytes(fields[name].parts[i]).decode("utf-8") for i in fields[name].data]
    words, merges = read("tokenizer.ggml.tokens"), read("tokenizer.ggml.merges")
    found = Tokenizer(models.BPE({word: i for i, word in enumerate(words)}, [tuple(m.split(" ", 1)) for m in merges]))
    cut = {"smollm": pre_tokenizers.Digits(individual_digits=True)}.get(read("tokenizer.ggml.pre")[0])
    level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=cut is not None)
    cut = cut or pre_tokenizers.Split(Regex(QWEN), "isolated")
    found.pre_tokenizer, found.decoder = pre_tokenizers.Sequence([cut, level]), decoders.ByteLevel()
    return found


def of(questions, model):
    """For each question the texts of its answer's tokens, one for each probability; None where they are not the same."""
    cut, found = tokenizer(model), []
    for q in questions:
        row = q.answers[model]
        offsets = cut.encode(row["answer"]).offsets
        found.append([row["answer"][a:b] for a, b in offsets] if len(offsets) == len(row["logprobs"]) else None)
    return found


def is_digit(token):
    return token.strip().isdigit()


def is_name(token):
    return token.strip()[:1].isupper()


def kind(token):
    text = token.strip()
    return "digit" if text.isdigit() else "name" if text[:1].isupper() else "word" if text[:1].isalpha() else "sign"


def where(tokens, wanted):
    return np.flatnonzero([wanted(token) for token in tokens])


def words(tokens):
    """[(a word in small letters, its tokens)]"""
    found, text = [], "".join(tokens)
    starts = np.cumsum([0, *map(len, tokens)])
    for match in re.finditer(r"[^\W_]+", text):
        first = np.searchsorted(starts, match.start(), "right") - 1
        last = np.searchsorted(starts, match.end(), "left")
        found.append((match.group().lower(), np.arange(first, last)))
    return found


def new_words(tokens, asked):
    """Those of words that are not among `asked`."""
    found = [at for word, at in words(tokens) if word not in asked]
    return np.unique(np.concatenate(found)).astype(int) if found else np.zeros(0, int)


def last_number(tokens):
    found = [at for word, at in words(tokens) if word.isdigit()]
    return found[-1].astype(int) if found else np.zeros(0, int)


def last_line(tokens):
    ends = [i for i, token in enumerate(tokens[:-1]) if "\n" in token]
    return np.arange(ends[-1] + 1 if ends else 0, len(tokens))


def first_sentence(tokens):
    ends = [i for i, token in enumerate(tokens) if re.search(r"[.!?\n]", token)]
    return np.arange(0, (ends[0] if ends else len(tokens) - 1) + 1)
