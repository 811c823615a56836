"""Questions that need the messages before them: next steps, other facts, recall, edits, other languages."""

from drawing import several
from question import Question, both, items, label, line, matches, not_, quantity, says, shape

FIRST_SUMS = ["What is {}?", "{} = ?", "how much is {}", "Please calculate {}.", "hi, what's {}",
              "Can you work out {}?"]
SUM_TOLD = ["{e} = {v}", "{e} is {v}.", "That's {v}.", "The answer is {v}."]
# What is asked next, and the new value of x.
NEXT_SUMS = [
    ("and doubled?", lambda x, n: 2 * x), ("Now subtract {n}.", lambda x, n: x - n),
    ("now add {n}", lambda x, n: x + n), ("And times {n}?", lambda x, n: x * n),
    ("and half of that?", lambda x, n: x / 2), ("Plus {n}?", lambda x, n: x + n),
    ("What if I add {n} more?", lambda x, n: x + n), ("minus {n}", lambda x, n: x - n),
    ("Multiply that by {n}.", lambda x, n: x * n), ("Thanks! And that plus {n}?", lambda x, n: x + n),
    ("triple it", lambda x, n: 3 * x), ("Now take away {n}, please.", lambda x, n: x - n),
    ("And ten times that?", lambda x, n: 10 * x), ("Divide the result by 2.", lambda x, n: x / 2),
    ("and 10% of that?", lambda x, n: x / 10), ("OK, what's {n} less than that?", lambda x, n: x - n),
    ("Can you double that?", lambda x, n: 2 * x), ("if I take off {n} from it, what is left?", lambda x, n: x - n),
    ("Good. Increase it by {n}.", lambda x, n: x + n),
]

# country: capital, currency, language, continent; None where there is more than one answer
COUNTRIES = {
    "France": ("Paris", "euro", "French", "Europe"), "Japan": ("Tokyo", "yen", "Japanese", "Asia"),
    "Italy": ("Rome", "euro", "Italian", "Europe"), "Germany": ("Berlin", "euro", "German", "Europe"),
    "Spain": ("Madrid", "euro", "Spanish", "Europe"), "Portugal": ("Lisbon", "euro", "Portuguese", "Europe"),
    "Brazil": ("Brasília", "real", "Portuguese", "South America"),
    "Mexico": ("Mexico City", "peso", "Spanish", "North America"), "Russia": ("Moscow", "ruble", "Russian", None),
    "Poland": ("Warsaw", "zloty", "Polish", "Europe"), "Sweden": ("Stockholm", "krona", "Swedish", "Europe"),
    "Norway": ("Oslo", "krone", "Norwegian", "Europe"), "Denmark": ("Copenhagen", "krone", "Danish", "Europe"),
    "Hungary": ("Budapest", "forint", "Hungarian", "Europe"), "Greece": ("Athens", "euro", "Greek", "Europe"),
    "Turkey": ("Ankara", "lira", "Turkish", None), "Egypt": ("Cairo", "pound", "Arabic", "Africa"),
    "China": ("Beijing", "yuan", "Chinese", "Asia"), "South Korea": ("Seoul", "won", "Korean", "Asia"),
    "Thailand": ("Bangkok", "baht", "Thai", "Asia"), "Vietnam": ("Hanoi", "dong", "Vietnamese", "Asia"),
    "Argentina": ("Buenos Aires", "peso", "Spanish", "South America"),
    "Chile": ("Santiago", "peso", "Spanish", "South America"), "Peru": ("Lima", "sol", "Spanish", "South America"),
    "the United Kingdom": ("London", "pound", "English", "Europe"),
    "Iceland": ("Reykjavik", "krona", "Icelandic", "Europe"), "Finland": ("Helsinki", "euro", "Finnish", "Europe"),
    "Austria": ("Vienna", "euro", "German", "Europe"), "the Netherlands": ("Amsterdam", "euro", "Dutch", "Europe"),
    "Australia": ("Canberra", "Australian dollar", "English", None), "Kenya": ("Nairobi", "shilling", None, "Africa"),
    "Morocco": ("Rabat", "dirham", "Arabic", "Africa"), "Cuba": ("Havana", "peso", "Spanish", None),
    "Romania": ("Bucharest", "leu", "Romanian", "Europe"),
}
# what is asked, of which of these, how it is asked at first and then, and how it is told
COUNTRY_ASKED = {
    "capital": (0, ["What is the capital of {}?", "capital of {}?", "Tell me the capital of {}."],
     ["And its capital?", "what's the capital there", "Which city is the capital?"], "The capital of {} is {}."),
    "currency": (1, ["What currency does {} use?", "Which money do they use in {}?", "currency of {}"],
     ["and its currency?", "What money do they use there?", "And which currency is used there?"],
     "The currency of {} is the {}."),
    "language": (2, ["Which language do most people in {} speak?", "main language in {}?"],
     ["And the language?", "what language do people speak there", "And which language is most spoken?"],
     "The main language in {} is {}."),
    "continent": (3, ["Which continent is {} in?", "on what continent is {}"],
     ["And on which continent is it?", "which continent?"], "{} is in {}."),
}
ALSO = {"Brasília": ["Brasilia"], "yuan": ["renminbi", "RMB", "CNY"], "Chinese": ["Mandarin"],
        "ruble": ["rouble", "rubles", "roubles"],
        "zloty": ["złoty", "PLN"], "krona": ["kronor", "króna", "SEK", "ISK"], "krone": ["kroner", "NOK", "DKK"],
        "real": ["reais", "BRL"],
        "Reykjavik": ["Reykjavík"], "euro": ["euros", "EUR"], "pound": ["pounds", "sterling", "GBP", "EGP"],
        "peso": ["pesos"],
        "Hanoi": ["Ha Noi"], "leu": ["lei", "RON"],
        "Australian dollar": ["AUD", "dollar", "dollars"], "yen": ["JPY"], "forint": ["forints", "HUF"], "won": ["KRW"],
        "shilling": ["shillings", "KES"], "sol": ["soles", "PEN"], "Mexico City": ["Ciudad de México"]}
