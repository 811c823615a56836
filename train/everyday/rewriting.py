"""Texts to write otherwise: another case, order, tense, tone, length, or from given first letters."""

import re

from question import Question, both, matches, not_, says
from rewriting_texts import (COMMANDS, CONTRACTED, FUTURE, LONG, NEWS, PAST, PRESENT, STORIES, TO_CASUAL,
                             TO_FORMAL)
from wording import PREAMBLE, at_most, edited, options, shuffled, table, ways

PLAIN = ["{right}", "\"{right}\"", "**{right}**", "Sure! Here it is: {right}", "Here you go:\n\n{right}"]

TEXTS = table("""
good morning everyone
please close the door
happy birthday dear Anna
the meeting starts at noon
we are open on Sunday
fresh bread every day
do not feed the birds
welcome to our new house
the train to Leeds is late
free coffee for all guests
my dog ate the sofa
no swimming in the lake
sale ends this Friday
keep this window closed
thank you for your help
see you next week
the cat sat on the mat
lost keys near the station
summer in the city
a walk in the woods
war and peace
the old man and the sea
how to grow tomatoes
stop making so much noise
hello world
ring the bell twice
new phone who dis
pay by card only
the king of the hill
quiet please exam in progress
""")
UPPER_ASKED = ["Write this in capital letters: {text}", "Convert to uppercase: \"{text}\"",
               "put \"{text}\" in all caps", "uppercase this: {text}",
               "Please make the following text all caps: {text}",
               "I need a sign that says {text}, all in capitals. Just write the text.",
               "Change every letter to upper case: {text}", "{text} - in CAPS please"]
LOWER_ASKED = ["Write this in lowercase: {text}", "convert to lower case: \"{text}\"",
               "I had caps lock on. Please put it in lower case: {text}",
               "no capitals please: {text}", "Make this all lowercase: {text}"]
TITLE_ASKED = ["Capitalize the first letter of every word: {text}",
               "Put a capital at the start of each word: \"{text}\"",
               "capitalise each word in {text}", "Every word should begin with a capital letter, please: {text}"]
BACKWARD_ASKED = ["Reverse the order of the words: {text}", "Write these words in reverse order: \"{text}\"",
                  "Put the words backwards, last word first: {text}",
                  "say it with the words in the opposite order: {text}", "Turn the word order around: {text}"]
SORTS = table("""
pear apple fig
dog cat bird
red blue green
milk bread eggs cheese
Tom Anna Zoe Ben
rose tulip daisy
car bus train bike
London Berlin Paris Madrid
shirt hat coat shoes
tiger lion bear wolf
spoon fork knife plate
banana cherry apple date
winter spring summer autumn
piano guitar violin drums flute
tea coffee juice water
nurse doctor teacher chef
table chair lamp desk sofa
Peru Chile Brazil Mexico Cuba
river ocean lake pond
gold silver copper iron
mango melon orange lemon lime
sun moon star sky
carrot celery cabbage corn
stone sand salt soil silk
""")
SORT_ASKED = ["Sort these words alphabetically: {list}", "Put in alphabetical order: {list}", "alphabetize {list}",
              "Can you order these from A to Z? {list}",
              "I have a list: {list}. Please sort it alphabetically.", "sort a-z: {list}",
              "Which order would these have in a dictionary? {list}",
              "Arrange the following in alphabetical order: {list}"]
LETTERS = ["cat", "dog", "star", "hello", "train", "garden", "school", "banana", "window", "orange", "computer",
           "elephant"]
LETTERS_ASKED = ["Write the word \"{word}\" backwards.", "reverse the letters of {word}", "Spell {word} backwards",
                 "what is \"{word}\" spelled in reverse?",
                 "{word}, but backwards please", "Reverse this string: {word}"]

TENSE_ASKED = ["Rewrite in the {tense} tense: {text}", "Put this sentence in the {tense}: \"{text}\"",
               "change to {tense} tense: {text}",
               "Can you turn this into the {tense} tense? {text}", "{text} -> {tense} tense",
               "How would this sentence look in the {tense} tense? {text}",
               "Please change the verb to the {tense}: {text}",
               "English homework: write \"{text}\" in the {tense} tense.",
               "make it {tense} tense please: {text}"]

EXPAND_ASKED = ["Rewrite without contractions: {text}", "Write out the contraction in full: {text}",
                "make this formal, no short forms: {text}",
                "My teacher doesn't allow contractions. Fix this: {text}", "Expand the contraction in \"{text}\""]
CONTRACT_ASKED = ["Use a contraction to make this less formal: {text}", "Rewrite with a contraction: {text}",
                  "how would you shorten the verb here in spoken English? {text}",
                  "Make this sound more casual by using a short form: {text}"]
