"""Plain facts about a turn and an answer, counted off the text: numbers, sums, options, what is stated at the end.

A tiny BERT cannot check a sum, or compare the value that was worked out with the option that was chosen; these few
lines can. The head reads them beside the encoder's state, so the router computes the same numbers from the same texts:
`src/routing/features.rs` is this file in Rust, and `tests/fixtures/features.json` holds both to the same values.
No word of any language is listed: a letter is ASCII's, or anything beyond Latin-1's signs that is no punctuation.
"""

import math
import re
from functools import lru_cache

TURN = ["turn_length", "turn_numbers", "turn_signs", "options", "options_with_numbers", "option_words"]
ANSWER = ["answer_length", "answer_lines", "answer_numbers", "answer_equals", "right_sums", "wrong_sums",
          "unused_numbers", "new_numbers", "new_words", "ended", "stated", "overlap", "overlap_margin", "agrees",
          "agrees_with_other", "final_fraction", "final_size", "final_is_last_sum"]
NAMES = TURN + ANSWER
N_FEATURES = len(NAMES)

LETTER = "A-Za-zÀ-ÖØ-öø-\u1fff\u2c00-\u2fff\u3040-\ufeff\U00010000-\U0010ffff"
TOKEN = re.compile(rf"[0-9]{{1,3}}(?:,[0-9]{{3}})+(?![0-9])(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?|[{LETTER}]+|\n|[^ \t\r]")
NUMBER, WORD, LINE, SIGN = range(4)
OPERATORS = {"+": "+", "-": "-", "−": "-", "–": "-", "*": "*", "×": "*", "⋅": "*", "·": "*", "x": "*", "times": "*",
             "cdot": "*", "/": "/", "÷": "/", "div": "/"}
SKIPPED = {"$", "£", "€", "%", "\\"}
MOST_UNITS = 2  # words that may stand between a number and its operator, as in `3 full hours * 60`
END_TOKENS = 6  # how near the end a bare letter states an option
MOST = 1e15  # numbers beyond it are as good as it
WORD_CHARS = 4  # shorter words tell nothing about what a text is about


def tokens(text):
    """[(kind, text, value)]: numbers, words, line ends and single signs."""
    return [(kind_of(piece), piece, value_in(piece)) for piece in TOKEN.findall(text)]


def kind_of(piece):
    if "0" <= piece[0] <= "9":
        return NUMBER
    return LINE if piece == "\n" else WORD if re.match(f"[{LETTER}]", piece) else SIGN


def value_in(piece):
    return min(MOST, float(piece.replace(",", ""))) if "0" <= piece[0] <= "9" else 0.0


def same(a, b):
    """Whether two values are the same up to rounding."""
    return abs(a - b) <= 0.01 * max(abs(a), abs(b), 0.01)


def same_share(a, b):
    """The same, or one of them in per cent."""
    return same(a, b) or same(a, 100 * b) or same(100 * a, b)


def side(found, equals, step):
    """The sum that ends before (`step` -1) or begins after (1) the '=' at `equals`: its numbers and operators."""
    terms, wants_number, units, i = [], True, 0, equals + step
    while 0 <= i < len(found):
        kind, text, value = found[i]
        after_number = wants_number if step < 0 else not wants_number
        if kind == NUMBER and wants_number:
            terms.append(value)
            wants_number, units = False, 0
        elif text in OPERATORS and not wants_number:
            terms.append(OPERATORS[text])
            wants_number, units = True, 0
        elif kind == WORD and after_number and units < MOST_UNITS:
            units += 1
        elif text not in SKIPPED:
            break
        i += step
    whole = terms if len(terms) % 2 else terms[:-1]
    return whole[::step]


def value_of(terms):
    """The value of numbers and operators in turn, products first."""
    total, product = 0.0, terms[0]
    for operator, number in zip(terms[1::2], terms[2::2]):
        if operator == "*":
            product *= number
        elif operator == "/":
            product = product / number if number else math.nan  # which no value equals
        else:
            total += product
            product = number if operator == "+" else -number
    return total + product


def sums(found):
    """(how many written sums are right, how many wrong, the value said after the last '=')."""
    right, wrong, last = 0, 0, None
    for i in (i for i, (_, text, _) in enumerate(found) if text == "="):
        left, said = side(found, i, -1), side(found, i, 1)
        if said:
            last = value_of(said)
            if len(left) > 1:
                holds = same_share(value_of(left), last)
                right, wrong = right + holds, wrong + (not holds)
    return right, wrong, last


