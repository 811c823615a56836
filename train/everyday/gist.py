"""What the areas with open questions share: a check of what any right answer mentions, and ways to ask for little.

Keys are text like `sun*/light & water`: each part between ` & ` needs one of its words in the answer, where `*` stands
for any ending (else an `s`, `ed` or `ing` is fine).
"""

import re

from question import Question, both, matches, not_, shape
from wording import ways

NO_REFUSAL = not_(matches(r"i(?:['’]m| am) sorry,? (?:but|i can)|\bas an ai\b|i(?:['’]m| am) (?:unable|not able) to|"
                          r"\bi (?:cannot|can['’]t|can not) (?:help|assist|provide|answer|write|do that|"
                          r"give|create|fulfill)"))
REFUSALS = ["I'm sorry, but I can't help with that.", "Sure! Here is what you asked for:",
            "As an AI language model, I do not have access to that information.", "I'd be happy to help you with that!"]
SHORTLY = ["{} Answer in one sentence.", "{} In a few words, please.", "Briefly: {}", "{} Keep it short.", "~{}",
           "{} One or two sentences are enough.", "Hi! {} Just a short answer.", "{} (short answer)",
           "Quick question: {}",
           "{} Please be brief.", "~in short, {}", "Can you tell me in one short sentence: {}",
           "{} Short please, thanks!"]


def patterns(keys):
    """A regular expression for each part of `keys`."""
    parts = [[ending(word.strip()) for word in part.split("/")] for part in keys.split(" & ")]
    return [r"\b(?:" + "|".join(words) + r")\b" for words in parts]


def ending(word):
    return word[:-1] + r"\w*" if word.endswith("*") else word + r"(?:e?s|e?d|ing)?"


def mentions(keys):
    """The answer has a word of each part of `keys`."""
    found = [matches(pattern) for pattern in patterns(keys)]
    return both(*found) if len(found) > 1 else found[0]


def has(keys, text):
    return all(re.search(pattern, text, re.I) for pattern in patterns(keys))


def about(keys, min_words):
    """The answer mentions `keys`, is long enough and is no refusal."""
    return both(mentions(keys), shape(min_words=min_words), NO_REFUSAL)


def put(phrasing, text):
    """A phrasing that begins with `~` is typed in lower case with no mark at the end."""
    if phrasing.startswith("~"):
        return phrasing[1:].format(text).lower().rstrip("?.")
    return phrasing.format(text)


def open_questions(rng, rows, phrasings, min_words=4):
    """A question for each (subject, keys, right answer); wrong are an answer to another one and refusals."""
    asked, refused = ways(rng, phrasings), ways(rng, REFUSALS)
    for i, (subject, keys, right) in enumerate(rows):
        others = [row[2] for row in rows[i + 1:] + rows[:i] if not has(keys, row[2])]
        wrong = next(refused) if i % 3 == 0 else others[0]
        yield Question(put(next(asked), subject), about(keys, min_words), right, wrong)
