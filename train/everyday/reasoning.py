"""Small puzzles: what comes next, who is taller, which doesn't fit, what follows, how many letters."""

from drawing import WORDS, first_new, number, several
from question import Question, any_of, both, label, line, matches, not_

NAMES = ["Tom", "Anna", "Maria", "Ben", "Lucy", "Omar", "Priya", "Jack", "Emma", "Leo", "Sara", "Ivan", "Chloe", "Noah",
         "Ruth", "Karl", "Mia", "Hugo", "Nina", "Paul"]
NEXT = ["What number comes next: {}, ...?", "{}, ? what's the next number", "Continue the sequence: {}", "{} - next?",
        "Which number follows {}?", "Find the next number in the series {}.",
        "My kid has to continue {}. What comes next?",
        "what comes after {}", "The sequence is {}. What is the next term?", "Complete the pattern: {}, __"]
NEXT_TOLD = ["The next number is {}.", "{}", "**{}**", "It continues with {}.", "The next term in the sequence is {}."]
WORD_SEQUENCES = [
    ("A, B, C, D", "E", "F"), ("a, c, e, g", "i", "h"), ("Z, Y, X, W", "V", "U"), ("B, D, F, H", "J", "I"),
    ("Monday, Tuesday, Wednesday", "Thursday", "Friday"), ("Saturday, Friday, Thursday", "Wednesday", "Sunday"),
    ("January, February, March", "April", "May"), ("December, November, October", "September", "August"),
    ("spring, summer, autumn", "winter", "rain"), ("one, three, five, seven", "nine", "eight"),
    ("ten, twenty, thirty", "forty", "fifty"), ("first, second, third", "fourth", "fifth"),
    ("I, II, III, IV", "V", "VI"), ("AA, BB, CC", "DD", "EE"), ("red, green, blue, red, green", "blue", "yellow"),
]

# What is compared: the comparative, its opposite, the superlative, its opposite.
ORDERS = [("taller", "shorter", "tallest", "shortest"), ("older", "younger", "oldest", "youngest"),
          ("faster", "slower", "fastest", "slowest"), ("stronger", "weaker", "strongest", "weakest"),
          ("richer", "poorer", "richest", "poorest"), ("happier", "sadder", "happiest", "saddest"),
          ("louder", "quieter", "loudest", "quietest"), ("heavier", "lighter", "heaviest", "lightest")]
WHO = ["{s} Who is the {m}?", "{s} So who's the {m} of them?", "{s} who is {m}", "If {l}, who is the {m}?",
       "Tell me who is the {m}: {s}", "Who is the {m} if {l}?", "{s} Name the {m} one.",
       "Riddle: {s} Which of them is the {m}?"]
WHO_OF_TWO = ["{s} Who is {m}?", "{s} which of the two is {m}", "If {l}, who is {m}?", "{s} Tell me who's the {m} one."]

ODD_ASKED = ["Which one doesn't belong: {}?", "Find the odd one out: {}", "{} - which is the odd one out?",
             "What word does not fit with the others? {}", "odd one out: {}",
             "Which of these is different from the rest: {}?",
             "Pick the item that does not belong in this list: {}.", "One of these isn't like the others: {}. Which?",
             "Hi, can you spot the odd one? {}", "quiz time, which is the intruder: {}"]
