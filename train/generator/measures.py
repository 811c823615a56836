"""Units and the calendar. A worked date counts on from where it starts, name by name."""

from .arithmetic import product_text
from .turn import Turn

DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August",
          "September", "October", "November", "December"]
# (large unit, small unit, factor, largest amount asked)
UNITS = [("hours", "minutes", 60, 9), ("minutes", "seconds", 60, 9), ("weeks", "days", 7, 19),
         ("metres", "centimetres", 100, 99), ("kilometres", "metres", 1000, 99),
         ("kilograms", "grams", 1000, 99), ("years", "months", 12, 9), ("dozens", "pieces", 12, 9)]
CONVERT = ["How many {small} are {n} {large}?", "Convert {n} {large} to {small}.",
           "{n} {large} in {small}?", "What is {n} {large} in {small}?"]


def units(rng):
    large, small, factor, most = rng.choice(UNITS)
    n = rng.randint(2, most)
    result = n * factor
    if factor == 60:
        working = f"{n} × 6 = {n * 6}, so "
    elif factor == 7:
        working = product_text(n, 7)[:-1] + ", so "
    elif factor == 12:
        working = f"{n} × 10 = {n * 10}, {n} × 2 = {n * 2}, {n * 10} + {n * 2} = {result}, so "
    else:
        working = ""
    question = rng.choice(CONVERT).format(n=n, large=large, small=small)
    key = question if most < 10 else f"{n} {large} {small}"
    return Turn("units", question, f"{result} {small}.", f"{working}{n} {large} are {result} {small}.",
                {"type": "number", "value": result}, key, result)


def dates(rng):
    """A day so many days on or back, or a month so many months on."""
    if rng.random() < 0.35:
        names, unit, most, way = MONTHS, "month", 6, 1
    else:
        names, unit, most, way = DAYS, "day", 12, rng.choice([1, 1, -1])
        most = most if way == 1 else 5
    start, n = rng.randrange(len(names)), rng.randint(1, most)
    side = "after" if way == 1 else "before"
    plural = unit + ("s" if n > 1 else "")
    end = names[(start + way * n) % len(names)]
    question = rng.choice([f"What {unit} is {n} {plural} {side} {names[start]}?",
                           f"Which {unit} comes {n} {plural} {side} {names[start]}?",
                           f"{n} {plural} {side} {names[start]}: which {unit} is it?"])
    steps, working = n, ""
    if unit == "day" and n > 7:
        steps = n - 7
        working = f"{n} - 7 = {steps}. "
    counted = ", ".join(f"{i} {names[(start + way * i) % len(names)]}" for i in range(1, steps + 1))
    return Turn("dates", question, f"It is {end}.", f"{working}{counted}. It is {end}.",
                {"type": "words", "value": [end]}, question)
