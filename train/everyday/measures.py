"""Questions on units, dates, times and counts, as they come up in kitchens, on trips and at work."""

import datetime

from compound import SMALL, amount, framed, last_named, money, put
from question import Question, any_of, label, matches, says

# Names of units, as a regular expression for the answer.
UNITS = {"kilometers": "km|kilomet(?:er|re)s?", "meters": "m|met(?:er|re)s?", "centimeters": "cm|centimet(?:er|re)s?",
         "millimeters": "mm|millimet(?:er|re)s?", "miles": "mi|miles?", "feet": "ft|feet|foot|'",
         "inches": "in|inch(?:es)?|\"",
         "yards": "yd|yards?", "grams": "g|grams?|grammes?", "kilograms": "kg|kgs|kilos?|kilograms?",
         "pounds": "lbs?|pounds?", "ounces": "oz|ounces?", "milligrams": "mg|milligrams?", "liters": "l|lit(?:er|re)s?",
         "tons": "t|tons?|tonnes?|metric tons?",
         "milliliters": "ml|millilit(?:er|re)s?", "gallons": "gal|gallons?", "cups": "cups?", "quarts": "qt|quarts?",
         "tablespoons": "tbsp|tablespoons?", "teaspoons": "tsp|teaspoons?", "pints": "pt|pints?", "stone": "st|stones?",
         "hectares": "ha|hectares?", "acres": "ac|acres?", "square meters": r"m²|m\^?2|sq|square",
         "km/h": "km/h|kph|kmh|kilometers",
         "mph": "mph|miles", "kilobytes": "kb|kilobytes?", "megabytes": "mb|megabytes?", "knots": "kn|knots?",
         "fluid ounces": r"fl|fluid|oz|ounces?", "degrees Celsius": "°|degrees|c|celsius",
         "degrees Fahrenheit": "°|degrees|f|fahrenheit"}

SHORT = {"kilometers": "km", "meters": "m", "centimeters": "cm", "millimeters": "mm", "grams": "g", "kilograms": "kg",
         "pounds": "lbs", "ounces": "oz", "liters": "litres", "milliliters": "ml", "tablespoons": "tbsp",
         "teaspoons": "tsp",
         "degrees Celsius": "°C", "degrees Fahrenheit": "°F", "milligrams": "mg", "megabytes": "MB", "kilobytes": "KB"}
ONE = {"inches": "inch", "feet": "foot", "lbs": "lb", "litres": "litre"}

# (how many, of what, into what, how many there are in one, relative tolerance).
METRIC = [(3, "kilometers", "meters", 1000), (0.5, "kilometers", "meters", 1000), (2, "meters", "centimeters", 100),
          (1.75, "meters", "centimeters", 100), (4500, "meters", "kilometers", 0.001),
          (30, "centimeters", "millimeters", 10),
          (85, "millimeters", "centimeters", 0.1), (250, "centimeters", "meters", 0.01),
          (2, "kilograms", "grams", 1000),
          (750, "grams", "kilograms", 0.001), (3500, "grams", "kilograms", 0.001), (0.25, "kilograms", "grams", 1000),
          (5, "tons", "kilograms", 1000), (1.5, "liters", "milliliters", 1000), (330, "milliliters", "liters", 0.001),
          (2000, "milliliters", "liters", 0.001), (3, "grams", "milligrams", 1000), (500, "milligrams", "grams", 0.001),
          (2, "hectares", "square meters", 10000), (12.7, "kilometers", "meters", 1000),
          (65, "centimeters", "meters", 0.01),
          (0.08, "liters", "milliliters", 1000), (12000, "kilograms", "tons", 0.001),
          (7, "meters", "millimeters", 1000)]
