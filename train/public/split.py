"""Which questions are for training, which for tuning, and which for the final test.

The sets share questions, and the same question may come with other options, so the part is decided by a
hash of the question alone: lowercase, without options, whitespace and punctuation collapsed. A question
therefore falls in the same part wherever it appears.
"""

import hashlib
import re

PARTS = ("train", "valid", "test")
OPTION = re.compile(r"\n\(?A[.)] ")


def normalised(prompt):
    """The question as it is compared: words and digits only, options left out."""
    question = OPTION.split(prompt, maxsplit=1)[0]
    return " ".join(re.findall(r"\w+", question.lower())) or " ".join(prompt.split())


def part(prompt):
    """70 % train, 10 % valid, 20 % test."""
    share = int(hashlib.sha256(normalised(prompt).encode()).hexdigest()[:8], 16) / 2**32
    return "train" if share < 0.7 else "valid" if share < 0.8 else "test"