FORMAL_ASKED = ["Make this more formal: {text}", "Rewrite in a formal tone: \"{text}\"",
                "how would I say this politely in a business email? {text}",
                "I can't send this to my boss like that. Make it professional: {text}",
                "Please rephrase formally: {text}", "formal version of: {text}",
                "Turn this text message into formal English: {text}"]
CASUAL_ASKED = ["Make this less formal: {text}", "Rewrite in a casual tone: \"{text}\"",
                "how would I text this to a friend? {text}",
                "This sounds too stiff. Make it casual: {text}", "informal version please: {text}"]
POLITE_ASKED = ["Make this more polite: {text}", "Rewrite as a polite request: {text}", "say it nicely: \"{text}\"",
                "how can I say \"{text}\" politely?",
                "That sounds rude. What is a kinder way to say \"{text}\"",
                "Turn this order into a polite question: {text}"]

SHORT_ASKED = ["Shorten this to at most {n} words: {text}", "Say this in {n} words or fewer: {text}",
               "make it shorter, max {n} words: {text}",
               "Can you cut this down to no more than {n} words? {text}",
               "\"{text}\" is too long. Use at most {n} words.",
               "Rewrite more briefly ({n} words at most): {text}", "too wordy, please trim to {n} words max: {text}"]
HEADLINE_ASKED = ["Write a headline of at most 8 words for this: {text}",
                  "{text}\n\nGive this news a title with no more than 8 words.",
                  "headline for this, max 8 words: {text}", "Summarize in 8 words or less: {text}",
                  "I need a short title (8 words at most) for: {text}"]
SUMMARY_ASKED = ["Summarize in one sentence of at most 20 words: {text}",
                 "{text}\n\nIn one short sentence (max 20 words), what is this about?",
                 "tl;dr in under 20 words please: {text}",
                 "Give me a one-sentence summary, no more than 20 words.\n\n{text}"]

# Who is asked for, and the answers by first letter.
THINGS = table("""
animal | Z | zebra/zebu/zorilla/zander
animal | E | elephant/eagle/eel/emu/elk/echidna/ermine/egret/earthworm
animal | K | kangaroo/koala/kiwi/kingfisher/komodo dragon/krill/kookaburra/kinkajou/katydid/kudu
fruit | B | banana/blueberry/blackberry/blackcurrant/boysenberry/breadfruit/blood orange
fruit | P | pear/peach/plum/pineapple/papaya/pomegranate/persimmon/passion fruit/pomelo/passionfruit/prune
fruit | M | mango/melon/mandarin/mulberry/mangosteen
vegetable | C | carrot/cabbage/cauliflower/celery/cucumber/corn/chard/cress/courgette/collard \
greens/chicory/carrots/cassava
color | Y | yellow
color | P | purple/pink/peach/plum/periwinkle
country | I | India/Italy/Ireland/Iran/Iraq/Israel/Indonesia/Iceland/Ivory Coast
country | J | Japan/Jamaica/Jordan
country | N | Norway/Nepal/Nigeria/Netherlands/New Zealand/Niger/Nicaragua/Namibia/Nauru/North Korea/North Macedonia
month | O | October
day of the week | W | Wednesday
planet | S | Saturn
musical instrument | V | violin/viola/vibraphone/vuvuzela
bird | O | owl/ostrich/oriole/osprey/oystercatcher
sport | T | tennis/table tennis/taekwondo/triathlon/track and field/trampolining/tug of war
body part | K | knee/knuckle/kidney/kneecap/knees
job | N | nurse/notary/nanny/neurologist/neurosurgeon/nutritionist/novelist/newsreader/network engineer
""")
THING_ASKED = ["Name a {thing} that starts with {letter}.", "{thing} starting with the letter {letter}?",
               "I need a {thing} beginning with {letter}, please.",
               "playing a word game: {thing} with {letter}",
               "Can you think of a {thing} whose name begins with the letter \"{letter}\"?"]
ACRONYMS = table("""
World Health Organization | WHO
as soon as possible | ASAP
frequently asked questions | FAQ
automated teller machine | ATM
do it yourself | DIY
be right back | BRB
by the way | BTW
United States of America | USA
chief executive officer | CEO
personal identification number | PIN
light emitting diode | LED
laugh out loud | LOL
compact disc | CD
curriculum vitae | CV
for your information | FYI
portable document format | PDF
European Union | EU
unidentified flying object | UFO
global positioning system | GPS
to be announced | TBA
""")
ACRONYM_ASKED = ["What is the abbreviation for \"{text}\"?", "Make an acronym from the first letters: {text}",
                 "acronym for {text}", "Take the first letter of each word in "
                 "\"{text}\" and put them together in capitals.", "how do people abbreviate {text}?",
                 "What's the short form of \"{text}\"?"]