IMPERIAL = [(1, "miles", "kilometers", 1.609344), (10, "miles", "kilometers", 1.609344),
            (5, "kilometers", "miles", 0.621371),
            (26.2, "miles", "kilometers", 1.609344), (100, "kilometers", "miles", 0.621371),
            (1, "inches", "centimeters", 2.54),
            (12, "inches", "centimeters", 2.54), (32, "inches", "centimeters", 2.54), (6, "feet", "centimeters", 30.48),
            (3, "feet", "inches", 12), (5, "yards", "feet", 3), (48, "inches", "feet", 1 / 12),
            (2, "miles", "feet", 5280),
            (100, "meters", "feet", 3.28084), (10, "feet", "meters", 0.3048), (1, "pounds", "grams", 453.592),
            (10, "pounds", "kilograms", 0.453592), (70, "kilograms", "pounds", 2.20462),
            (150, "pounds", "kilograms", 0.453592),
            (2, "pounds", "ounces", 16), (8, "ounces", "grams", 28.3495), (24, "ounces", "pounds", 1 / 16),
            (5, "gallons", "liters", 3.78541), (1, "gallons", "quarts", 4), (60, "mph", "km/h", 1.609344),
            (120, "km/h", "mph", 0.621371), (30, "mph", "km/h", 1.609344), (11, "stone", "pounds", 14),
            (50, "yards", "meters", 0.9144), (10, "acres", "hectares", 0.404686), (3, "megabytes", "kilobytes", 1000),
            (80, "kilograms", "pounds", 2.20462), (20, "knots", "km/h", 1.852)]
COOKING = [(1, "tablespoons", "teaspoons", 3), (2, "cups", "tablespoons", 16), (0.5, "cups", "tablespoons", 16),
           (1, "cups", "milliliters", 240), (2, "cups", "milliliters", 240), (2, "tablespoons", "milliliters", 15),
           (1, "teaspoons", "milliliters", 5), (1, "quarts", "cups", 4), (3, "pints", "cups", 2),
           (1, "gallons", "cups", 16),
           (1, "cups", "fluid ounces", 8), (6, "teaspoons", "tablespoons", 1 / 3), (4, "tablespoons", "cups", 1 / 16),
           (4, "ounces", "grams", 28.3495), (1.5, "pounds", "grams", 453.592), (250, "grams", "ounces", 0.035274)]
# What a spoon or cup holds by other rules, in milliliters.
SPOONS = {"cups": [240, 236.588, 250], "tablespoons": [15, 14.787], "teaspoons": [5, 4.929]}
CELSIUS = [0, 10, 20, 25, 30, 37, 100, 180, 220, -10]
FAHRENHEIT = [32, 50, 68, 70, 86, 98.6, 212, 350, 400, 14]

CONVERT_ASKED = ["Convert {a} {x} to {y}.", "How many {y} are {a} {x}?", "{a} {x} in {y}", "What is {a} {x} in {y}?",
                 "how much is {a} {x} in {y}?", "I have {a} {x} here. How many {y} is that?", "{a} {x} to {y} please",
                 "Can you convert {a} {x} into {y} for me?", "My notes say {a} {x}, but I need it in {y}.",
                 "{a} {x} = how many {y}?"]
COOKING_ASKED = ["How many {y} are in {a} {x}?", "The recipe says {a} {x}. How many {y} is that?", "{a} {x} in {y}",
                 "I'm baking and can only measure {y}. How many for {a} {x}?", "convert {a} {x} to {y} for cooking",
                 "Baking question: what's {a} {x} in {y}, roughly?"]

DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
          "November", "December"]
LATER_ASKED = ["If today is {d}, what day will it be in {n} days?",
               "Today is {d}. Which day of the week is it {n} days from now?",
               "today is {d}, what weekday is it in {n} days",
               "It's {d} and my parcel takes {n} days. On which weekday will it come?",
               "What day comes {n} days after {d}?",
               "I start a {n}-day wait on {d}. What weekday is it when the {n} days are over?"]
EARLIER_ASKED = ["Today is {d}. What day was it {n} days ago?", "Which weekday was {n} days before {d}?",
                 "if it's {d} now what day was it {n} days ago?",
                 "My friend called {n} days ago and today is {d}. What day did she call?"]
MONTH_ASKED = ["Which month comes {n} months after {d}?", "It's {d}. What month will it be in {n} months?",
               "my contract starts in {d} and ends {n} months later, in which month does it end",
               "What month is it {n} months after {d}?"]