ODD_TOLD = ["The odd one out is {}.", "{}", "**{}** does not belong.", "{} doesn't fit with the others.", "It's {}."]
# Things of a kind, and one that is not.
ODD = [
    ("apple, banana, pear", "carrot"), ("dog, cat, hamster", "table"), ("red, blue, green", "square"),
    ("car, bus, truck", "banana"), ("Monday, Friday, Sunday", "July"), ("Paris, Rome, Madrid", "Brazil"),
    ("piano, violin, guitar", "hammer"), ("rose, tulip, daisy", "oak"), ("eagle, sparrow, owl", "whale"),
    ("Mars, Venus, Jupiter", "Moon"), ("spoon, fork, knife", "pillow"), ("shirt, trousers, jacket", "sandwich"),
    ("circle, triangle, square", "purple"), ("doctor, teacher, nurse", "hospital"), ("gold, silver, iron", "wood"),
    ("salmon, trout, tuna", "horse"), ("2, 4, 8", "7"), ("3, 5, 9", "6"), ("10, 20, 30", "17"),
    ("bee, ant, butterfly", "spider"), ("milk, juice, water", "bread"), ("French, Spanish, German", "Canada"),
    ("hand, foot, ear", "shoe"), ("uncle, aunt, cousin", "neighbor"), ("soccer, tennis, basketball", "chess"),
    ("run, jump, swim", "slowly"), ("happy, glad, joyful", "angry"), ("big, huge, large", "tiny"),
    ("oak, pine, birch", "grass"), ("chair, sofa, stool", "window"), ("kilogram, gram, ton", "meter"),
    ("euro, dollar, yen", "bank"), ("Python, Java, Ruby", "Windows"), ("lion, tiger, leopard", "elephant"),
    ("snake, lizard, crocodile", "frog"), ("Amazon, Nile, Danube", "Everest"), ("Asia, Africa, Europe", "China"),
    ("potato, carrot, onion", "cherry"), ("train, tram, subway", "airplane"), ("winter, summer, spring", "Tuesday"),
    ("Mozart, Beethoven, Bach", "Picasso"), ("addition, subtraction, division", "grammar"),
    ("pencil, pen, crayon", "scissors"), ("nose, eye, mouth", "knee"), ("hat, cap, helmet", "sock"),
    ("rain, snow, hail", "desk"), ("cow, sheep, goat", "shark"), ("tea, coffee, cocoa", "sugar"),
    ("novel, poem, essay", "camera"), ("baker, butcher, plumber", "ladder"), ("lemon, orange, lime", "potato"),
    ("whisper, shout, talk", "sleep"), ("second, minute, hour", "clock"), ("king, queen, prince", "castle"),
    ("Italy, Spain, Portugal", "London"), ("hydrogen, oxygen, helium", "steel"), ("sad, gloomy, unhappy", "cheerful"),
    ("bicycle, scooter, motorbike", "boat"), ("violin, cello, harp", "trumpet"), ("cheese, butter, yogurt", "ham"),
    ("ring, necklace, bracelet", "coin"), ("basil, parsley, mint", "salt"), ("kitchen, bedroom, bathroom", "garden"),
    ("oven, fridge, dishwasher", "carpet"), ("plane, helicopter, glider", "submarine"),
    ("dolphin, whale, seal", "octopus"), ("Nile, Thames, Seine", "Sahara"), ("noun, verb, adjective", "comma"),
    ("puppy, kitten, calf", "bull"), ("penguin, ostrich, emu", "eagle"), ("pasta, rice, bread", "soap"),
    ("Monet, Picasso, Rembrandt", "Shakespeare"), ("cube, sphere, pyramid", "circle"), ("11, 13, 17", "15"),
    ("walked, played, jumped", "run"),
]

YES_NO = ["{} Answer yes or no.", "{} (yes/no)", "{} Just say no or yes.", "Yes or no? {}", "{} no or yes?",
          "{} Reply with yes or no.",
          "Logic question, answer with no or yes: {}", "{} Please answer only yes or no."]
YES_TOLD = {"yes": ["Yes.", "Yes, that follows.", "**Yes**, it does.", "yes",
                    "Yes, because that is what the statements say."],
            "no": ["No.", "No, that does not follow.", "**No**, it isn't so.", "no", "No, we can't conclude that."]}
