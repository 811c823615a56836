"""Sums, differences and products. The worked answer goes column by column from the units."""

from .turn import Turn

ADD = ["What is {a} + {b}?", "What is {a} plus {b}?", "{a} + {b} = ?", "Add {a} and {b}.",
       "Please add {a} to {b}.", "How much is {a} + {b}?", "Compute {a} + {b}.", "{a} plus {b}?"]
SUB = ["What is {a} - {b}?", "What is {a} minus {b}?", "{a} - {b} = ?", "Subtract {b} from {a}.",
       "Take {b} away from {a}.", "How much is {a} - {b}?", "Compute {a} - {b}.", "{a} minus {b}?"]
MUL = ["What is {a} × {b}?", "What is {a} times {b}?", "{a} × {b} = ?", "Multiply {a} by {b}.",
       "How much is {a} times {b}?", "Compute {a} * {b}.", "{a} times {b}?"]


def columns_of_sum(a, b):
    """The columns of a + b, units first: 7+6=13, 4+8+1=13, 3+5+1=9."""
    steps, carry = [], 0
    while a or b:
        terms = [str(n % 10) for n in (a, b) if n] + (["1"] if carry else [])
        total = sum(map(int, terms))
        steps.append("+".join(terms) + (f"={total}" if len(terms) > 1 else ""))
        carry, a, b = total // 10, a // 10, b // 10
    return ", ".join(steps)


def columns_of_difference(a, b):
    """The columns of a - b, units first, borrowing in sight: 13-6=7, 3-1=2, 12-8=4, 9-1=8, 8-5=3."""
    steps, borrow = [], False
    while a:
        top, below, rest = a % 10, b % 10, b > 0
        if borrow:
            borrow = top == 0
            steps.append("10-1=9" if borrow else f"{top}-1={top - 1}")
            top = 9 if borrow else top - 1
        elif not rest:
            steps.append(str(top))
        if rest:
            if top < below:
                top, borrow = top + 10, True
            steps.append(f"{top}-{below}={top - below}")
        a, b = a // 10, b // 10
    return ", ".join(steps)


def columns_of_product(a, b):
    """The columns of a × b for one-digit b: 3×4=12, 2×4=8, 8+1=9."""
    steps, carry = [], 0
    while a:
        product = a % 10 * b
        steps.append(f"{a % 10}×{b}={product}")
        if carry:
            steps.append(f"{product}+{carry}={product + carry}")
        carry, a = (product + carry) // 10, a // 10
    return ", ".join(steps)


def sum_text(a, b):
    if a < 10 and b < 10:
        return f"{a} + {b} = {a + b}."
    return f"{columns_of_sum(a, b)}, so {a} + {b} = {a + b}."


def difference_text(a, b):
    if a < 20 and b < 10:
        return f"{a} - {b} = {a - b}."
    return f"{columns_of_difference(a, b)}, so {a} - {b} = {a - b}."


def product_text(a, b):
    if a < 10:
        return f"{a} × {b} = {a * b}."
    return f"{columns_of_product(a, b)}, so {a} × {b} = {a * b}."


def number_of(rng, digits):
    return rng.randint(1 if digits == 1 else 10 ** (digits - 1), 10 ** digits - 1)


def add(rng):
    digits = rng.choices([1, 2, 3, 4], [4, 8, 7, 1])[0]
    a = number_of(rng, digits)
    b = number_of(rng, digits if rng.random() < 0.7 else rng.randint(1, digits))
    if rng.random() < 0.5:
        a, b = b, a
    return sum_turn(rng, f"add-{max(len(str(a)), len(str(b)))}", a, b, rng.choice(ADD))


def sum_turn(rng, skill, a, b, wording):
    question = wording.format(a=a, b=b)
    key = question if a < 10 and b < 10 else f"{a}+{b}"
    return Turn(skill, question, f"{a} + {b} = {a + b}.", sum_text(a, b),
                {"type": "number", "value": a + b}, key, a + b)


def sub(rng):
    digits = rng.choices([1, 2, 3], [2, 4, 3])[0]
    a, b = number_of(rng, digits), number_of(rng, digits if rng.random() < 0.7 else rng.randint(1, digits))
    a, b = max(a, b), min(a, b)
    return difference_turn(f"sub-{digits}", a, b, rng.choice(SUB))


def difference_turn(skill, a, b, wording):
    question = wording.format(a=a, b=b)
    key = question if a < 10 else f"{a}-{b}"
    return Turn(skill, question, f"{a} - {b} = {a - b}.", difference_text(a, b),
                {"type": "number", "value": a - b}, key, a - b)


def mul(rng):
    digits = rng.choices([1, 2], [1, 1])[0]
    return product_turn(f"mul-{digits}", number_of(rng, digits), rng.randint(2, 9), rng.choice(MUL))


def product_turn(skill, a, b, wording):
    question = wording.format(a=a, b=b)
    key = question if a < 10 else f"{a}×{b}"
    return Turn(skill, question, f"{a} × {b} = {a * b}.", product_text(a, b),
                {"type": "number", "value": a * b}, key, a * b)


PLUS = ["And plus {b}?", "Now add {b}.", "Plus {b}?", "Add {b} to that.", "And {b} more?"]
MINUS = ["And minus {b}?", "Now subtract {b}.", "Minus {b}?", "Take {b} away from that."]
DOUBLE = ["And doubled?", "Now double it.", "And twice that?", "Double that, please."]


def follow_number(rng, value):
    """A question about the last result: only the dialogue says what it is."""
    if value > 499:
        return None
    kind = rng.choice(["plus", "minus", "double"])
    b = number_of(rng, rng.choice([1, 1, 2]))
    if kind == "minus" and b < value:
        return difference_turn("follow-minus", value, b, rng.choice(MINUS))
    if kind == "double" and value:
        return sum_turn(rng, "follow-double", value, value, rng.choice(DOUBLE))
    return sum_turn(rng, "follow-plus", value, b, rng.choice(PLUS)) if value else None