DATE_ASKED = ["What is the date {n} days after {d}?", "If today is {d}, what date is it in {n} days?",
              "i ordered something on {d}, delivery takes exactly {n} days. what date does it arrive?",
              "Add {n} days to {d}. Which date is that?",
              "The invoice from {d} is due in {n} days. What's the due date?",
              "My holiday starts {n} days after {d}. On which date?"]
BETWEEN_ASKED = ["How many days are there from {a} to {b}?", "How many days until {b} if today is {a}?",
                 "days between {a} and {b} (same year)?", "It's {a}. The party is on {b}. How many days to go?",
                 "Count the days from {a} to {b}, not counting the first day."]
# Months and days, and how many days later.
DATES = [(3, 5, 10), (1, 10, 7), (6, 12, 14), (4, 20, 5), (5, 25, 10), (11, 28, 5), (12, 24, 7), (12, 20, 14),
         (8, 15, 30),
         (9, 1, 21), (7, 30, 3), (10, 10, 45), (6, 20, 20), (1, 31, 1), (4, 3, 12), (7, 4, 60), (3, 30, 9), (9, 17, 8)]
SPANS = [(3, 3, 3, 20), (1, 1, 1, 31), (5, 10, 5, 24), (6, 25, 7, 2), (8, 1, 8, 18), (11, 20, 12, 5), (12, 1, 12, 25),
         (4, 15, 5, 15), (10, 27, 11, 9), (7, 14, 9, 1), (9, 28, 10, 3), (6, 1, 9, 1)]
CALENDAR = """
How many days does a leap year have? | 366 | days | 365
How many days are there in April? | 30 | days | 31
How many days does July have? | 31 | days | 30
How many days does February have in a normal year? | 28 | days | 30
How many months have exactly 30 days? | 4 | months? | 5
I was born in 1990. How old do I turn in 2030? | 40 | years? | 30
She was born in 1958 and died in 2001, after her birthday that year. How old was she? | 43 | years? | 53
My grandpa turned 80 in 2015. In which year was he born? | 1935 | - | 1945
We married in 1996. In what year is our 25th anniversary? | 2021 | - | 2020
A shop opened in 1987. How many years was that before 2012? | 25 | years? | 35
Our house was built in 1875. How old was it in 2000? | 125 | years? | 75
What year was it 15 years before 2010? | 1995 | - | 2005
Rent is paid monthly. How many payments are that in two and a half years? | 30 | payments?|times|months | 24
In which year is a kid born in 2014 going to be 18? | 2032 | - | 2030
"""
ORDER = """
What is the ninth month of the year? | September | August
Which month comes before March? | February | April
Which month is the shortest? | February | April
what month comes right after october? | November | December
What day comes after Tuesday? | Wednesday | Thursday
What day is between Friday and Sunday? | Saturday | Monday
If yesterday was Thursday, what day is tomorrow? | Saturday | Sunday
If tomorrow is Monday, what day was yesterday? | Saturday | Friday
The day after tomorrow is Sunday. What is today? | Friday | Saturday
If the 1st of the month is a Wednesday, what weekday is the 10th? | Friday | Saturday
The 3rd is a Monday. What day of the week is the 20th? | Thursday | Friday
The meeting on Monday the 5th moved to the 9th. Which weekday is that? | Friday | Saturday
"""

ADD_ASKED = ["It's {t} now. What time will it be in {d}?", "What time is it {d} after {t}?",
             "its {t}, what time is it in {d}", "The cake went into the oven at {t} and needs {d}. When is it ready?",
             "My train leaves at {t} and takes {d}. When do I arrive?",
             "The movie starts at {t} and runs {d}. When does it end?",
             "If I leave at {t} and walk for {d}, when am I there?", "Meeting starts {t}, lasts {d}. End time?"]
BACK_ASKED = ["I must be there at {t} and need {d} to get there. When do I have to leave?",
              "What time was it {d} before {t}?", "dinner is at {t} and cooking takes {d}. when should i start?"]