LOGIC = [
    ("All cats are animals. Tom is a cat. Is Tom an animal?", "yes"),
    ("All birds have wings. A robin is a bird. Does a robin have wings?", "yes"),
    ("No fish can talk. A carp is a fish. Can a carp talk?", "no"),
    ("If it rains, the street gets wet. It is raining. Is the street getting wet?", "yes"),
    ("All squares have four sides. This shape has three sides. Is it a square?", "no"),
    ("Some dogs are black. Rex is a dog. Must Rex be black?", "no"),
    ("All roses are flowers. Are all flowers therefore roses?", "no"),
    ("Every student got a book. Lena is a student. Did Lena get a book?", "yes"),
    ("The shop is open every day except Sunday. Today is Sunday. Is it open today?", "no"),
    ("The shop is closed on Mondays. Today is Tuesday, and it opens every other day. Is it open today?", "yes"),
    ("If I have my key, I can get in. I have my key. Can I get in?", "yes"),
    ("Only members may enter. Paul is not a member. May Paul enter?", "no"),
    ("Anna is taller than Ben. Is Ben taller than Anna?", "no"),
    ("Anna is older than Ben and Ben is older than Cleo. Is Anna older than Cleo?", "yes"),
    ("Box A is heavier than box B. Box B is heavier than box C. Is C heavier than A?", "no"),
    ("All my shirts are white. This shirt is blue. Is it one of my shirts?", "no"),
    ("All bloops are razzies. All razzies are lazzies. Are all bloops lazzies?", "yes"),
    ("Every wug is blue. Fip is a wug. Is Fip blue?", "yes"),
    ("No zorks are green. Mip is a zork. Is Mip green?", "no"),
    ("Some fruits are red. Does that mean that all fruits are red?", "no"),
    ("If the light is red, cars must stop. The light is red. Must cars stop?", "yes"),
    ("The train leaves at 8. I get to the station at 9. Can I still catch it?", "no"),
    ("The bank closes at 5 pm. It's 3 pm. Is the bank still open?", "yes"),
    ("I have 10 dollars. The book costs 12 dollars. Can I afford it?", "no"),
    ("A ticket costs 5 dollars and I have 20. Is that enough for three tickets?", "yes"),
    ("All the apples in the basket are ripe. I took one from it. Is it ripe?", "yes"),
    ("Peter is Mary's brother. Is Mary Peter's sister?", "yes"), ("Tom is Lea's father. Is Lea Tom's mother?", "no"),
    ("Today is Wednesday. Is tomorrow Friday?", "no"), ("Yesterday was Saturday. Is today Sunday?", "yes"),
    ("It's March. Is next month April?", "yes"), ("Max is 17. Only people of 18 or more can vote. Can Max vote?", "no"),
    ("Nina is 20. You must be 18 to drive. Is she old enough?", "yes"),
    ("Either the red or the blue door is open, not both. The red one is open. Is the blue one open?", "no"),
    ("Either Jim or Kate has the ball. Jim doesn't have it. Does Kate have it?", "yes"),
    ("If Sam is home, the lights are on. The lights are off. Is Sam home?", "no"),
    ("All doctors studied medicine. Eva is a doctor. Did Eva study medicine?", "yes"),
    ("No reptiles have fur. A lizard is a reptile. Does a lizard have fur?", "no"),
    ("Nobody in the team is older than 30. Ed is 35. Can he be in the team?", "no"),
    ("Everyone at the party wore a hat. Ida was at the party. Did Ida wear a hat?", "yes"),
    ("The red car is faster than the green one. Is the green car the faster one?", "no"),
    ("There are 5 chairs and 6 guests. Can each guest have a chair?", "no"),
    ("There are 8 cookies and 4 kids. Can each kid have two?", "yes"),
    ("Oslo is north of Rome. Is Rome south of Oslo?", "yes"),
    ("My house is left of the church. Is the church left of my house?", "no"),
    ("All metals conduct electricity. Copper is a metal. Does copper conduct electricity?", "yes"),
    ("Some birds cannot fly. Does it follow that no bird can fly?", "no"),
    ("Every even number is divisible by 2. 14 is even. Is 14 divisible by 2?", "yes"), ("Is 15 an even number?", "no"),
    ("If all A are B and all B are C, are all A also C?", "yes"), ("If all A are B, are all B necessarily A?", "no"),
    ("Plants need water. A fern is a plant. Does a fern need water?", "yes"),
    ("Kim only eats vegetables. Is Kim going to eat the steak?", "no"),
    ("The milk expired yesterday. Is it past its date today?", "yes"),
    ("All trains are late today. I'm taking a train today. Will it be late?", "yes"),
    ("None of the keys fit the lock. This is one of the keys. Does it fit?", "no"),
    ("Leo finished before Mia, and Mia before Noah. Did Noah win against Leo?", "no"),
    ("Ben has more coins than Ann. Ann has 3. Could Ben have 5?", "yes"),
    ("Ben has fewer coins than Ann. Ann has 3. Could Ben have 5?", "no"),
    ("Glass breaks easily. This cup is made of glass. Does it break easily?", "yes"),
    ("If you heat ice, it melts. I heat the ice. Does it melt?", "yes"),
    ("If it's sunny, we go out. It's sunny. Do we go out?", "yes"),
    ("The museum is free for children. Ali is an adult. Is it free for Ali under this rule?", "no"),
    ("A week has 7 days. Do two weeks have 15 days?", "no"), ("A dozen is 12. Is half a dozen 6?", "yes"),
    ("All the pens in the box are red. Is there a blue pen in the box?", "no"),
    ("Rita speaks only Spanish. Does she speak German?", "no"),
    ("Lily has two brothers. Does she have at least one brother?", "yes"),
    ("Nobody called me today. Did Mark call me today?", "no"),
    ("My flight was cancelled. Did that plane take off with me?", "no"),
    ("The cake contains nuts. Uma can't eat nuts. Can she eat this cake?", "no"),
    ("This soup has no meat in it. Vegetarians do not eat meat. Is the soup free of meat?", "yes"),
    ("Gold is heavier than silver, silver is heavier than tin. Is tin heavier than gold?", "no"),
    ("No one under 12 may ride. Zoe is 10. May she ride?", "no"),
    ("The pool opens at 10. It's 11 and it closes at 8 pm. Is it open?", "yes"),
    ("Most students passed. Does that prove that every student passed?", "no"),
    ("At least one cup is broken. Is it possible that two are broken?", "yes"),
]

