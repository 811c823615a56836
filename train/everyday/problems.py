"""Small word problems: stories with drawn numbers, many of one step."""

import re

from drawing import number, several, voiced
from question import Question, any_of, matches

NAMES = ["Tom", "Anna", "Maria", "Ben", "Lucy", "Omar", "Priya", "Jack", "Emma", "Leo", "Sara", "Ivan", "Chloe", "Noah"]
TOLD = ["{w} = {v}, so the answer is {v}.", "The answer is **{v}**.", "{v}", "It is {v}.", "{w} = {v}",
        "Let's see: {w} = {v}. The answer is {v}.", "That makes {v}.", "You get {v} ({w} = {v})."]
PLAINLY = ["The answer is **{v}**.", "{v}", "It is {v}.", "That makes {v}.", "The result is {v}."]

# Each story: its text, the ranges of its numbers, and the formula of the answer. In the text, {ab} stands for a * b
# and {s} for a + b; {n} and {m} are two names.
SHOPPING = [
    ("One apple costs {a} cents. How many cents do {b} apples cost?", {"a": (5, 60), "b": (2, 9)}, "a * b"),
    ("I buy {a} notebooks at ${b} each. What is the total?", {"a": (2, 8), "b": (2, 9)}, "a * b"),
    ("A coffee is ${a} and a muffin is ${b}. How much for both?", {"a": (2, 6), "b": (2, 5)}, "a + b"),
    ("{n} pays for a ${a} book with a $50 bill. How much change does {n} get?", {"a": (7, 45)}, "50 - a"),
    ("A pack of {a} pens costs ${ab}. How much is one pen?", {"a": (2, 10), "b": (1, 4)}, "b"),
    ("I have $20 and spend ${a} on lunch. How much do I have left?", {"a": (4, 18)}, "20 - a"),
    ("A shirt costs ${a} and trousers cost ${b}. What do a shirt and two pairs of trousers cost together?",
     {"a": (10, 30), "b": (20, 50)}, "a + 2 * b"),
    ("{n} buys {a} bottles of water for ${b} each and pays with $100. How many dollars are left?",
     {"a": (2, 9), "b": (2, 6)}, "100 - a * b"),
    ("Cinema tickets are ${a} each. What do {b} friends pay in total?", {"a": (6, 15), "b": (2, 7)}, "a * b"),
    ("Bread is {a} euros, cheese {b} euros and milk {c} euros. How much altogether?",
     {"a": (2, 5), "b": (3, 9), "c": (1, 4)}, "a + b + c"),
    ("Apples are $3 a kilo. How much do {a} kilos cost?", {"a": (2, 12)}, "3 * a"),
    ("I want a bike that costs ${s} and I've saved ${a}. How much more do I need?", {"a": (30, 150), "b": (20, 200)},
     "b"),
    ("{n} bought {a} kilos of rice for ${ab}. What's the price per kilo?", {"a": (2, 10), "b": (2, 6)}, "b"),
    ("how many $" + "{a} tickets can i buy with ${ab}", {"a": (4, 12), "b": (3, 10)}, "b"),
    ("The shoes were ${s} and are now ${a} off. What do they cost now?", {"a": (5, 30), "b": (20, 90)}, "b"),
    ("A sandwich costs ${a}. {n} and {m} each buy one, plus one drink for $2. How much do they pay together?",
     {"a": (3, 9)}, "2 * a + 2"),
    ("My phone plan is ${a} a month. What do I pay in a year?", {"a": (8, 40)}, "12 * a"),
    ("Eggs come in boxes of 12. How many eggs are in {a} boxes?", {"a": (2, 11)}, "12 * a"),
    ("Three equal items cost ${a3} in total. What does one cost?", {"a": (3, 40)}, "a"),
]
SHARING = [
    ("{ab} sweets are shared equally between {a} children. How many does each child get?", {"a": (2, 9), "b": (2, 9)},
     "b"),
    ("If I split a ${ab} bill evenly between {a} people, what does each of us pay?", {"a": (2, 8), "b": (6, 25)}, "b"),
    ("A machine makes {a} parts an hour. How many does it make in {b} hours?", {"a": (5, 60), "b": (2, 9)}, "a * b"),
    ("{n} reads {a} pages a day. How many days for a book of {ab} pages?", {"a": (10, 30), "b": (4, 12)}, "b"),
    ("A tap fills {a} liters in a minute. How many minutes to fill {ab} liters?", {"a": (4, 12), "b": (3, 12)}, "b"),
    ("{n} types {a} words a minute. How many words is that in {b} minutes?", {"a": (30, 60), "b": (2, 10)}, "a * b"),
    ("We have {a} pizzas with 8 slices each. How many slices is that?", {"a": (2, 9)}, "8 * a"),
    ("{a} pizzas of 8 slices are shared by 4 people. How many slices each?", {"a": (2, 7)}, "2 * a"),
    ("{n} earns ${a} an hour. How much for {b} hours of work?", {"a": (9, 30), "b": (2, 9)}, "a * b"),
    ("I earned ${ab} in {a} hours. What's my hourly pay in dollars?", {"a": (3, 9), "b": (8, 25)}, "b"),
    ("A recipe for 4 people needs {a2} eggs. How many eggs for 8 people?", {"a": (1, 5)}, "4 * a"),
    ("How many buses with {a} seats do we need for {ab} students?", {"a": (20, 50), "b": (2, 6)}, "b"),
    ("{n} has {s} stickers and gives {a} to {m}. How many are left?", {"a": (3, 20), "b": (4, 30)}, "b"),
    ("put {ab} books on {a} shelves evenly, how many per shelf", {"a": (3, 9), "b": (5, 20)}, "b"),
    ("There are {a} rows of {b} chairs in the hall. How many chairs in all?", {"a": (4, 15), "b": (5, 12)}, "a * b"),
    ("A printer prints {a} pages a minute. How long, in minutes, does it take to print {ab} pages?",
     {"a": (8, 30), "b": (2, 9)}, "b"),
    ("{n} and {m} share {a2} cookies equally. How many does each one get?", {"a": (3, 24)}, "a"),
    ("3 workers paint {a3} walls in a day. How many walls does one worker paint in a day?", {"a": (2, 9)}, "a"),
    ("I walk my dog {a} times a day. How many walks is that in a week?", {"a": (2, 4)}, "7 * a"),
]
AGES = [
    ("{n} is {a} years old. {m} is {b} years older. How old is {m}?", {"a": (5, 50), "b": (2, 12)}, "a + b"),
    ("{n} is {s}. {m} is {a} years younger. How old is {m}?", {"a": (2, 9), "b": (6, 40)}, "b"),
    ("I am {a} years old. How old will I be in {b} years?", {"a": (15, 60), "b": (3, 20)}, "a + b"),
    ("{n} is twice as old as {m}. {m} is {a}. How old is {n}?", {"a": (4, 30)}, "2 * a"),
    ("My sister is {a2} and I'm half her age. How old am I?", {"a": (4, 20)}, "a"),
    ("{n} was born in {y}. How old did {n} turn in 2020?", {"y": (1950, 2012)}, "2020 - y"),
    ("{n} has {a} marbles and {m} has {b} more. How many does {m} have?", {"a": (5, 40), "b": (3, 20)}, "a + b"),
    ("{n} has {s} coins, {m} has {a}. How many more does {n} have?", {"a": (3, 40), "b": (2, 30)}, "b"),
    ("{n} is {s} cm tall and {m} is {a} cm. What's the difference in cm?", {"a": (120, 160), "b": (3, 35)}, "b"),
    ("{n} has {a} books. {m} has three times as many. How many books does {m} have?", {"a": (3, 30)}, "3 * a"),
    ("{n} is {a} and {m} is {b}. What do their ages add up to?", {"a": (5, 60), "b": (5, 60)}, "a + b"),
    ("Dad is {a} years older than me. I'm {b}. how old is dad", {"a": (22, 38), "b": (8, 30)}, "a + b"),
    ("{n} scored {a} points, which is {b} fewer than {m}. How many points did {m} score?",
     {"a": (10, 60), "b": (2, 15)}, "a + b"),
    ("There are {s} kids in class and {a} of them are girls. How many are boys?", {"a": (8, 16), "b": (7, 16)}, "b"),
    ("{n} is {a} now. How old was {n} 5 years ago?", {"a": (8, 60)}, "a - 5"),
    ("{n} has {a} red pens and twice as many blue ones. How many pens in total?", {"a": (2, 20)}, "3 * a"),
    ("Grandma is {s}. She had my mom when she was {a}. How old is my mom?", {"a": (20, 32), "b": (30, 55)}, "b"),
    ("In 4 years {n} will be {a}. How old is {n} today?", {"a": (10, 60)}, "a - 4"),
]
TRAVEL = [
    ("A car drives {a} km an hour. How far does it go in {b} hours?", {"a": (40, 100, 10), "b": (2, 6)}, "a * b"),
    ("A train covers {ab} km in {a} hours. What's its speed in km/h?", {"a": (2, 6), "b": (50, 150, 10)}, "b"),
    ("How many hours does it take to drive {ab} miles at {a} mph?", {"a": (30, 70, 10), "b": (2, 7)}, "b"),
    ("{n} cycles {a} km to work and back each day. How many km is that in 5 days?", {"a": (4, 30)}, "5 * a"),
    ("I leave at {h}:00 and arrive {a} hours later. What time do I arrive?", {"h": (1, 6), "a": (2, 5)}, "h + a"),
    ("A film lasts {a} minutes and starts at 8:00. How many minutes after 9:00 does it end?", {"a": (75, 119)},
     "a - 60"),
    ("The trip is {s} km. We've driven {a} km. How far is left?", {"a": (40, 300), "b": (20, 300)}, "b"),
    ("How many minutes are there in {a} hours?", {"a": (2, 12)}, "60 * a"),
    ("how many days are in {a} weeks", {"a": (2, 12)}, "7 * a"),
    ("My bus leaves at 10:{a}. It's 10:{b10} now. How many minutes do I have?", {"a": (30, 59), "b": (1, 2)},
     "a - 10 * b"),
    ("{n} runs 1 km in {a} minutes. At that pace, how many minutes for {b} km?", {"a": (4, 8), "b": (2, 10)}, "a * b"),
    ("A meeting starts at 2 pm and lasts {a} hours. When does it end?", {"a": (2, 6)}, "2 + a"),
    ("A flight takes {a} hours and {b5} minutes. How many minutes is that?", {"a": (1, 5), "b": (2, 11)},
     "60 * a + 5 * b"),
    ("My car uses {a} liters per 100 km. How many liters for {b} hundred km?", {"a": (4, 9), "b": (2, 9)}, "a * b"),
    ("{n} walks {a} km in the morning and {b} km in the evening. How many km in the day?", {"a": (1, 9), "b": (1, 9)},
     "a + b"),
    ("I slept from 11 pm to {a} am. How many hours was that?", {"a": (4, 10)}, "a + 1"),
    ("The bus comes every {a} minutes. How many buses come in an hour?", {"a": (10, 30, 10)}, "60 / a"),
    ("It's Monday. The parcel comes in {w7} days. How many weeks is that?", {"w": (2, 9)}, "w"),
    ("A shop opens at 9 in the morning and closes at {a} in the evening. For how many hours is it open?",
     {"a": (5, 10)}, "a + 3"),
]
PERCENT = [
    ("A bag that costs ${t} is {p}% off. How many dollars do I save?", "t * p / 100"),
    ("There are {t} students and {p}% are girls. How many girls are there?", "t * p / 100"),
    ("The bill is ${t}. How much is a {p}% tip?", "t * p / 100"),
    ("{n} answered {p}% of {t} questions right. How many were right?", "t * p / 100"),
    ("A jacket costs ${t}. It's reduced by {p}%. What's the new price?", "t - t * p / 100"),
    ("{n} earns ${t} a week and gets a {p}% raise. What does {n} earn a week now?", "t + t * p / 100"),
    ("{p}% of the {t} seats are taken. How many seats are taken?", "t * p / 100"),
    ("{p} percent of {t} guests said no. how many is that", "t * p / 100"),
    ("I have ${t} in savings at {p}% interest per year. How much interest do I get after one year?", "t * p / 100"),
    ("A box holds {t} eggs. {p}% are broken. How many are still whole?", "t - t * p / 100"),
    ("The price without tax is ${t}. Tax is {p}%. What is the price with tax?", "t + t * p / 100"),
    ("{n} spends {p}% of a ${t} salary on rent. How much is the rent?", "t * p / 100"),
    ("In a town of {t} people, {p}% own a bike. How many people own one?", "t * p / 100"),
    ("My phone has a {t} minute plan and I've used {p}% of it. How many minutes did I use?", "t * p / 100"),
    ("The farm has {t} animals, {p}% of them sheep. How many sheep?", "t * p / 100"),
    ("A {t} gram cake is {p}% sugar. How many grams of sugar is that?", "t * p / 100"),
    ("{n} got a {p}% discount on a ${t} ticket. How much did {n} pay?", "t - t * p / 100"),
]