SPAN_ASKED = ["How long is it from {a} to {b}?", "I worked from {a} to {b}. How long is that?",
              "how much time between {a} and {b}",
              "The flight leaves at {a} and lands at {b}, same time zone. How long does it take?",
              "The shop is open from {a} until {b}. For how long is that?",
              "Class goes from {a} to {b}. How long is it?"]
# Start, as hour and minute of the day, and minutes.
ADDED = [(9, 0, 30), (10, 15, 50), (8, 40, 35), (14, 0, 90), (7, 5, 25), (18, 20, 100), (11, 30, 45), (20, 0, 135),
         (16, 45, 20),
         (6, 50, 75), (13, 10, 180), (9, 55, 65), (15, 25, 215), (22, 10, 55), (12, 5, 5), (19, 30, 118), (17, 48, 37),
         (23, 30, 45)]
LEFT = [(9, 0, 30), (8, 15, 45), (18, 30, 60), (14, 20, 90), (10, 5, 25), (19, 0, 150), (7, 40, 55), (12, 10, 20)]
LASTED = [(9, 0, 120), (9, 30, 105), (14, 15, 45), (8, 0, 480), (10, 20, 65), (13, 45, 140), (7, 55, 35), (16, 10, 50),
          (22, 0, 420), (11, 50, 95), (17, 30, 210), (6, 5, 275), (20, 40, 155), (15, 0, 15)]
TO_24 = [(13, 0), (15, 30), (17, 45), (20, 15), (23, 5), (14, 20), (19, 0), (21, 50), (16, 10), (18, 35)]
# Two places, the second's hours ahead of the first, and the hour in the first.
ZONES = [("London", "Paris", 1, 9), ("New York", "London", 5, 8), ("Los Angeles", "New York", 3, 10),
         ("London", "Tokyo", 9, 11), ("Berlin", "Delhi", 4.5, 12), ("Paris", "Moscow", 2, 18), ("UTC", "Sydney", 10, 6),
         ("Berlin", "New York", -6, 20),
         ("Tokyo", "London", -9, 17), ("New York", "Los Angeles", -3, 21), ("Madrid", "Lisbon", -1, 13),
         ("UTC", "Nairobi", 3, 15),
         ("Chicago", "Berlin", 7, 14), ("Sydney", "Perth", -2, 7), ("London", "Karachi", 5, 16),
         ("UTC", "Denver", -7, 19)]
AHEAD_ASKED = ["{b} is {n} {w} of {a}. It is {t} in {a}. What time is it in {b}?",
               "If it's {t} in {a} and {b} is {n} {w}, what time is it there?",
               "{b} is {n} {w} of {a}. My call is at {t} {a} time - what time is that in {b}?",
               "its {t} in {a}, {b} is {n} {w}. time in {b}?"]

