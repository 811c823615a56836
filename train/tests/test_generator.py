"""The generator's own answers pass their checks, and training never sees a held-out question."""

import random

from generator import check, dialogue, held_out, n_turns
from generator.arithmetic import columns_of_difference, columns_of_product, columns_of_sum


def turns(seed, n, unseen=False):
    rng = random.Random(seed)
    return [turn for _ in range(n) for turn in dialogue(rng, n_turns(rng), unseen_last=unseen)]


def test_both_styles_of_every_answer_are_right():
    for turn in turns("styles", 2000):
        assert check(turn.expect, turn.terse) and check(turn.expect, turn.worked), turn


def test_training_and_unseen_questions_are_disjoint():
    assert not any(held_out(turn.key) for turn in turns("split", 1000))
    rng = random.Random("unseen")
    assert all(held_out(dialogue(rng, 3, unseen_last=True)[-1].key) for _ in range(300))


def test_columns_spell_carries_and_borrows():
    assert columns_of_sum(347, 586) == "7+6=13, 4+8+1=13, 3+5+1=9"
    assert columns_of_difference(933, 586) == "13-6=7, 3-1=2, 12-8=4, 9-1=8, 8-5=3"
    assert columns_of_difference(204, 9) == "14-9=5, 10-1=9, 2-1=1"
    assert columns_of_product(23, 4) == "3×4=12, 2×4=8, 8+1=9"


def test_a_wrong_or_missing_answer_fails():
    assert not check({"type": "number", "value": 12}, "so 6 + 6 = 13.")
    assert not check({"type": "number", "value": 12}, "I do not know.")
    assert not check({"type": "words", "value": ["ant", "bag"]}, "Sorted: bag, ant.")
    assert not check({"type": "contains", "value": "Paris"}, "Rome.")