AND_OTHER = ["And {}?", "what about {}", "What about {}?", "And for {}?", "How about {}?", "thanks, and {}?"]
# A first question and its answer; then the same about another thing, with the answers.
OTHER_FACTS = [
    ("What do you call a baby dog?", "A baby dog is called a puppy.", "a baby cat", ["kitten"]),
    ("What's a young cow called?", "A young cow is called a calf.", "a young horse", ["foal", "colt", "filly"]),
    ("What do you call a baby goose?", "It's called a gosling.", "a baby duck", ["duckling"]),
    ("What do you call a baby deer?", "A baby deer is a fawn.", "a baby sheep", ["lamb"]),
    ("How many legs does an ant have?", "An ant has six legs.", "a spider", ["eight", "8"]),
    ("How many legs does a dog have?", "A dog has four legs.", "a chicken", ["two", "2"]),
    ("How many wheels does a car have?", "A car has four wheels.", "a tricycle", ["three", "3"]),
    ("How many sides does a square have?", "A square has four sides.", "a hexagon", ["six", "6"]),
    ("How many sides does a triangle have?", "Three.", "a pentagon", ["five", "5"]),
    ("How many strings does a violin have?", "A violin has four strings.", "a standard guitar", ["six", "6"]),
    ("How many players does a soccer team have on the field?", "Eleven players.", "a basketball team", ["five", "5"]),
    ("What is the chemical symbol for iron?", "The symbol for iron is Fe.", "gold", ["Au"]),
    ("What's the symbol of oxygen?", "O.", "sodium", ["Na"]), ("Chemical symbol of hydrogen?", "H", "silver", ["Ag"]),
    ("What is the symbol for helium?", "It's He.", "copper", ["Cu"]),
    ("Who wrote Hamlet?", "William Shakespeare wrote Hamlet.", "Don Quixote", ["Cervantes"]),
    ("Who wrote Oliver Twist?", "Charles Dickens.", "Pride and Prejudice", ["Austen"]),
    ("Who wrote War and Peace?", "Leo Tolstoy wrote it.", "Crime and Punishment",
     ["Dostoevsky", "Dostoyevsky", "Dostoevskij"]),
    ("Who's the author of The Hobbit?", "J. R. R. Tolkien.", "Harry Potter", ["Rowling"]),
    ("Who wrote 1984?", "George Orwell wrote 1984.", "The Old Man and the Sea", ["Hemingway"]),
    ("Who painted the Mona Lisa?", "Leonardo da Vinci painted it.", "The Starry Night", ["van Gogh", "Gogh"]),
    ("Who painted The Scream?", "Edvard Munch.", "Guernica", ["Picasso"]),
    ("Who composed the Four Seasons?", "Antonio Vivaldi composed them.", "the opera The Magic Flute", ["Mozart"]),
    ("Which planet is closest to the sun?", "Mercury is the closest.", "the largest one", ["Jupiter"]),
    ("Which planet is known for its rings?", "Saturn.", "the one called the red planet", ["Mars"]),
    ("How many days does June have?", "June has 30 days.", "July", ["31", "thirty-one"]),
    ("How many days are in a week?", "Seven.", "a leap year", ["366"]),
    ("How many minutes are in an hour?", "60 minutes.", "hours in a day", ["24", "twenty-four"]),
    ("How many centimeters are in a meter?", "100.", "meters in a kilometer", ["1000", "1,000", "thousand"]),
    ("What's the opposite of hot?", "Cold.", "big", ["small", "little", "tiny"]),
    ("What's the opposite of up?", "Down.", "open", ["closed", "close", "shut"]),
    ("What is the opposite of early?", "Late.", "dry", ["wet"]),
    ("What's the plural of child?", "Children.", "mouse", ["mice"]),
    ("Plural of foot?", "The plural of foot is feet.", "tooth", ["teeth"]),
    ("What is the plural of leaf?", "Leaves.", "woman", ["women"]),
    ("What is the past tense of go?", "Went.", "see", ["saw"]), ("past tense of eat?", "It's ate.", "write", ["wrote"]),
    ("What's the past tense of run?", "Ran.", "buy", ["bought"]),
    ("At what temperature does water freeze, in Celsius?", "At 0 degrees Celsius.", "boiling", ["100", "hundred"]),
    ("In which month is Christmas?", "Christmas is in December.", "Halloween", ["October"]),
    ("What color is grass?", "Grass is green.", "snow", ["white"]),
    ("What colour do you get from red and yellow?", "Orange.", "blue and yellow", ["green"]),
    ("Which gas do we need to breathe?", "We need oxygen.", "the gas that plants take in",
     ["carbon dioxide", "CO2", "CO₂"]),
    ("What's the tallest animal?", "The giraffe.", "the largest one in the sea", ["blue whale", "whale"]),
]

