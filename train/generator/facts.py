"""Short facts: a table of them, and several wordings for each."""

from .turn import Turn

CAPITALS = dict(France="Paris", Germany="Berlin", Italy="Rome", Spain="Madrid", Portugal="Lisbon",
                Austria="Vienna", Greece="Athens", Poland="Warsaw", Sweden="Stockholm", Norway="Oslo",
                Denmark="Copenhagen", Finland="Helsinki", Ireland="Dublin", Hungary="Budapest",
                Russia="Moscow", Turkey="Ankara", Egypt="Cairo", Kenya="Nairobi", Japan="Tokyo",
                China="Beijing", India="Delhi", Thailand="Bangkok", Canada="Ottawa", Mexico="Mexico City",
                Brazil="Brasilia", Peru="Lima", Cuba="Havana", Chile="Santiago")
OPPOSITES = dict(hot="cold", big="small", long="short", fast="slow", old="new", hard="soft", day="night",
                 up="down", left="right", open="closed", full="empty", light="dark", rich="poor",
                 happy="sad", early="late", wet="dry", high="low", near="far", first="last", strong="weak")
YOUNG = dict(dog="puppy", cat="kitten", cow="calf", sheep="lamb", horse="foal", hen="chick", pig="piglet",
             duck="duckling", bear="cub", goat="kid")
COLOURS = dict(grass="green", snow="white", blood="red", coal="black", milk="white", lemons="yellow",
               leaves="green")
COUNTS = {"legs does a spider have": (8, "A spider has 8 legs."),
          "legs does an ant have": (6, "An ant has 6 legs."),
          "legs does a dog have": (4, "A dog has 4 legs."),
          "legs does a bird have": (2, "A bird has 2 legs."),
          "days are in a week": (7, "A week has 7 days."),
          "days are in a leap year": (366, "A leap year has 366 days."),
          "days are in a year": (365, "A year has 365 days."),
          "months are in a year": (12, "A year has 12 months."),
          "hours are in a day": (24, "A day has 24 hours."),
          "minutes are in an hour": (60, "An hour has 60 minutes."),
          "seconds are in a minute": (60, "A minute has 60 seconds."),
          "sides does a triangle have": (3, "A triangle has 3 sides."),
          "sides does a square have": (4, "A square has 4 sides."),
          "sides does a hexagon have": (6, "A hexagon has 6 sides."),
          "strings does a violin have": (4, "A violin has 4 strings."),
          "letters are in the alphabet": (26, "The alphabet has 26 letters."),
          "planets orbit the sun": (8, "8 planets orbit the sun."),
          "players are in a football team": (11, "A football team has 11 players.")}
OTHERS = {"planet is the largest": ("Jupiter", "Jupiter is the largest planet."),
          "planet is closest to the sun": ("Mercury", "Mercury is the planet closest to the sun."),
          "planet is red": ("Mars", "Mars is the red planet."),
          "animal is the tallest": ("giraffe", "The giraffe is the tallest animal."),
          "animal is the largest": ("whale", "The blue whale is the largest animal."),
          "ocean is the largest": ("Pacific", "The Pacific is the largest ocean."),
          "mountain is the highest": ("Everest", "Everest is the highest mountain."),
          "metal is liquid": ("Mercury", "Mercury is the liquid metal.")}

CAPITAL_WORDINGS = ["What is the capital of {x}?", "Which city is the capital of {x}?",
                    "Name the capital of {x}.", "Tell me the capital of {x}.", "The capital of {x}?",
                    "What is {x}'s capital?", "Do you know the capital of {x}?"]
OPPOSITE_WORDINGS = ["What is the opposite of {x}?", "The opposite of {x}?", "Name the opposite of {x}.",
                     "Tell me the opposite of {x}.", "What word is the opposite of {x}?"]
YOUNG_WORDINGS = ["What is a young {x} called?", "What do you call a young {x}?", "A young {x} is called what?",
                  "What is the name of a young {x}?"]
COLOUR_WORDINGS = ["What colour is {x}?", "Which colour has {x}?", "Tell me the colour of {x}.",
                   "The colour of {x}?"]
COUNT_WORDINGS = ["How many {x}?", "Do you know how many {x}?", "Tell me how many {x}.",
                  "Can you say how many {x}?"]
OTHER_WORDINGS = ["Which {x}?", "What {x}?", "Tell me which {x}.", "Do you know which {x}?"]


def table():
    """All facts as (topic, wordings, value, short answer, full answer)."""
    for x, value in CAPITALS.items():
        yield x, CAPITAL_WORDINGS, value, f"{value}.", f"The capital of {x} is {value}."
    for x, value in OPPOSITES.items():
        yield x, OPPOSITE_WORDINGS, value, f"{value.capitalize()}.", f"The opposite of {x} is {value}."
    for x, value in YOUNG.items():
        yield x, YOUNG_WORDINGS, value, f"A {value}.", f"A young {x} is called a {value}."
    for x, value in COLOURS.items():
        yield x, COLOUR_WORDINGS, value, f"{value.capitalize()}.", f"The colour of {x} is {value}."
    for x, (value, full) in COUNTS.items():
        yield x, COUNT_WORDINGS, str(value), f"{value}.", full
    for x, (value, full) in OTHERS.items():
        yield x, OTHER_WORDINGS, value, f"{value.capitalize()}.", full


FACTS = list(table())


def facts(rng):
    x, wordings, value, terse, worked = rng.choice(FACTS)
    question = rng.choice(wordings).format(x=x)
    return Turn("facts", question, terse, worked, {"type": "contains", "value": value}, question)