COUNTS = """
How many seconds are in a minute? | 60 | sec(?:ond)?s?|s | 100
How many minutes are there in 3 hours? | 180 | min(?:ute)?s? | 120
How many seconds in 5 minutes? | 300 | sec(?:ond)?s? | 500
How many hours are in 2 days? | 48 | hours?|hrs? | 24
How many hours does a week have? | 168 | hours?|hrs? | 148
How many minutes are in a day? | 1440 | min(?:ute)?s? | 1240
How many seconds are in one hour? | 3600 | sec(?:ond)?s? | 360
How many seconds does a whole day have? | 86400 | sec(?:ond)?s? | 8640
How many days are in 6 weeks? | 42 | days | 36
How many weeks are in a year, roughly? | 52 | weeks | 48
How many minutes is a quarter of an hour? | 15 | min(?:ute)?s? | 25
How many minutes is two and a half hours? | 150 | min(?:ute)?s? | 120
How many hours are 240 minutes? | 4 | hours?|hrs? | 6
How many months are in 3 years? | 36 | months | 30
How many years are in a decade? | 10 | years | 100
How many years is half a century? | 50 | years | 100
How many years are three millennia? | 3000 | years | 300
How many eggs are in a dozen? | 12 | eggs? | 10
How many eggs are in 4 dozen? | 48 | eggs? | 40
What is half a dozen as a number? | 6 | - | 5
How many dozens are 60 cookies? | 5 | dozens? | 6
How many items are in a gross? | 144 | - | 100
A score of years, how many is that? | 20 | years? | 10
How many shoes are 7 pairs? | 14 | shoes? | 7
I have 18 single socks. How many pairs can I make? | 9 | pairs? | 36
How many legs do 4 dogs have together? | 16 | legs? | 8
How many wheels do 3 cars and 2 bicycles have in total? | 16 | wheels? | 14
How many legs do 5 chickens and 3 cows have together? | 22 | legs? | 32
How many eyes do ten people have? | 20 | eyes? | 10
How many fingers do 6 people have, thumbs included? | 60 | fingers? | 30
How many cents are in 3 dollars? | 300 | cents? | 30
How many quarters make a dollar? | 4 | quarters? | 5
How many dimes are in 2 dollars? | 20 | dimes? | 10
How many nickels do I need for one dollar? | 20 | nickels? | 5
How many pennies is a dollar and a half? | 150 | pennies|cents? | 105
How many 20 euro notes make 500 euros? | 25 | notes?|bills? | 20
How many five-dollar bills do I get for 85 dollars? | 17 | bills? | 15
How many cards are in a normal deck without jokers? | 52 | cards? | 48
How many sides does a hexagon have? | 6 | sides? | 8
How many letters are in the English alphabet? | 26 | letters? | 24
How many squares are on a chess board? | 64 | squares? | 62
How many players does one soccer team have on the field? | 11 | players? | 10
A box holds 6 bottles. How many bottles are in 9 boxes? | 54 | bottles? | 56
Buns come in packs of 8. How many packs do I need for 30 guests, one bun each? | 4 | packs? | 3
I read 20 pages a day. How many days for a book of 360 pages? | 18 | days? | 16
My pills are 2 a day. How many days will a pack of 50 last? | 25 | days? | 100
A bus takes 45 people. How many buses do we need for 130 kids? | 3 | buses | 2
I drink 3 coffees a day. How many in a week? | 21 | coffees?|cups? | 15
A classroom has 6 rows with 5 desks each. How many desks is that? | 30 | desks? | 11
A pizza is cut into 8 slices. How many slices do 5 pizzas give? | 40 | slices? | 13
How many bytes are 40 bits? | 5 | bytes? | 8
How many kilobytes do people usually count for 2 MB, in steps of 1000? | 2000 | kb|kilobytes? | 200
We run 400 m laps. How many laps for 2 km? | 5 | laps? | 8
I save 15 dollars a week. How much do I have after 8 weeks? | 120 | dollars | 115
"""
CHANGE = [(5, 3.20), (10, 7.50), (20, 13.45), (20, 8), (50, 32.80), (100, 64.25), (10, 4.99), (5, 1.75), (50, 41.30),
          (20, 19.05), (100, 87.60), (10, 2.35)]
CHANGE_ASKED = ["I pay with a {a} dollar bill for something that costs ${b}. How much change do I get?",
                "change from ${a} for ${b}?", "The bill is ${b} and I hand over ${a}. What's my change?",
                "My lunch costs ${b}, I give ${a}. How much do I get back?"]
PRICES = [(3, 1.50), (4, 2.25), (6, 0.99), (12, 0.50), (5, 7.20), (2, 14.95), (8, 3.75), (7, 12)]
PRICE_ASKED = ["One costs ${b}. What do {a} cost?", "how much are {a} tickets at ${b} each",
               "I buy {a} notebooks for ${b} each. What's the total?",
               "Total price for {a} pieces at ${b} apiece, please."]


def rows(table):
    for line in table.strip().splitlines():
        yield [part.strip() for part in line.split(" | ")]


def plain(value):
    return f"{value:,.3f}".rstrip("0").rstrip(".")


