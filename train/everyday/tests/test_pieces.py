"""Which tokens of an answer are taken for those that decide."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import pieces

TOKENS = ["The", " sum", " is", " ", "1", "2", ".", "\n", "Ask", " Mary", " why", " not", "."]


def check(places, expected):
    assert "".join(TOKENS[i] for i in places) == expected


def test_deciding_tokens():
    check(pieces.where(TOKENS, pieces.is_digit), "12")
    check(pieces.where(TOKENS, pieces.is_name), "TheAsk Mary")
    check(pieces.last_number(TOKENS), "12")
    check(pieces.last_line(TOKENS), "Ask Mary why not.")
    check(pieces.first_sentence(TOKENS), "The sum is 12.")
    check(pieces.new_words(TOKENS, {"the", "sum", "why", "not"}), " is12Ask Mary")


def test_an_answer_without_any():
    assert len(pieces.last_number(["no"])) == len(pieces.new_words(["no"], {"no"})) == 0
    check(pieces.last_line(TOKENS[:3]), "The sum is")
    assert [pieces.kind(token) for token in TOKENS[:5]] == ["name", "word", "word", "sign", "digit"]
