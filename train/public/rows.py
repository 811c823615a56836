"""What the scorer learns from a question: inputs for either look, and one target for each head row.

A target that is not known for a row is NaN and costs nothing.
"""

import math
from dataclasses import dataclass

import torch

from encoder import ANSWER_PIECES, DIGEST_PIECES, TURN_PIECES
from features import features

NAN = math.nan
DEVICES = ("gemma-2-2b-it", "Qwen2-1.5B-Instruct", "Phi-3.5-mini-instruct", "Phi-3-mini-4k-instruct",
           "Qwen2.5-3B-Instruct", "Qwen1.5-7B-Chat", "Mistral-7B-Instruct-v0.2", "Qwen2-7B-Instruct",
           "Qwen2.5-7B-Instruct", "Meta-Llama-3.1-8B-Instruct", "Mixtral-8x7B-Instruct-v0.1")
EDGES = ("Meta-Llama-3.1-70B-Instruct", "Qwen2-72B-Instruct", "Qwen2.5-72B-Instruct", "gpt-4o-2024-08-06",
         "gpt-4-1106-preview")
PAIRS = (("Mixtral-8x7B-Instruct-v0.1", "gpt-4-1106-preview"),
         ("Phi-3-mini-4k-instruct", "Meta-Llama-3.1-70B-Instruct"),
         ("gemma-2-2b-it", "Meta-Llama-3.1-70B-Instruct"),
         ("Qwen2-1.5B-Instruct", "Qwen2-72B-Instruct"))
SHORT = {"Mixtral-8x7B-Instruct-v0.1": "Mixtral", "gpt-4-1106-preview": "GPT-4", "Qwen2-1.5B-Instruct": "Qwen2-1.5B",
         "Phi-3-mini-4k-instruct": "Phi-3-mini", "Meta-Llama-3.1-70B-Instruct": "Llama-3.1-70B",
         "gemma-2-2b-it": "gemma-2-2b", "Qwen2-72B-Instruct": "Qwen2-72B"}
GENERIC = ("needed", "device_length", "edge_length", "look")


@dataclass
class Row:
    question: object
    turn: list  # pieces of the turn, all of them
    second: list  # pieces of the whole answer; none on the first look
    ends: list  # where in the answer's text each piece ends
    author: str | None  # who wrote it; None on the first look
    targets: torch.Tensor  # (outputs)


def row_name(look, device, edge):
    return f"{look}:{device}>{edge}"


def title(device, edge, set_name):
    return f"{SHORT[device]} → {SHORT[edge]}, {set_name}"


def shipped(questions):
    """The head rows of the exported file, in order; a pair has `look` where its device's answers are at hand."""
    authors = {author for q in questions for author in q.answers}
    return [*GENERIC, *(row_name("needed", d, e) for d, e in PAIRS),
            *(row_name("look", d, e) for d, e in PAIRS if d in authors)]


def needed(q, device, edge):
    """1 when the device is wrong and the edge right."""
    return float(q.right[edge] and not q.right[device])


def mean(values):
    values = list(values)
    return sum(values) / len(values) if values else NAN


def expected_length(q, models):
    """ln(1 + tokens) of an answer, at four characters a token, over the models whose lengths are known."""
    return mean(math.log1p(q.chars[m] / 4) for m in models if m in q.chars)


def first_look(q):
    edges = [e for e in EDGES if e in q.right]
    named = {"needed": mean(needed(q, d, e) for d in DEVICES if d in q.right for e in edges),
             "device_length": expected_length(q, DEVICES), "edge_length": expected_length(q, EDGES)}
    pairs = {row_name("needed", d, e): needed(q, d, e) for d, e in PAIRS if d in q.right and e in q.right}
    return named | pairs


def second_look(q, author):
    edges = [e for e in EDGES if e in q.right]
    pairs = {row_name("look", d, e): needed(q, d, e) for d, e in PAIRS if d == author and e in q.right}
    return {"look": mean(needed(q, author, e) for e in edges)} | pairs


def rows(questions, tokenizer, names):
    """First-look rows of every question, and a second-look row for every answer at hand."""
    encoded = lambda texts: tokenizer.encode_batch(texts, add_special_tokens=False)
    vector = lambda named: torch.tensor([named.get(name, NAN) for name in names])

    turns = [e.ids for e in encoded([q.prompt for q in questions])]
    written = [(i, q, author) for i, q in enumerate(questions) for author in q.answers if author in q.right]
    answers = encoded([q.answers[author] for _, q, author in written])
    first = [Row(q, turn, [], [], None, vector(first_look(q))) for q, turn in zip(questions, turns)]
    return first + [Row(q, turns[i], answer.ids, [end for _, end in answer.offsets], author,
                        vector(second_look(q, author))) for (i, q, author), answer in zip(written, answers)]


def seen(row, share=1.0):
    """(turn, second segment, features) as the scorer sees them once `share` of the answer is written."""
    turn, n_written = row.turn[:TURN_PIECES], round(share * len(row.second))
    if not row.author:
        return turn, [], features(row.question.prompt, "")
    answer = row.question.answers[row.author]
    written = answer if n_written >= len(row.second) else answer[:row.ends[max(1, n_written) - 1]]
    return turn, row.second[:max(1, n_written)][-ANSWER_PIECES:], features(row.question.prompt, written)


def rows_of(found, look, device, edge, set_name=None):
    """The rows on which `look` of a pair can be measured."""
    author = device if look == "look" else None
    return [row for row in found if row.author == author and {device, edge} <= row.question.right.keys()
            and set_name in (None, row.question.set)]


def outcomes_of(found, device, edge):
    """(device right, edge right) of rows, as vectors."""
    right = lambda model: torch.tensor([float(row.question.right[model]) for row in found])
    return right(device), right(edge)