def converted(rng, asked, many, unit, into, value, tolerance):
    short = rng.random() < 0.4
    x, y = (SHORT.get(name, name) if short else name for name in (unit, into))
    prompt = rng.choice(asked).format(a=plain(many).replace(",", ""),
                                      x=x if many != 1 else ONE.get(x, x.removesuffix("s")), y=y)
    said = plain(round(value, 2) if abs(value) > 1 else value)
    bad = plain(value * 10 if tolerance == 0 else round(value * 1.3 + 5, 1))
    about = "" if tolerance == 0 else "about "
    frame = rng.choice(["{0} {1} is {3}{2} {4}.", "{3}**{2} {4}**", "There are {3}{2} {4} in {0} {1}.",
                        "{0} {1} = {2} {4}"])
    right, wrong = (frame.format(plain(many), unit, one, about, into) for one in (said, bad))
    values = [many * one for one in SPOONS[unit]] if unit in SPOONS and into == "milliliters" else [value]
    return Question(prompt, any_of(*(amount(one, [UNITS[into]], tolerance) for one in values)), right, wrong)


def conversion(rng):
    for many, unit, into, factor in METRIC:
        yield converted(rng, CONVERT_ASKED, many, unit, into, round(many * factor, 9), 0)
    for many, unit, into, factor in IMPERIAL:
        yield converted(rng, CONVERT_ASKED, many, unit, into, round(many * factor, 6), 0.02)
    for many, unit, into, factor in COOKING:
        yield converted(rng, COOKING_ASKED, many, unit, into, round(many * factor, 6), 0.05)
    for celsius in CELSIUS:
        yield converted(rng, CONVERT_ASKED, celsius, "degrees Celsius", "degrees Fahrenheit", celsius * 9 / 5 + 32,
                        0.006)
    for warm in FAHRENHEIT:
        value = round((warm - 32) * 5 / 9, 6)
        yield converted(rng, CONVERT_ASKED, warm, "degrees Fahrenheit", "degrees Celsius", value, 0.025)


def named_day(answer, known, names):
    """Of the names that the question does not give, `answer` is the first or the last that is named."""
    others = [name for name in names if name not in (answer, *known)]
    return any_of(label(answer, [answer, *others]), last_named(answer, others))


def shifted(rng, asked, names, steps):
    """Questions on the name so many steps before or after one; the answer is another name."""
    for n in steps:
        start = rng.randrange(len(names))
        known, answer, near = (names[(start + k) % len(names)] for k in (0, n, n + rng.choice([2, 3])))
        prompt = rng.choice(asked).format(d=known, n=abs(n))
        near = near if near != known else names[(start + n + 4) % len(names)]
        frame = rng.choice([f"Counting from {known}, it is {{}}.", "It will be **{}**.", "{}.", "That is {}."])
        yield Question(prompt, named_day(answer, [known], names), frame.format(answer), frame.format(near))


def date_said(date):
    """The ways to write a date without its year."""
    month, short, day = MONTHS[date.month - 1], MONTHS[date.month - 1][:3], date.day
    nth = f"{day}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(day % 10 if day // 10 != 1 else 0, 'th') }"
    names = [form for m in (month, short, short + ".") for d in (day, nth)
             for form in (f"{m} {d}", f"{d} {m}", f"{d} of {m}", f"{d}. {m}", f"{m} the {d}")]
    return [*names, f"{date.month}/{day}", f"{date.month:02}/{day:02}", f"{date.month:02}-{day:02}"]


def written(rng, date):
    month = MONTHS[date.month - 1]
    return rng.choice([f"{month} {date.day}", f"{date.day} {month}", f"{month} {date.day}"])


def dates(rng):
    for month, day, n in DATES:
        start = datetime.date(2023, month, day)
        end, off = (start + datetime.timedelta(days=k) for k in (n, n + rng.choice([-1, 1, 2])))
        prompt = rng.choice(DATE_ASKED).format(n=n, d=written(rng, start))
        right, wrong = (framed(rng, written(rng, date)) for date in (end, off))
        yield Question(prompt.replace("in 1 days", "in 1 day"), says(*date_said(end)), right, wrong)
    for month, day, month2, day2 in SPANS:
        start, end = datetime.date(2023, month, day), datetime.date(2023, month2, day2)
        n = (end - start).days
        prompt = rng.choice(BETWEEN_ASKED).format(a=written(rng, start), b=written(rng, end))
        yield Question(prompt, amount(n, ["days?"]), f"There are {n} days between the two dates.",
                       f"It is {n + 3} days.")