# What someone says, the reply, what they ask later, and the values.
TOLD_BEFORE = [
    ("My dog is called {}.", "That's a lovely name for a dog!", "What did I say my dog was called?",
     "Biscuit Rufus Luna Bella"),
    ("Hi, my name is {}.", "Nice to meet you! How can I help?", "what's my name?", "Daniel Fatima Ingrid Marcus"),
    ("I live in {}.", "That sounds like a nice place to live.", "Which city do I live in?", "Lyon Oslo Denver Krakow"),
    ("I'm allergic to {}.", "Thanks for telling me, I'll keep that in mind.", "Can you remind me what I'm allergic to?",
     "peanuts shellfish strawberries"),
    ("My favorite color is {}.", "Great choice!", "Do you remember my favorite color?", "purple turquoise orange"),
    ("My locker code is {}.", "Okay, noted.", "what was the code again", "4821 7390 1566"),
    ("I work as a {}.", "That must be an interesting job.", "What is my job?", "plumber nurse translator"),
    ("My sister's birthday is in {}.", "That's nice, do you have plans?", "In which month is my sister's birthday?",
     "March August November"),
    ("I have an appointment with Dr. {} tomorrow.", "I hope it goes well.", "Which doctor am I seeing?",
     "Patel Kim Novak"),
    ("We're going on holiday to {} this summer.", "That sounds wonderful!", "Where did I say we're going?",
     "Croatia Iceland Morocco"),
    ("I drive a red {}.", "Nice car!", "What brand is my car?", "Toyota Volvo Fiat"),
    ("My train leaves at {}.", "Alright, don't be late!", "When does my train leave?", "7:40 16:25 9:05"),
    ("I'm learning to play the {}.", "Great, practice every day and you'll improve.", "Which instrument am I learning?",
     "cello trumpet harp"),
    ("I parked on level {} of the garage.", "Good to know.", "On which level did I park?", "B2 C4 A3"),
    ("My daughter just turned {}.", "Happy birthday to her!", "How old is my daughter?", "11 14 17"),
    ("For lunch I had {}.", "Sounds tasty!", "what did i eat for lunch", "lasagna sushi couscous"),
    ("The wifi password is {}.", "Okay.", "Tell me the wifi password I gave you.", "sunflower42 bluewhale9"),
    ("I'm reading a book about {}.", "That's a fascinating topic.", "What's the book I'm reading about?",
     "volcanoes dinosaurs submarines"),
    ("My cat {} is sick today.", "I'm sorry to hear that. I hope she feels better soon.", "What is my cat's name?",
     "Misty Cleo Pepper"),
    ("The meeting is on {}.", "Got it.", "Which day is the meeting?", "Thursday Tuesday Friday"),
    ("My flat is on the {} floor.", "I hope there is an elevator!", "Which floor do I live on?",
     "fourth ninth seventh"),
    ("My teacher is Mrs. {}.", "I see.", "Who's my teacher?", "Hudson Baker Lindqvist"),
]
SMALL_TALK = [("What's 3 plus 4?", "3 plus 4 is 7."), ("Thanks! What's a good snack for the evening?",
                                                       "Some fruit or nuts would be good."),
              ("Tell me a fun fact.", "Honey never spoils."), ("How are you?", "I'm doing well, thank you!"),
              ("What's the capital of Peru?", "The capital of Peru is Lima."),
              ("Give me a synonym for quick.", "Fast."),
              ("Is it healthy to walk every day?", "Yes, walking every day is very healthy.")]
