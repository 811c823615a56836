"""What the areas with drawn numbers and names share: drawing different questions, and checks made of others."""

import re

from question import any_of, both, label, matches, not_, quantity

WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
         "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"]
VOICES = ["{}", "{}", "{}", "{}", "{}", "Hi! {}", "{} Thanks!", "Quick question: {}", "{} Please keep it short.",
          "Help me with this one: {}", "{} Just tell me the answer.", "hey! {}"]


def several(count, make, tries=40):
    """`count` questions of `make()` (which may give None) with different prompts, or fewer if so many aren't found."""
    seen = set()
    for _ in range(count * tries):
        question = make()
        key = question and (question.prompt, str(question.before))
        if key and key not in seen:
            seen.add(key)
            yield question
        if len(seen) == count:
            return


def voiced(rng, text):
    """A text as one of several people would type it."""
    if text[-1] not in ".?":
        return text
    if rng.random() < 0.12:
        return text.lower().rstrip("?.")
    return rng.choice(VOICES).format(text)


def spelled(value):
    """The answer has no digits and its first number word is `value`'s."""
    return both(not_(matches(r"\d")), label(WORDS[value], WORDS))


def number(value, unit=None, tolerance=0):
    """The answer concludes with `value`, in digits or as a word, or has it before `unit` (a regular expression)."""
    ways = [quantity(value, tolerance)]
    word = str(value)
    if isinstance(value, int) and 0 <= value <= 20:
        ways.append(spelled(value))
        word = f"(?:{value}|{WORDS[value]})"
    if unit:
        ways.append(matches(rf"(?<![\w.]){word}(?:\.0+)?\W{{0,4}}(?:{unit})"))
    return any_of(*ways) if len(ways) > 1 else ways[0]


def first_new(value, known):
    """The first number of the answer that is not in `known` is `value`."""
    old = "|".join(str(one) for one in sorted(set(known) - {value}, reverse=True))
    return matches(rf"^(?:\D|(?<!\d)(?:{old})(?!\d))*(?<!\d){value}(?!\d|\.\d)")


def written(value):
    """A number as people write it: no `.0`, no more than six decimals."""
    return f"{round(value, 6):g}" if isinstance(value, float) else str(value)


def decimal(value):
    """The decimal number `value` is in the answer, maybe with more zeros."""
    whole, _, rest = written(value).partition(".")
    return matches(rf"(?<![\d.,]){'0?' if whole == '0' else re.escape(whole)}[.,]{rest}0*(?!\d)")


def fraction(top, bottom):
    """The fraction is in the answer, plain or in LaTeX."""
    return matches(rf"(?<![\d/.]){top}\s*[/⁄]\s*{bottom}(?!\d|\.\d|/)|"
                   rf"frac\s*\{{\s*{top}\s*\}}\s*\{{\s*{bottom}\s*\}}")