def date_arithmetic(rng):
    yield from shifted(rng, LATER_ASKED, DAYS, [1, 2, 2, 3, 3, 4, 5, 5, 8, 10, 10, 12, 17, 30, 100])
    yield from shifted(rng, EARLIER_ASKED, DAYS, [-1, -2, -3, -4, -5, -9, -10, -20])
    yield from shifted(rng, MONTH_ASKED, MONTHS, [1, 2, 3, 4, 5, 6, 7, 8, 10, 15, 18])
    yield from dates(rng)
    yield from counted(CALENDAR)(rng)
    for question, answer, wrong in rows(ORDER):
        names = DAYS if answer in DAYS else MONTHS
        known = [name for name in names if name.lower() in question.lower()]
        yield Question(put(rng, question), named_day(answer, known, names), framed(rng, answer), framed(rng, wrong))


def counted(table):
    """Questions on `question | number | regular expression of the unit, or - | wrong number`."""
    def make(rng):
        for question, value, unit, wrong in rows(table):
            check = says(value) if unit == "-" else amount(int(value), [unit])
            yield Question(put(rng, question), check, framed(rng, value), framed(rng, wrong))
    return make


def clock(hour, minute, style):
    """A time on the clock with 12 or 24 hours."""
    half = "am" if hour % 24 < 12 else "pm"
    return f"{hour % 24}:{minute:02}" if style == "24" else f"{(hour - 1) % 12 + 1}:{minute:02} {half}"


def time_said(minutes, only=None):
    """The answer has the time `minutes` after midnight; `only` "24" or "12" allows just one clock."""
    hour, minute = minutes // 60 % 24, minutes % 60
    twelve, half, other = (hour - 1) % 12 + 1, "ap"[hour >= 12], "pa"[hour >= 12]
    after = rf"(?!\d|\s*\*{{0,2}}\s*{other}\.?m)"
    forms = [] if only == "24" else [rf"0?{twelve}[:.]{minute:02}{after}"]
    forms += [] if only == "12" else [rf"0?{hour}[:.h]{minute:02}(?:[:.]00)?{after}", rf"{hour:02}{minute:02}(?!\d)"]
    if minute == 0:
        forms.append(rf"{twelve}\s*(?:\*\*)?\s*{half}\.?m")
        forms += {0: ["midnight"], 12: ["noon"]}.get(hour, [])
    if only == "12":
        forms = [rf"0?{twelve}(?:[:.]{minute:02}){'?' if minute == 0 else ''}\s*(?:\*\*)?\s*(?:{half}\.?m|in the)"]
    return matches(rf"(?<![\d:.])(?:{'|'.join(forms)})")


def spelled(minutes, rng):
    hours, rest = divmod(minutes, 60)
    whole = f"{hours} hour{'s' * (hours > 1)}" if hours else ""
    part = f"{rest} minutes" if rest else ""
    return rng.choice([" and ".join(filter(None, [whole, part])),
                       f"{minutes} minutes" if minutes <= 120 else " ".join([whole, part]).strip()])


def duration_said(minutes):
    """The answer has a duration, in hours and minutes or in one of them."""
    hours, rest = divmod(minutes, 60)
    number = rf"(?:{hours}|{SMALL[hours]}{'|an' * (hours == 1)})"
    low = rf"(?<![\d.:]){number}[\s-]*(?:hours?|hrs?|h)(?![a-z])"
    part = rf",?\s*(?:and\s*)?{rest}\s*(?:minutes?|mins?|m)?\b" if rest else r"(?!,?\s*(?:and\s*)?(?:\d+\s*m|a half))"
    forms = [low + part] if hours else []
    forms.append(rf"(?<![\d.:]){minutes}[\s-]*(?:minutes?|mins?|m)\b")
    if hours and rest:
        forms.append(rf"(?<![\d.:]){plain(minutes / 60)}\d*\s*(?:hours?|hrs?|h)\b")
        forms += [rf"{number} and a half hours", rf"\b0?{hours}:30\b"] if rest == 30 else []
    before = r"(?<!\d[\s-]hours and )(?<!\d[\s-]hour and )" if not hours else ""
    return matches(before + "(?:" + "|".join(forms) + ")")