# A choice between two, in a dialogue: what was asked, the two, what was chosen with which words, and the question.
CHOICES = [
    ("Should I get a cat or a dog?", "A cat is calmer, a dog is more active.", "Then I'll take the {}.", ("cat", "dog"),
     "Which of the two did I choose?"),
    ("Pizza or pasta tonight?", "Both are nice. Pizza is easier to order.", "OK, {} it is.", ("pizza", "pasta"),
     "What will I eat tonight?"),
    ("Is the train or the bus better?", "The train is faster, the bus is cheaper.", "I'll go by {}.", ("train", "bus"),
     "How did I say I would travel?"),
    ("Help me choose: the blue or the green shirt?", "Blue goes with everything, green is fresh.", "I'm going for {}.",
     ("blue", "green"), "Which color did I pick?"),
    ("Spain or Greece for our holiday?", "Both have great beaches.", "We decided: {}!", ("Spain", "Greece"),
     "Which country did we decide on?"),
    ("Should I learn guitar or piano?", "Guitar is portable, piano is good for theory.", "I'd rather learn {}.",
     ("guitar", "piano"), "which instrument did i decide to learn"),
    ("Tea or coffee for breakfast?", "Coffee wakes you up, tea is gentle.", "I'd like {} then.", ("tea", "coffee"),
     "So what do I want to drink?"),
    ("Saturday or Sunday for the party?", "Saturday lets people sleep in.", "Let's say {}.", ("Saturday", "Sunday"),
     "On which day is my party?"),
]

