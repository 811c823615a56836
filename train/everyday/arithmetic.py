"""Sums as people type them, from easy to hard for a small model."""

from fractions import Fraction

from drawing import decimal, fraction, several, written
from question import Question, any_of, label, matches, quantity, says

ASKED = ["What is {}?", "Calculate {}.", "{} = ?", "How much is {}?", "What does {} come to?", "Work out {}",
         "Compute {} and give me the result.", "quick: {}", "can you tell me {}", "I need the result of {}, please.",
         "{}", "hey whats {}", "What do I get for {}?", "Solve {}", "Could you do {} for me?"]
TOLD = ["{e} = {v}", "{e} = **{v}**", "The answer is {v}.", "{v}", "{e} is {v}.", "Sure! {e} equals {v}.",
        "The result of {e} is **{v}**."]

TIMES = ["{a} * {b}", "{a} x {b}", "{a} times {b}", "{a} × {b}", "{a} multiplied by {b}", "the product of {a} and {b}"]
DIVIDED = ["{a} / {b}", "{a} divided by {b}", "{a} ÷ {b}", "{a}/{b}", "{a} : {b}"]
MULTIPLES = [("double", 2), ("twice", 2), ("three times", 3), ("ten times", 10), ("four times", 4)]
LEFT_OVER = ["What is the remainder when {a} is divided by {b}?", "{a} mod {b}", "remainder of {a} / {b}?",
             "If I divide {a} by {b}, what remainder is left?"]

SHARES = ["What percentage of {b} is {a}?", "{a} is what percent of {b}?", "{a} out of {b} as a percentage",
          "I got {a} out of {b} on a test. What percent is that?", "turn {a}/{b} into a percentage please"]
REDUCED = ["What is {b} minus {p}%?", "A {b} dollar jacket is {p}% off. What do I pay?", "Reduce {b} by {p} percent.",
           "take {p}% off {b}", "Price was ${b}, now {p}% cheaper. What is the new price?"]
RAISED = ["Increase {b} by {p}%.", "What is {b} plus {p}%?", "Add {p}% tax to ${b}. What's the total?",
          "My rent of ${b} goes up by {p} percent. What will it be?", "{b} raised by {p} percent is how much"]
PERCENT_OF = ["{p}% of {b}", "{p} percent of {b}", "{p} % of {b}"]

TO_DECIMAL = ["Write {} as a decimal.", "What is {} as a decimal?", "{} in decimal form?", "convert {} to a decimal",
              "How do you write the fraction {} as a decimal number?", "decimal for {}"]
TO_FRACTION = ["Write {} as a fraction in lowest terms.", "What fraction is {}?", "{} as a simple fraction?",
               "convert {} to a fraction, simplified", "Can you turn {} into a fraction for me? Simplest form please."]
SIMPLIFIED = ["Simplify {}.", "Reduce the fraction {} to its lowest terms.", "{} simplified?",
              "What is {} in its simplest form?", "how do i simplify {}"]
BIGGER = ["Which is bigger, {} or {}?", "what's larger: {} or {}", "Is {} or {} the greater number?",
          "Which of these is more: {} or {}?"]
ROUNDED = ["Round {} to one decimal place.", "{} rounded to one decimal?", "please round {} to 1 decimal"]
HALVES = [("half of", 2), ("a quarter of", 4), ("a third of", 3), ("one fifth of", 5), ("a tenth of", 10)]
FRACTIONS = [(1, 2), (1, 4), (3, 4), (1, 5), (2, 5), (3, 5), (4, 5), (1, 8), (3, 8), (5, 8), (7, 8), (1, 10), (3, 10),
             (7, 10), (1, 20), (7, 20), (1, 25), (3, 2), (5, 4), (9, 10), (1, 100), (5, 2)]
MIXED = ["{a} + {b} * {c}", "({a} + {b}) * {c}", "{a} * {b} + {c}", "{a} * {b} - {c}", "{a} + {b} + {c}",
         "{a} + {b} - {c}", "{a} * {b} + {c} * {d}", "{a} * ({b} + {c})", "{a} * ({b} + {c}) - {d}", "{ab} / {b} + {c}",
         "{c} + {ab} / {a}", "{ab} / {a} * {c}", "{a} * {b} * {c}", "{a} ** 2 + {b}"]
CHAINS = [("Take {a}, double it and add {b}.", "2 * a + b"), ("Add {a} and {b}, then multiply by {c}.", "(a + b) * c"),
          ("Start with {ab}, divide by {a}, then add {c}.", "b + c"), ("What is {a} plus {b} plus {c}?", "a + b + c"),
          ("multiply {a} by {b} and then subtract {c}. what do i get", "a * b - c"),
          ("I think of {a}, add {b} and double the result. What is it?", "2 * (a + b)"),
          ("What's {a} squared plus {b}?", "a * a + b"), ("Triple {a} and take away {b}.", "3 * a - b"),
          ("What's half of {aa} plus {b}?", "a + b"), ("{a} times {b}, then plus {c}?", "a * b + c")]


