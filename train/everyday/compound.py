"""Checks made of those of question.py, and ways to put a question, for several areas."""

import re

from question import any_of, label, matches, quantity

SMALL = ("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
         "seventeen eighteen nineteen twenty").split()
OPENINGS = ["Quick question: {}", "Hi! {}", "I was wondering, {}", "Please tell me: {}", "Do you know: {}",
            "Hey, {}", "Question from my son: {}", "For a quiz tonight: {}", "I keep forgetting this. {}"]
CLOSINGS = ["{} Just the answer, please.", "{} Thanks!", "{} Keep it short.", "{} I forgot.",
            "{} One short sentence is enough."]
FRAMES = ["{}.", "**{}**", "The answer is {}.", "That would be {}.", "Sure! It is {}.", "It's **{}**.", "Answer: {}",
          "{}.\n\nLet me know if you have any other questions!"]


def first_named(answers, others):
    """Of all `answers` and `others`, an answer is named first."""
    return any_of(*(label(answer, [*answers, *others]) for answer in answers))


def last_named(answer, others):
    """Of `answer` and `others`, plain words, the one named last is `answer`."""
    return matches(rf"\b{answer}\b(?!.*\b(?:{'|'.join(others)})\b)")


def digits(value, tolerance=0):
    """A regular expression for a number as people write it, rounded as far as the relative tolerance lets."""
    rounded = {f"{abs(value):,.{places}f}" for places in range(4)
               if abs(round(value, places) - value) <= max(tolerance * abs(value), 1e-9)}
    forms = [re.escape(form).replace(",", ",?") + (r"\d*" if "." in form else r"(?:\.0+)?") for form in rounded]
    if value == int(value) and 0 <= value <= 20:
        forms.append(rf"\b{SMALL[int(value)]}\b")
    sign = "(?:[-−–]\\s?|minus )" if value < 0 else ""
    return rf"(?<![\d.,−-]){sign}(?:{'|'.join(sorted(forms, key=len, reverse=True))})(?![\d]|[.,]\d)"


def amount(value, units, tolerance=0):
    """The answer concludes with `value`, or has it with one of `units` (regular expressions) after it."""
    unit = "|".join(units)
    return any_of(quantity(value, tolerance),
                  matches(rf"{digits(value, tolerance)}[\s*_\\-]*(?:text\{{\s*)?(?:{unit})(?![a-z])"))


def money(value):
    """The answer concludes with a sum, or has it with a currency's sign or name."""
    said = digits(value).replace(r"(?<![\d.,−-])", "")
    named = rf"(?<![\d.,])(?:{said})\s*(?:dollars|euros?|pounds|€|cents)"
    return any_of(quantity(value), matches(rf"[$€£]\s?{said}|{named}"))


def lowered(text):
    return text[0].lower() + text[1:]


def put(rng, question):
    """A question as different people type it; its first word must not be a name."""
    style = rng.randrange(10)
    if style < 4:
        return question
    if style < 6:
        return question.lower().rstrip("?.")
    if style < 8:
        opening = rng.choice(OPENINGS)
        return opening.format(lowered(question) if opening[-4] == "," else question)
    return rng.choice(CLOSINGS).format(question)


def framed(rng, answer):
    """An answer as chat models put it."""
    text = rng.choice(FRAMES).format(answer)
    return text[0].upper() + text[1:]
