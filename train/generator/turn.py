"""A question with its two answers and a check: the unit everything in train/ is made of."""

import hashlib
import re
from dataclasses import dataclass


@dataclass
class Turn:
    """One question. `terse` is the device's style, `worked` the edge's; both are right."""

    skill: str
    question: str
    terse: str
    worked: str
    expect: dict  # {"type": "number" | "words" | "contains", "value": …}, read by `check`
    key: str  # what is asked, without its wording: the split is made on it
    state: object = None  # a number or a list of words that a follow-up may take up


def check(expect, answer):
    """Is `answer` right? Numbers and words are read from the end, where both styles conclude."""
    kind, value = expect["type"], expect["value"]
    if kind == "number":
        numbers = re.findall(r"\d+", answer)
        return bool(numbers) and int(numbers[-1]) == value
    if kind == "words":
        words = re.findall(r"[a-z]+", answer.lower())
        return words[-len(value):] == [word.lower() for word in value]
    return value.lower() in answer.lower()


def held_out(key):
    """True for the tenth of all questions that training never sees."""
    digest = hashlib.sha256(re.sub(r"\s+", " ", key.lower()).encode()).digest()
    return digest[0] % 10 == 0