def answered(rng, prompt, expression, value, check=None):
    """A question with answers that are right and near."""
    wrong = value + rng.choice([-10, -2, -1, 1, 2, 10] if value > 20 else [1, 2, 10])
    style = rng.choice(TOLD)
    right, wrong = (style.format(e=expression, v=written(one)) for one in (value, wrong))
    return Question(prompt, check or quantity(value), right, wrong)


def asked(rng, expression, value, check=None):
    return answered(rng, rng.choice(ASKED).format(expression), expression, value, check)


def drawn(rng, *digits):
    """Two numbers with as many digits as one of `digits`."""
    count = rng.choice(digits)
    return [rng.randrange(10 ** (count - 1), 10 ** count) for _ in range(2)]


def addition(rng):
    def make():
        a, b = drawn(rng, 1, 1, 2, 2, 2, 3, 3, 4, 5)
        return asked(rng, rng.choice([f"{a} + {b}", f"{a} plus {b}", f"{a}+{b}", f"the sum of {a} and {b}"]), a + b)
    return several(90, make)


def subtraction(rng):
    def make():
        b, a = sorted(drawn(rng, 1, 2, 2, 2, 3, 3, 4))
        return asked(rng, rng.choice([f"{a} - {b}", f"{a} minus {b}", f"{a}-{b}", f"{a} take away {b}"]), a - b)
    return several(85, make)


def multiplication(rng):
    def make():
        tops = rng.choice([(10, 10)] * 5 + [(100, 10)] * 2 + [(20, 20), (100, 100), (1000, 10), (1000, 100)])
        a, b = (rng.randrange(2, top + 1) for top in tops)
        if rng.random() < 0.15:
            word, b = rng.choice(MULTIPLES)
            return asked(rng, f"{word} {a}", a * b)
        if rng.random() < 0.12:
            b = rng.choice([10, 100, 1000])
        return asked(rng, rng.choice(TIMES).format(a=a, b=b), a * b)
    return several(90, make)


def division(rng):
    def make():
        b = rng.choice([2, 2, 3, 4, 5, 5, 6, 7, 8, 9, 10, 10, 12, 15, 25])
        quotient = rng.randrange(2, rng.choice([11, 11, 11, 21, 120]))
        kind = rng.random()
        if kind < 0.1:
            a = b * quotient + rng.randrange(1, b)
            return answered(rng, rng.choice(LEFT_OVER).format(a=a, b=b), f"The remainder of {a} / {b}", a % b)
        if kind < 0.2:
            a = 2 * quotient + 1
            return asked(rng, rng.choice(DIVIDED[:3]).format(a=a, b=2), a / 2)
        if kind < 0.3:
            return asked(rng, f"half of {2 * quotient}", quotient)
        return asked(rng, rng.choice(DIVIDED).format(a=b * quotient, b=b), quotient)
    return several(90, make)


def percent_and_base(rng):
    """A percent and a number, mostly easy ones."""
    p = rng.choice([10, 10, 10, 20, 20, 25, 50, 50, 50, 5, 30, 40, 75, 15, 80, 12, 90])
    easy = [100, 100, 200, 200, 300, 400, 500, 1000]
    return p, rng.choice(easy if p % 10 else easy + [10, 20, 30, 40, 50, 60, 70, 80, 120, 150, 250])


def percentages(rng):
    def make():
        kind = rng.random()
        p, b = percent_and_base(rng)
        part = b * p / 100
        if kind < 0.5:
            return asked(rng, rng.choice(PERCENT_OF).format(p=p, b=b), part,
                         any_of(quantity(part), matches(rf"^\W*{written(part)} is {p}")))
        if kind < 0.7:
            told = f"{written(part)} as a percentage of {b}"
            return answered(rng, rng.choice(SHARES).format(a=written(part), b=b), told, p,
                            any_of(quantity(p), matches(rf"(?<![\d.]){p}(?:\.0+)?\s?\\?(?:%|percent)")))
        asks, sign, value = (REDUCED, "minus", b - part) if kind < 0.85 else (RAISED, "plus", b + part)
        return answered(rng, rng.choice(asks).format(p=p, b=b), f"{b} {sign} {p}%", value)
    return several(95, make)


def as_decimal(rng, asks):
    top, bottom = rng.choice(FRACTIONS)
    value = top / bottom
    text = f"{top}/{bottom}"
    return Question(rng.choice(asks).format(text), decimal(value), f"{text} as a decimal is {written(value)}.",
                    f"{text} as a decimal is {written(value + 0.15)}.")


