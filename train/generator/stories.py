"""Word problems of two steps. Each step is a small sum that fits in one line."""

from .turn import Turn

NAMES = ["Tom", "Anna", "Ben", "Mia", "Leo", "Eva", "Sam", "Lily", "Max", "Nora"]
THINGS = ["apples", "books", "coins", "cards", "shells", "eggs", "stamps", "balls", "pens", "stones"]
GAINS = ["finds {n} more", "buys {n} more", "gets {n} more"]
LOSSES = ["gives away {n}", "loses {n}", "sells {n}"]


def change(rng, value):
    """One step: its words, its sign and its amount, never below zero."""
    amount = rng.randint(2, 9)
    if rng.random() < 0.5 or value <= amount:
        return rng.choice(GAINS).format(n=amount), "+", amount
    return rng.choice(LOSSES).format(n=amount), "-", amount


def story(rng):
    name, things = rng.choice(NAMES), rng.choice(THINGS)
    if rng.random() < 0.3:
        bags, each = rng.randint(2, 9), rng.randint(2, 9)
        start, opening = bags * each, f"{name} has {bags} bags with {each} {things} each"
        first, working = None, f"{bags} × {each} = {start}"
    else:
        start = rng.randint(10, 40)
        words, sign, amount = change(rng, start)
        opening = f"{name} has {start} {things} and {words}"
        middle = start + amount if sign == "+" else start - amount
        working, start = f"{start} {sign} {amount} = {middle}", middle
    words, sign, amount = change(rng, start)
    result = start + amount if sign == "+" else start - amount
    question = f"{opening}, then {words}. How many {things} does {name} have now?"
    worked = f"{working}, then {start} {sign} {amount} = {result}. {name} has {result} {things}."
    key = f"{working}{sign}{amount}"
    return Turn("story", question, f"{name} has {result} {things}.", worked,
                {"type": "number", "value": result}, key, result)
