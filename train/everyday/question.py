"""An everyday question, an answer that is right, and how to tell: the unit of train/everyday.

A check is plain data, so that `benches/checks.mjs`, which judges what models answer, needs none of this
code. The functions below make checks; each says what counts as right.
"""

from dataclasses import dataclass, field


@dataclass
class Question:
    prompt: str
    check: dict
    right: str  # an answer as a good model would give it, for the tests
    wrong: str  # one as a weak model would give it
    before: list = field(default_factory=list)  # earlier messages, as [role, text]


def says(*texts):
    """One of `texts` is in the answer as whole words, in any case."""
    return {"type": "says", "value": [str(text) for text in texts]}


def matches(pattern, flags="is"):
    """A JavaScript regular expression is found in the answer."""
    return {"type": "matches", "value": pattern, "flags": flags}


def quantity(value, tolerance=0):
    """The number that the answer concludes with: one that stands alone in bold or in a box, or else the last one.

    `1,200`, `1200.0` and `$1,200` are the same. `tolerance` is relative.
    """
    return {"type": "quantity", "value": value, "tolerance": tolerance}


def line(*texts, case=False):
    """A line of the answer is one of `texts`, but for quotes, markdown, white space and a full stop."""
    return {"type": "line", "value": list(texts), "case": case}


def label(value, labels):
    """Of `labels`, the one that the answer names first is `value`."""
    return {"type": "label", "value": value, "labels": list(labels)}


def items(values, ordered=False):
    """All of `values` are in the answer; where `ordered`, in this order."""
    return {"type": "items", "value": [str(value) for value in values], "ordered": ordered}


def json_value(value):
    """The answer's first JSON object or array (fenced or not) equals `value`; strings in any case, and
    numbers may be written as strings."""
    return {"type": "json", "value": value}


def shape(**bounds):
    """The answer's form, leaving out a code fence around it. Bounds, all of them optional:

    `min_words`, `max_words`, `n_lines` and `min_lines` (lines that are not empty), `n_sentences`, `n_items` (lines
    that begin with a bullet or a number), `starts`, `ends` (text, in any case), `upper`, `lower` (True: no letter
    of the other case).
    """
    known = {"min_words", "max_words", "n_lines", "min_lines", "n_sentences", "n_items", "starts", "ends", "upper", "lower"}
    assert bounds.keys() <= known, bounds.keys() - known
    return {"type": "shape", **bounds}


def code(language, name, tests):
    """The function `name` in the answer's code gives, for each `[arguments, result]` of `tests`, that result.

    `language` is "python" or "javascript"; arguments and results are JSON.
    """
    assert language in ("python", "javascript"), language
    return {"type": "code", "language": language, "name": name, "tests": tests}


def both(*checks):
    """All of `checks` hold."""
    return {"type": "all", "value": list(checks)}


def any_of(*checks):
    """One of `checks` holds."""
    return {"type": "any", "value": list(checks)}


def not_(check):
    """`check` does not hold."""
    return {"type": "not", "value": check}