LETTER_WORDS = ["banana", "letter", "pepper", "book", "coffee", "apple", "mississippi", "strawberry", "balloon",
                "committee",
                "cheese", "tomato", "paper", "dinner", "summer", "elephant", "kitten", "rabbit", "school", "street",
                "sleep", "window"]
LENGTH_WORDS = ["cat", "house", "dog", "tree", "water", "flower", "computer", "garden", "bread", "orange", "family",
                "bridge",
                "sun", "chocolate", "mountain", "umbrella", "train", "holiday", "kitchen", "birthday"]
VOWEL_WORDS = ["apple", "orange", "tree", "piano", "ocean", "sky", "banana", "hello", "education", "music", "umbrella",
               "green"]
LISTS = [
    "apples, pears, plums", "Tom, Anna, Ben, Lucy", "red, green, blue, yellow, pink", "cup, plate",
    "milk, eggs, bread, butter, jam, tea", "dog, cat, cow, pig, hen, duck, goat", "sun, moon, star",
    "shoes, hat, scarf, gloves", "sofa, lamp, desk, chair, rug",
    "Paris, Rome, Berlin, Madrid, Vienna, Prague, Lisbon, Oslo", "pen, ruler, glue, tape, chalk", "piano, drum, flute",
]
SENTENCES = ["The cat sleeps.", "I like green apples.", "We are going home now.", "Good morning!",
             "My brother plays the guitar well.",
             "It is raining again today.", "She has a small dog and two cats.", "Time flies.",
             "He never eats fish on Mondays.",
             "Can you open the window, please?", "The old man walked slowly along the river."]