# Sentences with a name in them, and another name for it.
SENTENCES = [
    ("Tom likes to play football in the park.", "Tom", "Anna"), ("Maria bought a new red bike.", "Maria", "Julia"),
    ("The cat sleeps on the warm sofa.", "cat", "dog"), ("We will meet Peter at the station.", "Peter", "Susan"),
    ("My brother lives in Berlin.", "Berlin", "Madrid"), ("Please call me on Monday.", "Monday", "Friday"),
    ("The soup is too hot to eat.", "soup", "tea"), ("Paul sent a letter to his aunt.", "Paul", "Oscar"),
    ("The shop opens at nine.", "nine", "ten"), ("Lisa found a coin in the garden.", "Lisa", "Nora"),
    ("I saw a bird in the tree.", "bird", "squirrel"), ("Our teacher told us a funny story.", "teacher", "neighbor"),
    ("The train to Paris is late.", "Paris", "Rome"), ("She drinks coffee every morning.", "coffee", "milk"),
]
SENTENCE_ASKED = ["Write a short sentence about anything.", "Give me an example sentence.",
                  "Can you make up a simple sentence for me?",
                  "write one sentence", "I need a short sentence for my English class."]
UPPER_ASKED = ["now in capitals", "Write that in all capital letters.", "Can you put it in upper case?",
               "in CAPS please"]
LOWER_ASKED = ["now all in lower case", "Write it in lowercase letters only, please."]
SWAP_ASKED = ["Replace {} with {}.", "now use {1} instead of {0}", "Same sentence, but change {} to {}.",
              "Please swap {} for {}."]
# Shopping and other lists, and one more item.
LISTS = [
    ("Give me three fruits.", "apple, pear, mango", "cherry"),
    ("List three vegetables.", "carrot, onion, spinach", "leek"),
    ("Name three animals on a farm.", "cow, horse, pig", "goat"),
    ("three European capitals?", "Vienna, Rome, Lisbon", "Oslo"),
    ("Name three sports.", "tennis, hockey, golf", "rugby"), ("List three drinks.", "water, juice, tea", "milk"),
    ("Give me three girls' names.", "Mia, Zoe, Clara", "Eva"), ("Give me three tools.", "saw, hammer, drill", "pliers"),
    ("Name three instruments.", "violin, flute, drum", "harp"), ("three colors please", "red, yellow, black", "white"),
]
LIST_EDITS = ["Add {new}.", "Remove {one} from the list.", "Sort them alphabetically.", "Only the first one, please.",
              "in reverse order please", "As a numbered list.", "Which was the last one?"]
LONG_TEXTS = [
    ("What is a rainbow?", "A rainbow is an arc of colors that you can see in the sky when the sun shines while it is "
     "raining, because the drops split the light.", "An arc of colors in the sky.", "rainbow|colou?rs|light|arc"),
    ("What's a bicycle?", "A bicycle is a vehicle with two wheels that you move by pushing pedals with your feet, "
     "and that you steer with a handlebar.", "A vehicle with two wheels and pedals.",
     "bicycle|bike|wheels|vehicle|pedal"),
    ("Why do we sleep?", "We sleep because our body and our brain need time to rest, to repair themselves and to "
     "store what we learned during the day.", "We sleep to rest body and brain.", "sleep|rest|brain|body"),
    ("What is bread made of?", "Bread is usually made of flour, water, yeast and a little salt, which are mixed to a "
     "dough and then baked in an oven.", "Flour, water, yeast and salt.", "bread|flour|dough"),
    ("What does a doctor do?", "A doctor examines people who are sick, finds out what is wrong with them, and helps "
     "them to get healthy again with medicine or advice.", "A doctor helps sick people get healthy.",
     "doctor|sick|heal|patient|people"),
    ("What is a volcano?", "A volcano is a mountain with an opening through which hot melted rock, ash and gas from "
     "inside the Earth can come out.", "A mountain that hot rock comes out of.",
     "volcano|mountain|rock|lava|magma"),
    ("What is a library?", "A library is a place where many books and other media are kept, and where people can "
     "read them or borrow them for some weeks.", "A place to read and borrow books.", "library|books|read|borrow"),
    ("Why is sugar bad for teeth?", "The bacteria in our mouth live on sugar and turn it into acid, and this acid "
     "slowly attacks the teeth until they get holes.", "Bacteria turn it into acid.", "sugar|acid|bacteria|teeth"),
]
SHORTER_ASKED = [("now in at most 8 words", 8), ("Shorter please, 10 words or less.", 10),
                 ("Can you say that in under 12 words?", 11),
                 ("too long, one short sentence of at most 10 words please", 10)]