def clock_time(rng):
    for table, asked, sign in ((ADDED, ADD_ASKED, 1), (LEFT, BACK_ASKED, -1)):
        for hour, minute, n in table:
            style = rng.choice(["12", "12", "24"])
            end, off = (hour * 60 + minute + sign * n + k for k in (0, rng.choice([-10, 10, 60])))
            prompt = rng.choice(asked).format(t=clock(hour, minute, style), d=spelled(n, rng))
            right, wrong = (framed(rng, clock(time // 60, time % 60, style)) for time in (end, off))
            yield Question(prompt, time_said(end), right, wrong)
    for hour, minute, n in LASTED:
        end, style = hour * 60 + minute + n, rng.choice(["12", "24"])
        prompt = rng.choice(SPAN_ASKED).format(a=clock(hour, minute, style),
                                               b=clock(end // 60, end % 60, style))
        yield Question(prompt, duration_said(n), framed(rng, spelled(n, rng)), framed(rng, spelled(n + 20, rng)))
    yield from clocks(rng)
    yield from zones(rng)


def clocks(rng):
    """From the 12-hour clock to the 24-hour one, and back."""
    for hour, minute in TO_24:
        day, half = clock(hour, minute, "24"), clock(hour, minute, "12")
        off = clock(hour + 1, minute, "24")
        prompt = rng.choice(["What is {} in 24-hour time?", "{} in the 24h clock?",
                             "How do I write {} in military time?",
                             "convert {} to 24 hour format"]).format(half)
        yield Question(prompt, time_said(hour * 60 + minute, "24"), framed(rng, day), framed(rng, off))
    for hour, minute in TO_24:
        hour, minute = hour % 10 + 13, (minute + 25) % 60
        day, half = clock(hour, minute, "24"), clock(hour, minute, "12")
        off = clock(hour + 2, minute, "12")
        prompt = rng.choice(["My ticket says {}. What time is that on a 12-hour clock, with am or pm?", "{} in am/pm?",
                             "What's {} in 12-hour time (am or pm)?", "write {} with am or pm"]).format(day)
        yield Question(prompt, time_said(hour * 60 + minute, "12"), framed(rng, half), framed(rng, off))


def zones(rng):
    for place, other, ahead, hour in ZONES:
        end = int((hour + ahead) * 60) % 1440
        off = (end + rng.choice([60, 120, -60])) % 1440
        hours = f"{plain(abs(ahead))} hour{'s' * (abs(ahead) != 1)}"
        prompt = rng.choice(AHEAD_ASKED).format(a=place, b=other, n=hours, w="ahead" if ahead > 0 else "behind",
                                                t=clock(hour, 0, rng.choice(["12", "24"])))
        prompt = prompt.replace("behind of", "behind")
        right, wrong = (f"It is {clock(time // 60, time % 60, style='12')} in {other}." for time in (end, off))
        yield Question(prompt, time_said(end), right, wrong)


def paid(rng):
    for given, price in CHANGE:
        left = round(given - price, 2)
        prompt = rng.choice(CHANGE_ASKED).format(a=given, b=f"{price:.2f}")
        yield Question(prompt, money(left), f"You get **${left:.2f}** back.", f"Your change is ${left + 1:.2f}.")
    for n, price in PRICES:
        total = round(n * price, 2)
        prompt = rng.choice(PRICE_ASKED).format(a=n, b=f"{price:.2f}")
        yield Question(prompt, money(total), f"{n} x ${price:.2f} = ${total:.2f}", f"The total is ${total + n:.2f}.")


def counting(rng):
    yield from counted(COUNTS)(rng)
    yield from paid(rng)


KINDS = {"unit-conversion": conversion, "date-arithmetic": date_arithmetic, "clock-time": clock_time,
         "counting-units": counting}