STARTS = table("""
Yesterday | Yesterday I went to the market with my sister.
Suddenly | Suddenly the lights went out in the whole house.
My dog | My dog loves to run on the beach.
If | If it rains tomorrow, we will stay at home.
Once upon a time | Once upon a time there was a king who could not laugh.
Sometimes | Sometimes I like to eat breakfast in the evening.
In the morning | In the morning I drink a cup of tea.
Nobody | Nobody knew where the old map came from.
When I was young | When I was young, we lived by a lake.
Although | Although it was late, the children were not tired.
Never | Never leave your bag on the train.
Unfortunately | Unfortunately, the shop was already closed.
The best thing | The best thing about summer is the long evenings.
Every Sunday | Every Sunday we eat lunch with our grandparents.
Dear Anna | Dear Anna, thank you for the lovely flowers.
Because | Because of the snow, the bus did not come.
""")
START_ASKED = ["Write a sentence that starts with \"{start}\".", "Start a sentence with {start} and finish it.",
               "one sentence beginning with \"{start}\" please",
               "Give me a sentence whose first words are: {start}",
               "make up a sentence, it has to begin with \"{start}\""]
LETTER_SENTENCES = {"B": "Birds build nests in spring.", "S": "She sells shoes in a small shop.",
                    "T": "The tall tree fell.", "M": "My mother makes great soup.",
                    "D": "Dogs love long walks.", "P": "Paul likes tea.", "A": "All my friends like pizza.",
                    "R": "Rain fell all night.",
                    "Z": "Zebras live in Africa.", "Q": "Queens live in castles.", "V": "Very few people came.",
                    "K": "Kids like candy."}
LETTER_ASKED = ["Write a sentence that starts with the letter {letter}.",
                "Give me any sentence beginning with the letter {letter}",
                "a short sentence whose first letter is {letter}, please"]
SPELLED = {"CAT": "Cold autumn trees", "SUN": "Some useful news", "DOG": "Do owls giggle", "BED": "Big eagles dance",
           "TEA": "Tigers eat ants", "HAT": "Horses are tall",
           "PEN": "Please eat nuts", "MAP": "Many ants play", "CAR": "Cats are relaxed", "FUN": "Find us now"}
SPELLED_ASKED = ["Write three words whose first letters spell {letters}.",
                 "Give me a three-word phrase with the initials {letters}.",
                 "three words that start with {a}, {b} and {c}, in this order please"]


def run_of(words):
    """The words one after another, with nothing but punctuation, numbers or an `and` between them."""
    return matches(r"(?<!\w)" + r"[\W\d_]+(?:and[\W_]+)?".join(map(re.escape, words)) + r"(?!\w)")


def exactly(text):
    """The text as it stands, in this case."""
    return matches(rf"(?<!\w){re.escape(text)}(?!\w)".replace("\\ ", " "), "")


def answered(rng, prompt, check, right, wrong):
    answer = rng.choice(PLAIN)
    return Question(prompt, check, answer.format(right=right), answer.format(right=wrong))


def change_case(rng):
    changes = [(UPPER_ASKED, 12, str.upper), (LOWER_ASKED, 7, str.lower), (TITLE_ASKED, 7, str.title)]
    texts = iter(shuffled(rng, [text for (text,) in TEXTS]))
    for phrasings, n, change in changes:
        asked = ways(rng, phrasings)
        for text in (next(texts) for _ in range(n)):
            given = text.upper() if change is str.lower else text
            yield answered(rng, next(asked).format(text=given), exactly(change(text)), change(text), given)


def change_order(rng):
    asked, texts = ways(rng, BACKWARD_ASKED), [text for (text,) in TEXTS if len(text.split()) <= 4]
    for text in texts:
        words = text.split()
        yield answered(rng, next(asked).format(text=text), run_of(words[::-1]), " ".join(words[::-1]), text)
    asked = ways(rng, SORT_ASKED)
    for (text,) in SORTS:
        words, join = text.split(), rng.choice([", ", ", ", " ", "\n"])
        right = sorted(words, key=str.lower)
        prompt = next(asked).format(list=join.join(words))
        yield answered(rng, prompt, run_of(right), ", ".join(right), ", ".join(words))
    asked = ways(rng, LETTERS_ASKED)
    for word in LETTERS:
        spelled = r"[\s,-]*".join(word[::-1])
        yield answered(rng, next(asked).format(word=word), matches(rf"(?<!\w){spelled}(?!\w)"), word[::-1], word[::-2])