# English: German, French, Spanish, Italian
LANGUAGES = ["German", "French", "Spanish", "Italian"]
WORDS = {
    "thank you": (["danke", "vielen Dank", "danke schön", "dankeschön"], ["merci"], ["gracias"], ["grazie"]),
    "good morning": (["guten Morgen"], ["bonjour"], ["buenos días", "buenos dias", "buen día"],
     ["buongiorno", "buon giorno"]),
    "good night": (["gute Nacht"], ["bonne nuit"], ["buenas noches"], ["buonanotte", "buona notte"]),
    "please": (["bitte"], ["s'il vous plaît", "s'il te plaît"], ["por favor"], ["per favore", "per piacere"]),
    "goodbye": (["auf Wiedersehen", "tschüss"], ["au revoir"], ["adiós", "adios", "hasta luego"],
     ["arrivederci", "addio", "ciao"]),
    "yes": (["ja"], ["oui"], ["sí", "si"], ["sì", "si"]),
    "water": (["Wasser"], ["eau", "l'eau"], ["agua"], ["acqua"]),
    "bread": (["Brot"], ["pain"], ["pan"], ["pane"]), "milk": (["Milch"], ["lait"], ["leche"], ["latte"]),
    "dog": (["Hund"], ["chien"], ["perro"], ["cane"]), "cat": (["Katze"], ["chat"], ["gato"], ["gatto"]),
    "house": (["Haus"], ["maison"], ["casa"], ["casa"]), "book": (["Buch"], ["livre"], ["libro"], ["libro"]),
    "apple": (["Apfel"], ["pomme"], ["manzana"], ["mela"]),
    "friend": (["Freund", "Freundin"], ["ami", "amie"], ["amigo", "amiga"], ["amico", "amica"]),
    "tree": (["Baum"], ["arbre"], ["árbol"], ["albero"]), "red": (["rot"], ["rouge"], ["rojo"], ["rosso"]),
    "blue": (["blau"], ["bleu"], ["azul"], ["blu", "azzurro"]), "one": (["eins"], ["un"], ["uno"], ["uno"]),
    "three": (["drei"], ["trois"], ["tres"], ["tre"]), "ten": (["zehn"], ["dix"], ["diez"], ["dieci"]),
    "mother": (["Mutter"], ["mère"], ["madre"], ["madre"]),
    "brother": (["Bruder"], ["frère"], ["hermano"], ["fratello"]),
    "cheese": (["Käse"], ["fromage"], ["queso"], ["formaggio"]),
    "summer": (["Sommer"], ["été", "l'été"], ["verano"], ["estate"]),
    "today": (["heute"], ["aujourd'hui"], ["hoy"], ["oggi"]),
    "tomorrow": (["morgen"], ["demain"], ["mañana"], ["domani"]),
    "Monday": (["Montag"], ["lundi"], ["lunes"], ["lunedì"]),
    "school": (["Schule"], ["école", "l'école"], ["escuela"], ["scuola"]),
    "sun": (["Sonne"], ["soleil"], ["sol"], ["sole"]), "fish": (["Fisch"], ["poisson"], ["pescado", "pez"], ["pesce"]),
    "window": (["Fenster"], ["fenêtre"], ["ventana"], ["finestra"]),
    "I love you": (["ich liebe dich"], ["je t'aime"], ["te amo", "te quiero"], ["ti amo"]),
    "happy birthday": (["alles Gute zum Geburtstag", "herzlichen Glückwunsch zum Geburtstag"],
     ["joyeux anniversaire", "bon anniversaire"], ["feliz cumpleaños"], ["buon compleanno"]),
    "green": (["grün"], ["vert"], ["verde"], ["verde"]),
    "white": (["weiß", "weiss"], ["blanc"], ["blanco"], ["bianco"]),
    "night": (["Nacht"], ["nuit"], ["noche"], ["notte"]), "moon": (["Mond"], ["lune"], ["luna"], ["luna"]),
}
TRANSLATE_ASKED = ["How do you say '{w}' in {l}?", "What is '{w}' in {l}?", "translate '{w}' to {l}", "{w} in {l}?",
                   "Hi! What's the {l} word for '{w}'?"]