def told(rng, working, value, wrong):
    style = rng.choice(TOLD if working else PLAINLY)
    return style.format(w=working, v=value), style.format(w=working, v=wrong)


def with_products(numbers):
    """The numbers and what a text may say instead of them: {ab}, {s}, and multiples such as {a2}."""
    found = dict(numbers)
    if {"a", "b"} <= numbers.keys():
        found |= {"ab": numbers["a"] * numbers["b"], "s": numbers["a"] + numbers["b"]}
    return found | {f"{name}{times}": value * times for name, value in numbers.items() for times in (2, 3, 5, 7, 10)}


def posed(rng, text, numbers, formula):
    """A question of a story that doesn't have its answer in it; a time of day may be said with minutes or without."""
    value = int(eval(formula, {}, numbers))
    n, m = rng.sample(NAMES, 2)
    story = text.format(n=n, m=m, **with_products(numbers))
    if str(value) in re.findall(r"\d+", story):
        return None
    check = number(value)
    if "What time" in text or "When does" in text:
        check = any_of(check, matches(rf"(?<![\d:]){value}(?::00|\s?[ap]\.?m)"))
    working = " ".join(str(numbers.get(part, part)) for part in formula.split())
    if not any(sign in formula for sign in "+-*/"):
        working = ""
    return Question(voiced(rng, story), check, *told(rng, working, value, value + rng.choice([1, 2, 5, 10])))


def stories(table):
    """A kind with about equally many questions of each story."""
    def make_all(rng):
        turn = iter(range(10 ** 6))

        def make():
            text, ranges, formula = table[next(turn) % len(table)]
            numbers = {name: rng.randrange(low, high + 1, *step) for name, (low, high, *step) in ranges.items()}
            return posed(rng, text, numbers, formula)
        return several(90, make)
    return make_all


def percent_problems(rng):
    turn = iter(range(10 ** 6))

    def make():
        text, formula = PERCENT[next(turn) % len(PERCENT)]
        numbers = {"p": rng.choice([10, 10, 20, 25, 50, 50, 5, 30, 40, 75]), "t": rng.choice([20, 40, 60, 80, 100, 200,
                   200, 200, 300, 400, 500, 600, 800, 1000])}
        return posed(rng, text, numbers, formula)
    return several(85, make)


KINDS = {"shopping": stories(SHOPPING), "sharing-and-rates": stories(SHARING), "ages-and-comparisons": stories(AGES),
         "travel-and-time": stories(TRAVEL), "percent-problems": percent_problems}