def case_or_order(rng):
    yield from change_case(rng)
    yield from change_order(rng)


def tense(rng):
    asked = ways(rng, TENSE_ASKED)
    for name, rows in (("past", PAST), ("future", FUTURE), ("present", PRESENT)):
        for (marked,) in rows:
            before, after, parts = edited(marked)
            parts += [part.replace(" 'll", "'ll") for part in parts if " 'll" in part]
            yield answered(rng, next(asked).format(tense=name, text=before), says(*parts), after, before)


def contractions(rng):
    full, short = ways(rng, EXPAND_ASKED), ways(rng, CONTRACT_ASKED)
    for i, (marked,) in enumerate(CONTRACTED):
        before, after, parts = edited(marked)
        if i % 2:
            yield answered(rng, next(full).format(text=before), says(*parts), after, before)
        else:
            contracted = re.search(r"\[([^|]*)", marked)[1]
            yield answered(rng, next(short).format(text=after), says(contracted), before, after)


def tone(rng):
    for rows, phrasings in ((TO_FORMAL, FORMAL_ASKED), (TO_CASUAL, CASUAL_ASKED)):
        asked = ways(rng, phrasings)
        for text, kept, gone, right in shuffled(rng, rows):
            check = both(*(says(*options(one)) for one in kept.split(";")), not_(says(*gone.split(";"))))
            yield answered(rng, next(asked).format(text=text), check, right, text)


def formal_informal(rng):
    yield from contractions(rng)
    yield from tone(rng)
    asked = ways(rng, POLITE_ASKED)
    polite = matches(r"\b(?:please|could|would|may i|can you|can i (?:have|get)|kindly|might|appreciate)\b")
    for text, kept, right in COMMANDS:
        yield answered(rng, next(asked).format(text=text), both(polite, says(*options(kept))), right, text)


def shorten(rng):
    kinds = [(SHORT_ASKED, [(text, int(n), kept, right) for text, n, kept, right in LONG]),
             (HEADLINE_ASKED, [(text, 8, kept, right) for text, kept, right in NEWS]),
             (SUMMARY_ASKED, [(text, 20, kept, right) for text, kept, right in STORIES])]
    for phrasings, rows in kinds:
        asked = ways(rng, phrasings)
        for text, n, kept, right in rows:
            check = both(at_most(n), *(says(*options(one)) for one in kept.split(";")))
            yield answered(rng, next(asked).format(n=n, text=text), check, right, text)


def begins(pattern, more):
    """The answer, but for a preamble, begins so and has at least so many words more."""
    return matches(PREAMBLE + rf"[\W_]*{pattern}(?:\W+\w+){{{more},}}", "i")


def things(rng):
    asked = ways(rng, THING_ASKED)
    for i, (thing, letter, rights) in enumerate(THINGS):
        prompt = next(asked).format(thing=thing, letter=letter).replace(" a animal", " an animal")
        wrong = options(THINGS[(i + 5) % len(THINGS)][2])[0]
        yield answered(rng, prompt, says(*options(rights)), options(rights)[0], wrong)
    asked = ways(rng, ACRONYM_ASKED)
    for text, right in ACRONYMS:
        dotted = r"\.".join(right) + r"\."
        check = matches(rf"(?<!\w)(?:{right}|{dotted})(?!\w)", "")
        yield answered(rng, next(asked).format(text=text), check, right, right[::-1] + "X")


def first_letters(rng):
    yield from things(rng)
    asked = ways(rng, START_ASKED)
    for start, right in STARTS:
        yield answered(rng, next(asked).format(start=start), begins(start, 3), right, "I like to walk in the park.")
    asked = ways(rng, LETTER_ASKED)
    for letter, right in LETTER_SENTENCES.items():
        prompt = next(asked).format(letter=letter)
        yield answered(rng, prompt, begins(letter + r"[\w']*", 2), right, "I like to sing songs.")
    asked = ways(rng, SPELLED_ASKED)
    for letters, right in SPELLED.items():
        a, b, c = letters
        words = r"[\W\d_]+(?:and\s+)?".join(rf"(?:{one}[\W_]+)?{one}\w*" for one in letters)
        check = matches(rf"(?:^|\n|:|\")[\W\d_]*{words}[\W_]*(?:$|\n|\")", "i")
        yield answered(rng, next(asked).format(letters=letters, a=a, b=b, c=c), check, right, "One two three")


KINDS = {"change-case-or-order": case_or_order, "rewrite-tense": tense, "formal-informal": formal_informal,
         "shorten": shorten, "first-letters": first_letters}