TRANSLATE_NEXT = ["And in {l}?", "and in {l}", "What about {l}?", "Thanks. How about {l}?", "and the {l} word?",
                  "now in {l} please",
                  "Same in {l}?", "How would I say it in {l}?"]


def dialogue(*texts):
    """Messages of the user and the assistant in turn."""
    return [[("user", "assistant")[i % 2], text] for i, text in enumerate(texts)]


def followup_arithmetic(rng):
    def step(x):
        text, change = rng.choice(NEXT_SUMS)
        n = rng.randrange(2, 10)
        value = change(x, n)
        return (text.format(n=n), int(value)) if value == int(value) and 0 < value != x else step(x)

    def make():
        a, b = rng.randrange(2, 30), rng.randrange(2, 13)
        expression, value = rng.choice([(f"{a} + {b}", a + b), (f"{a + b} - {b}", a), (f"{a} * {b}", a * b),
                                        (f"{a} plus {b}", a + b)])
        before = [rng.choice(FIRST_SUMS).format(expression), rng.choice(SUM_TOLD).format(e=expression, v=value)]
        if rng.random() < 0.3:
            text, value = step(value)
            before += [text, f"That's {value}."]
        prompt, result = step(value)
        told = rng.choice(["{}", "That gives {}.", "The result is **{}**.", "It's {} now."])
        return Question(prompt, quantity(result), told.format(result), told.format(result + rng.choice([1, 2, 10])),
                        dialogue(*before))
    return several(90, make)


def country_fact(rng, country):
    """Of one country first one and then another attribute, or the same attribute of another country."""
    attribute = rng.choice(["capital", "currency", "language", "capital", "continent"])
    place, asks, _, told = COUNTRY_ASKED[attribute]
    known = COUNTRIES[country][place]
    before = dialogue(rng.choice(asks).format(country), told.format(country, known))
    if rng.random() < 0.5:
        place, _, asks, told = COUNTRY_ASKED[rng.choice([a for a in COUNTRY_ASKED if a != attribute])]
        prompt = rng.choice(asks)
    else:
        country = rng.choice([c for c in COUNTRIES if COUNTRIES[c][place] != known])
        prompt = rng.choice(AND_OTHER).format(country)
    answer = COUNTRIES[country][place]
    if not known or not answer:
        return None
    wrong = rng.choice([facts[place] for facts in COUNTRIES.values() if facts[place] not in (None, answer,
                                                                                             *ALSO.get(answer, []))])
    style = told if rng.random() < 0.7 else "{1}"
    return Question(prompt, says(answer, *ALSO.get(answer, [])), style.format(country, answer),
                    style.format(country, wrong),
                    before)


def followup_facts(rng):
    names = iter(list(COUNTRIES) * 10)
    yield from several(50, lambda: country_fact(rng, next(names)), tries=6)
    for first, reply, other, answers in OTHER_FACTS:
        told = rng.choice(["{}", "{}.", "That would be {}.", "**{}**", "The answer is {}."])
        prompt = rng.choice(AND_OTHER).format(other)
        yield Question(prompt, says(*answers), told.format(answers[0]), "I'm not sure, the same as before.",
                       dialogue(first, reply))


def recalled(rng, said, reply, asked, values):
    value, other = rng.sample(values.split(), 2)
    before = [said.format(value), reply]
    if rng.random() < 0.6:
        before += rng.choice(SMALL_TALK)
    right = rng.choice(["You said {}.", "{}", "It's {}.", "You told me that it is **{}**."])
    return Question(asked, says(value), right.format(value), right.format(other), dialogue(*before))