def options(turn):
    """The tokens of each option: of lines that begin `A.`, `B.` and so on, or `A)` or `(A)`."""
    found = []
    for line in turn.split("\n"):
        line = line.strip(" \t\r").removeprefix("(")
        if line[:1] == chr(ord("A") + len(found)) and line[1:2] in (".", ")"):
            found.append(tokens(line[2:]))
    return found


def stated(found, n_options):
    """(the option named last in brackets, or else by a bare letter near the end; where) or None."""
    letters = {chr(ord("A") + i): i for i in range(min(26, n_options))}
    texts = [text for _, text, _ in found]
    for i in range(len(found) - 3, -1, -1):
        if texts[i] == "(" and texts[i + 1] in letters and texts[i + 2] == ")":
            return letters[texts[i + 1]], i
    for i in range(len(found) - 1, max(-1, len(found) - 1 - END_TOKENS), -1):
        if texts[i] in letters:
            return letters[texts[i]], i
    return None


def words(found):
    """Words of some length, ASCII's capitals made small."""
    lower = lambda text: "".join(c.lower() if c.isascii() else c for c in text)
    return [lower(text) for kind, text, _ in found if kind == WORD and len(text) >= WORD_CHARS]


def numbers(found):
    return [value for kind, _, value in found if kind == NUMBER]


def share(part, whole):
    return part / whole if whole else 0.0


@lru_cache(maxsize=1 << 16)
def of_turn(turn):
    """(what TURN names, the numbers given, the words, the options)."""
    asked, choices = tokens(turn), options(turn)
    counted = (math.log1p(len(turn)) - 5, math.log1p(len(numbers(asked))),
               share(sum(kind == SIGN for kind, *_ in asked), len(asked)), len(choices) / 10,
               share(sum(bool(numbers(choice)) for choice in choices), len(choices)),
               math.log1p(share(sum(len(words(choice)) for choice in choices), len(choices))))
    return counted, {*numbers(asked)}, {*words(asked)}, choices


def of_choice(said, choices):
    """stated, overlap, overlap_margin, agrees, agrees_with_other: the option that an answer names, and its reasons."""
    named = stated(said, len(choices))
    chosen, at = named or (None, len(said))
    before = said[:at]
    reasons, worked = {*words(before), *numbers(before)}, numbers(before)[-1:]
    terms = [{*words(choice), *numbers(choice)} for choice in choices]
    overlaps = [share(len(mine & reasons), len(mine)) for mine in terms]
    holds = [any(same(worked[0], n) for n in numbers(choice)) if worked else False for choice in choices]
    mine, others = overlaps[chosen] if named else 0.0, [o for i, o in enumerate(overlaps) if i != chosen]
    comparable = named and worked and numbers(choices[chosen])
    agrees = (1.0 if holds[chosen] else -1.0) if comparable else 0.0
    return (float(named is not None), mine, mine - max(others, default=0.0), agrees,
            float(any(h for i, h in enumerate(holds) if i != chosen)))


def features(turn, answer):
    """N_FEATURES numbers of about unit size, in the order of NAMES; zeros for ANSWER where none is written."""
    asked, given, asked_words, choices = of_turn(turn)
    if not answer:
        return [*asked, *[0.0] * len(ANSWER)]
    said, log = tokens(answer), math.log1p
    used, said_words = numbers(said), words(said)
    right, wrong, last = sums(said)
    final = used[-1] if used else None
    count = lambda wanted: sum(wanted(kind, text) for kind, text, _ in said)
    return [
        *asked, log(len(answer)) - 5, log(count(lambda kind, _: kind == LINE)), log(len(used)),
        log(count(lambda _, text: text == "=")), log(right), log(wrong),
        share(len(given - {*used}), len(given)), share(len({*used} - given), len({*used})),
        share(sum(word not in asked_words for word in said_words), len(said_words)),
        float(answer.rstrip(" \t\r\n")[-1:] in (".", "!", "?", ")", "}", "`")), *of_choice(said, choices),
        float(final is not None and final != math.floor(final)),
        math.log10(1 + final) if final is not None else 0.0,
        0.0 if last is None or final is None else 1.0 if same(last, final) else -1.0,
    ]
