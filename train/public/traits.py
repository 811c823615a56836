"""Plain facts about a turn and an answer that tell much about arithmetic: how many numbers, do the sums add up.

The model learns to name them beside its real outputs, which makes a [CLS] state that has counted. They are
read off the same pieces the model sees, and nothing needs them once it is trained.
"""

import math
import re

N_TRAITS = 9
NUMBER = r"\d+(?:\.\d+)?"
SUM = re.compile(rf"({NUMBER})\s*([-+*/x×])\s*\$?\s*({NUMBER})\s*=\s*\$?\s*({NUMBER})")


def text_of(pieces):
    """Pieces as text, with numbers whole again: 1 ##2 , 0 ##0 ##0 . 5 is 12,000.5 written 12000.5."""
    text = " ".join(pieces).replace(" ##", "")
    text = re.sub(r"(\d) , (?=\d{3}\b)", r"\1", text)
    return re.sub(r"(\d) \. (?=\d)", r"\1.", text)


def sums(text):
    """How many of the sums that are written out are right, and how many are wrong."""
    found = {True: 0, False: 0}
    for a, operator, b, said in SUM.findall(text):
        a, b, said = float(a), float(b), float(said)
        right = {"+": a + b, "-": a - b, "/": a / b if b else math.inf}.get(operator, a * b)
        found[abs(right - said) <= 0.01 * max(1, abs(right))] += 1
    return found[True], found[False]


def traits(turn, answer):
    """N_TRAITS numbers of about unit size from two lists of pieces."""
    asked, said = text_of(turn), text_of(answer)
    given, used = re.findall(NUMBER, asked), re.findall(NUMBER, said)
    right, wrong = sums(said)
    return [math.log1p(len(given)), math.log1p(len(used)), math.log1p(said.count("=")), math.log1p(right),
            math.log1p(wrong), math.log1p(len({*given} - {*used})), float("." in used[-1]) if used else 0.0,
            len(turn) / 80, len(answer) / 80]