def followup_recall(rng):
    for row in TOLD_BEFORE:
        yield from several(3, lambda: recalled(rng, *row))
    for first, reply, chosen, pair, asked in CHOICES:
        for choice in pair:
            other = pair[1 - pair.index(choice)]
            told = rng.choice(["You chose {}.", "{}", "**{}**, you said.", "It was {}."])
            yield Question(asked, label(choice, pair), told.format(choice), told.format(other),
                           dialogue(first, reply, chosen.format(choice), "Good choice!"))


def sentence_edits(rng, text, old, new):
    before = dialogue(rng.choice(SENTENCE_ASKED), text)
    swapped = text.replace(old, new)
    yield Question(rng.choice(SWAP_ASKED).format(old, new), line(swapped),
                   rng.choice(["{}", "Sure: {}", "**{}**"]).format(swapped), text, before)
    yield Question(rng.choice(UPPER_ASKED), line(text.upper(), case=True),
                   rng.choice(["{}", "Sure!\n\n{}"]).format(text.upper()), text, before)
    if rng.random() < 0.6:
        yield Question(rng.choice(LOWER_ASKED), line(text.lower(), case=True), text.lower(), text, before)


def list_edit(rng, asked, found, new, edit):
    """A question that changes a list of three."""
    one, two, three = found.split(", ")
    before = dialogue(asked, found[0].upper() + found[1:] + ".")
    result = {0: [one, two, three, new], 1: [one, three], 2: sorted([one, two, three]), 3: [one], 4: [three, two, one],
              5: [one, two, three], 6: [three]}[edit]
    gone = matches(rf"(?:^|[,\n]|\band )[\s*-]*(?:\d+\W+)?{two}\b")
    check = {1: both(items(result), not_(gone)), 3: label(one, [one, two, three]),
             5: both(items(result, ordered=True), shape(min_lines=3)),
             6: label(three, [one, two, three])}.get(edit, items(result, ordered=edit != 0))
    right = "\n".join(f"{i}. {x}" for i, x in enumerate(result, 1)) if edit == 5 else ", ".join(result)
    wrong = "I can't do that." if edit in (0, 5) else ", ".join([two, one, three])
    return Question(LIST_EDITS[edit].format(new=new, one=two), check, right, wrong, before)


def followup_edit(rng):
    for row in SENTENCES:
        yield from sentence_edits(rng, *row)
    for row in LISTS:
        for edit in sorted(rng.sample(range(len(LIST_EDITS)), 4)):
            yield list_edit(rng, *row, edit)
    for asked, text, right, about in LONG_TEXTS:
        prompt, most = rng.choice(SHORTER_ASKED)
        yield Question(prompt, both(shape(max_words=most), matches(about)), right, text, dialogue(asked, text))


def followup_translation(rng):
    for word, translations in WORDS.items():
        told = dict(zip(LANGUAGES, translations))
        for first, second, third in (rng.sample(LANGUAGES, 3), rng.sample(LANGUAGES, 3)):
            asked = rng.choice(TRANSLATE_ASKED).format(w=word, l=first)
            before = [asked, rng.choice(["{}", "It's '{}'.", "In {l} you say '{}'."]).format(told[first][0], l=first)]
            if rng.random() < 0.25:
                before += [f"And in {third}?", f"In {third} it's '{told[third][0]}'."]
            if set(told[second]) & set(told[first] + told[third]):
                continue
            right = rng.choice(["{}", "In {l} it's '{}'.", "**{}**", "You would say \"{}\" in {l}."])
            yield Question(rng.choice(TRANSLATE_NEXT).format(l=second), says(*told[second]),
                           right.format(told[second][0], l=second),
                           right.format(told[first][0], l=second), dialogue(*before))


KINDS = {"followup-arithmetic": followup_arithmetic, "followup-facts": followup_facts,
         "followup-recall": followup_recall,
         "followup-edit": followup_edit, "followup-translation": followup_translation}