def as_fraction(rng):
    top, bottom = rng.choice(FRACTIONS)
    text = written(top / bottom)
    half = [says("one half", "a half", "one-half")] if (top, bottom) == (1, 2) else []
    return Question(rng.choice(TO_FRACTION).format(text), any_of(fraction(top, bottom), *half),
                    f"{text} = **{top}/{bottom}**", f"{text} = {top}/{bottom + 1}")


def simplified(rng):
    top, bottom = rng.choice([(1, 2), (1, 3), (2, 3), (3, 4), (2, 5), (5, 6), (3, 7), (4, 9), (7, 8)])
    times = rng.randrange(2, 9)
    text = f"{top * times}/{bottom * times}"
    return Question(rng.choice(SIMPLIFIED).format(text), fraction(top, bottom), f"{text} simplifies to {top}/{bottom}.",
                    f"{text} simplifies to {top + 1}/{bottom}.")


def bigger(rng):
    one, other = rng.sample(["0.9", "0.11", "0.25", "0.3", "0.75", "0.8", "1.5", "1.12", "2.09", "2.1", "0.05"], 2)
    best, worst = sorted([one, other], key=float, reverse=True)
    return Question(rng.choice(BIGGER).format(one, other), label(best, [one, other]), f"{best} is bigger than {worst}.",
                    f"{worst} is the bigger one.")


def rounded(rng):
    tenths, rest = rng.randrange(11, 99), rng.choice([1, 2, 3, 4, 6, 7, 8, 9])
    value = (tenths + (rest > 5)) / 10
    right = f"{tenths / 10}{rest} rounded to one decimal place is {value}."
    return Question(rng.choice(ROUNDED).format(f"{tenths / 10}{rest}"), quantity(value), right,
                    f"It is {value + 0.1:.1f}")


def decimal_sum(rng):
    a, b = rng.randrange(1, 60), rng.randrange(1, 30)
    if rng.random() < 0.3:
        word, parts = rng.choice(HALVES)
        times = rng.randrange(2, 13)
        return asked(rng, f"{word} {times * parts}", times)
    if rng.random() < 0.3:
        return asked(rng, f"half of {written(2 * a / 10)}", a / 10)
    signs = [("+", a + b), ("-", a - b)] if a > b else [("+", a + b)]
    sign, tenths = rng.choice(signs)
    return asked(rng, f"{a / 10} {sign} {b / 10}", tenths / 10)


def fraction_sum(rng):
    (a, b), (c, d) = rng.sample([(1, 2), (1, 4), (3, 4), (1, 3), (2, 3), (1, 5), (2, 5), (1, 6), (1, 8)], 2)
    total = Fraction(a, b) + Fraction(c, d)
    top, bottom = total.numerator, total.denominator
    if bottom == 1:
        return asked(rng, f"{a}/{b} + {c}/{d}", top)
    check = any_of(fraction(top, bottom), decimal(round(top / bottom, 2)))
    return Question(rng.choice(ASKED).format(f"{a}/{b} + {c}/{d}"), check, f"{a}/{b} + {c}/{d} = {top}/{bottom}",
                    f"{a}/{b} + {c}/{d} = {a + c}/{b + d}, or {(a + c)}/{b + d + 1}")


def fractions_decimals(rng):
    def make():
        kind = rng.randrange(10)
        makers = [as_fraction, simplified, simplified, bigger, rounded, decimal_sum, decimal_sum, fraction_sum]
        return as_decimal(rng, TO_DECIMAL) if kind < 2 else makers[kind - 2](rng)
    return several(100, make)


def mixed_operations(rng):
    def make():
        top = rng.choice([6, 10, 10, 20])
        a, b, c, d = (rng.randrange(2, top + 1) for _ in range(4))
        numbers = {"a": a, "b": b, "c": c, "d": d, "ab": a * b, "aa": 2 * a}
        if rng.random() < 0.35:
            text, formula = rng.choice(CHAINS)
            return answered(rng, text.format(**numbers), "The result", eval(formula, {}, numbers))
        expression = rng.choice(MIXED).format(**numbers)
        value = int(eval(expression))
        shown = expression.replace(" ** 2", "²") if rng.random() < 0.5 else expression.replace(" ** 2", "^2")
        return asked(rng, shown if rng.random() < 0.8 else shown.replace(" ", ""), value)
    return several(100, make)


KINDS = {"addition": addition, "subtraction": subtraction, "multiplication": multiplication, "division": division,
         "percentages": percentages, "fractions-decimals": fractions_decimals, "mixed-operations": mixed_operations}