OF_LETTER = ["How many times does the letter {c} appear in {w}?", "How many {c}'s are in the word {w}?",
             "count the letter {c} in '{w}'",
             "how often is {c} in {w}", "In the word \"{w}\", how many letters {c} are there?"]
OF_WORD = ["How many letters does the word {w} have?", "how many letters are in {w}", "Count the letters in '{w}'.",
           "What's the length of the word \"{w}\" in letters?"]
OF_VOWELS = ["How many vowels are in the word {w}?", "count the vowels in {w}",
             "Number of vowels (a, e, i, o, u) in '{w}'?"]
OF_LIST = ["How many items are in this list: {l}?", "Count these for me: {l}",
           "how many things do I have on my list: {l}",
           "{l}. How many is that?"]
OF_SENTENCE = ["How many words are in this sentence: {l}", "Count the words: {l}", "\"{l}\" - how many words is that?"]
HOW_MANY_TOLD = ["There are {}.", "{}", "The answer is **{}**.", "I count {}."]


def next_number(rng):
    """A sequence's first terms, the next one, and the numbers that an explanation may name."""
    start, step = rng.randrange(1, 12), rng.randrange(2, 11)
    length = rng.choice([4, 4, 5])
    kind = rng.randrange(10)
    if kind < 4:
        terms = [start + step * i for i in range(length + 1)]
    elif kind < 6:
        terms = [start + step * (length + 1 - i) for i in range(length + 1)]
    elif kind < 8:
        step = rng.choice([2, 2, 3, 10])
        terms = [min(start, 5) * step ** i for i in range(length + 1)]
    elif kind == 8:
        terms = [(i + start % 4) ** 2 for i in range(1, length + 2)]
    else:
        terms = [1, rng.randrange(1, 4)]
        while len(terms) <= length + 1:
            terms.append(terms[-1] + terms[-2])
    return terms[:-1], terms[-1], step


def number_sequences(rng):
    yield from (word_sequence(rng, *row) for row in WORD_SEQUENCES)

    def make():
        terms, value, step = next_number(rng)
        differences = [abs(b - a) for a, b in zip(terms, terms[1:])]
        known = {*terms, *differences, step, value - terms[-1], *(range(10) if value > 9 else [])} - {value}
        shown = ", ".join(map(str, terms)) if rng.random() < 0.8 else " ".join(map(str, terms))
        near = next(value + n for n in range(rng.randrange(1, 4), 10 ** 6) if value + n not in known)
        right, wrong = (rng.choice(NEXT_TOLD).format(one) for one in (value, near))
        prompt = rng.choice(NEXT).format(shown)
        return None if value in terms else Question(prompt, first_new(value, known), right, wrong)
    yield from several(75, make)


def word_sequence(rng, terms, value, wrong):
    asks = [ask.replace("number", "one") for ask in NEXT]
    check = any_of(line(value, f"{terms}, {value}"),
                   matches(rf"(?:next|comes?|is|be|with)\b[^.,;\n]*?[ *\"'`]{value}\b"))
    if len(value) > 2 and value not in terms:
        check = label(value, [value, wrong])
    return Question(rng.choice(asks).format(terms), check, f"The next one is {value}.", f"The next one is {wrong}.")


def chain(rng, names, more, less):
    """Statements that order `names` from the one that is most, in any order, some of them turned round."""
    said = [f"{a} is {more} than {b}" if rng.random() < 0.7 else f"{b} is {less} than {a}"
            for a, b in zip(names, names[1:])]
    rng.shuffle(said)
    return said


