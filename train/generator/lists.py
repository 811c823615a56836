"""Word lists: sort, reverse, count, and what comes first or last."""

from .turn import Turn

WORDS = """ant apple arm bag bear bell bird boat bread cake car cat chair cow cup deer dog door drum
duck ear egg eye farm fish flag fog fork fox game gate goat gold green hat hen hill horse ice ink iron
jam jar key king kite lake lamp leaf lemon milk moon mouse nest net nose nut oak oil owl pan pear pen
pig queen rain ring road rose salt sand sea ship snow star sun table tea tent tree van wall wind wolf
yard zoo""".split()
SORT = ["Sort these words: {w}.", "Put in alphabetical order: {w}.", "Sort {w} by the alphabet.",
        "Order these words from a to z: {w}."]
REVERSE = ["Reverse this list: {w}.", "Say these words backwards: {w}.", "Turn this list around: {w}."]
COUNT = ["How many words are in this list: {w}?", "Count these words: {w}.", "How many words: {w}?"]


def some_words(rng, low, high):
    """Words with different first letters, so that the first letter decides their order."""
    picked, wanted = {}, rng.randint(low, high)
    while len(picked) < wanted:
        word = rng.choice(WORDS)
        picked.setdefault(word[0], word)
    words = list(picked.values())
    rng.shuffle(words)
    return words


def joined(words):
    return ", ".join(words)


def listing(skill, question, words, result, terse, worked):
    return Turn(skill, question, f"{terse} {joined(result)}.", f"{worked} {joined(result)}.",
                {"type": "words", "value": result}, f"{skill} {joined(words)}", result)


def sort(rng):
    words = some_words(rng, 3, 4)
    question = rng.choice(SORT).format(w=joined(words))
    return sort_turn("sort", question, words)


def sort_turn(skill, question, words):
    result = sorted(words)
    letters = ", ".join(word[0] for word in result)
    return listing(skill, question, words, result, "Sorted:", f"By first letter {letters}:")


def reverse(rng):
    words = some_words(rng, 3, 5)
    question = rng.choice(REVERSE).format(w=joined(words))
    return listing("reverse", question, words, words[::-1], "Reversed:", "From the last to the first:")


def count(rng):
    words = some_words(rng, 3, 7)
    question = rng.choice(COUNT).format(w=joined(words))
    counted = ", ".join(f"{i} {word}" for i, word in enumerate(words, 1))
    return Turn("count", question, f"{len(words)} words.", f"{counted}: {len(words)} words.",
                {"type": "number", "value": len(words)}, f"count {joined(words)}", words)


def follow_words(rng, words):
    """A question about the last list: only the dialogue says which."""
    kind = rng.choice(["backwards", "sorted", "first", "last"])
    if kind == "backwards":
        question = rng.choice(["Now backwards.", "And backwards?", "Now turn that around."])
        return listing("follow-backwards", question, words, words[::-1], "Reversed:",
                       "From the last to the first:")
    if kind == "sorted" and words != sorted(words) and len(words) <= 5:
        question = rng.choice(["Now sort them.", "And sorted?", "Now in alphabetical order."])
        return sort_turn("follow-sorted", question, words)
    word = words[0] if kind == "first" else words[-1]
    kind = "first" if kind == "first" else "last"
    question = rng.choice([f"Which word is {kind}?", f"What is the {kind} word?"])
    return Turn("follow-word", question, f"It is {word}.", f"The {kind} word is {word}.",
                {"type": "words", "value": [word]}, f"{kind} {joined(words)}")
