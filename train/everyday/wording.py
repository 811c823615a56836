"""What the areas about words and forms share: tables as text, ways of asking, and answers with a limit."""

import random
import re

from question import matches

# What a chat model may say before the thing it was asked for.
PREAMBLE = (r"^\s*(?:\W*(?:sure|certainly|of course|absolutely|okay|ok|yes|here|the|this|a|an|my|short|shorter|"
            r"shortened|summary|headline|title|sentence|answer|result)\b[^\n:]{0,100}:[\s*_\"]+)?")


def table(text):
    """The cells of a table that has a line a row and ` | ` between cells."""
    return [[cell.strip() for cell in line.split(" | ")] for line in text.strip().split("\n")]


def pairs(text):
    """The pairs of a text like `chien=dog, chat=cat`."""
    return [tuple(pair.strip().split("=")) for pair in text.replace("\n", " ").split(",")]


def options(cell):
    """The texts of a cell like `thanks/thank you`, of which each is right."""
    return [one.strip() for one in cell.split("/")]


def ways(rng: random.Random, phrasings):
    """The phrasings in a random order, again and again, so that all are used about as often."""
    while True:
        yield from rng.sample(phrasings, len(phrasings))


def shuffled(rng: random.Random, rows):
    return rng.sample(rows, len(rows))


def at_most(n):
    """The answer, but for a preamble, has from 2 to n words."""
    return matches(PREAMBLE + rf"(?:[-*>]\s+)?(?:\S+\s+){{1,{n - 1}}}\S+\s*$", "i")


def sentences(n):
    """The answer, but for a preamble, has n sentences."""
    words, close = r"[^.!?]*\w[^.!?]*", r"[\"'*”)]*\s*"
    return matches(PREAMBLE + rf"(?:{words}[.!?]+{close}){{{n - 1}}}{words}[.!?]*{close}$", "i")


def edited(marked):
    """(the sentence before, after, the parts after that show the change) of `She [don't|doesn't/does not] like tea.`

    Each part is the change with a word on either side of it, where there is one.
    """
    head, old, new, tail = re.fullmatch(r"(.*)\[([^|]*)\|([^\]]*)\](.*)", marked).groups()
    before, after = re.search(r"(?:[\w'-]+ )?$", head)[0], re.match(r"(?: [\w'-]+)?", tail)[0]
    parts = [f"{before}{one}{after}".strip() for one in new.split("/")]
    return " ".join((head + old + tail).split()), " ".join((head + options(new)[0] + tail).split()), parts