def who(name, others, degree):
    """The answer names `name` as the one, or first, and no other as the one."""
    is_it = r"(?: is|'s| was| must be| would be)(?: also)?(?: the)? \W{0,2}"
    of_all = r"(?: one| person| of (?:them|the (?:two|three|four)))?"
    one = matches(rf"\b{name}\W{{0,2}}{is_it}{degree}|{degree}{of_all}(?: is|:) \W{{0,2}}{name}\b")
    other = matches(rf"\b(?:{'|'.join(others)})\W{{0,2}}{is_it}{degree}")
    return any_of(one, both(label(name, [name, *others]), not_(other)))


def comparisons(rng):
    def make():
        more, less, most, least = rng.choice(ORDERS)
        names = rng.sample(NAMES, rng.choice([2, 3, 3, 3, 4]))
        said = chain(rng, names, more, less)
        up = rng.random() < 0.5
        right, other = (names[0], names[-1]) if up else (names[-1], names[0])
        degree = (more if up else less) if len(names) == 2 else (most if up else least)
        asks = WHO if len(names) > 2 else WHO_OF_TWO
        prompt = rng.choice(asks).format(s=". ".join(said) + ".", l=" and ".join(said), m=degree)
        the = "the " if len(names) > 2 else ""
        told = rng.choice([f"{{}} is {the}{degree}.", "{}", "**{}**", f"So {{}} is {the}{degree}.",
                           "The answer is {}."])
        return Question(prompt, who(right, [n for n in names if n != right], degree), told.format(right),
                        told.format(other))
    return several(90, make)


def odd_one_out(rng):
    for alike, odd in ODD:
        alike = alike.split(", ")
        every = rng.sample([*alike, odd], len(alike) + 1)
        odd_is = r"(?:odd one(?: out)?|intruder|does(?:n't| not) (?:belong|fit))[^.,\n]{0,40}\b(?:is|:)[^\w]*(?:the )?"
        said = matches(rf"{odd_is}{odd}\b")
        check = any_of(label(odd, every), said) if odd.isalpha() and len(odd) > 1 else label(odd, every)
        told = rng.choice(ODD_TOLD)
        yield Question(rng.choice(ODD_ASKED).format(", ".join(every)), check, told.format(odd),
                       told.format(rng.choice(alike)))


def yes_no_logic(rng):
    for text, answer in LOGIC:
        check = label(answer, ["yes", "no"])
        if answer == "no":
            check = any_of(check, matches(r"^\W*not\b"))
        other = "no" if answer == "yes" else "yes"
        yield Question(rng.choice(YES_NO).format(text), check, rng.choice(YES_TOLD[answer]),
                       rng.choice(YES_TOLD[other]))


def how_many(rng, prompt, value, unit):
    told = rng.choice(HOW_MANY_TOLD)
    shown = WORDS[value] if rng.random() < 0.3 else value
    return Question(prompt, number(value, unit), told.format(shown), told.format(value + rng.choice([1, 2, 3])))


def counting(rng):
    for word in LETTER_WORDS:
        letter = rng.choice(sorted(c for c in set(word) if word.count(c) > 1))
        prompt = rng.choice(OF_LETTER).format(c=letter, w=word)
        yield how_many(rng, prompt, word.count(letter), rf"(?:letters? )?\W?{letter}\b|times|occurrences")
    for word in LENGTH_WORDS:
        yield how_many(rng, rng.choice(OF_WORD).format(w=word), len(word), "letters|characters")
    for word in VOWEL_WORDS:
        yield how_many(rng, rng.choice(OF_VOWELS).format(w=word), sum(c in "aeiou" for c in word), "vowels?")
    for items in LISTS:
        yield how_many(rng, rng.choice(OF_LIST).format(l=items), items.count(",") + 1,
                       "items|things|different|elements")
    for text in SENTENCES:
        yield how_many(rng, rng.choice(OF_SENTENCE).format(l=text), len(text.split()), "words")


KINDS = {"number-sequences": number_sequences, "comparisons": comparisons, "odd-one-out": odd_one_out,
         "yes-no-logic": yes_no_logic, "counting-letters-or-things": counting}
