"""Answers that must have a form: JSON, lists, one word, a line of a table, a number of sentences or words."""

import json
import re

from question import Question, both, json_value, matches, not_, says, shape
from wording import at_most, options, sentences, shuffled, table, ways

PEOPLE = table("""
Anna is 34 years old and lives in Paris. | Anna | 34 | Paris
My name is Tom, I'm 27 and I live in Dublin. | Tom | 27 | Dublin
Meet Yuki from Osaka. She just turned 19. | Yuki | 19 | Osaka
Carlos, aged 52, has moved to Madrid. | Carlos | 52 | Madrid
There is a boy called Ben in Boston who is 8. | Ben | 8 | Boston
Our neighbor Olga is 71; she was born and still lives in Riga. | Olga | 71 | Riga
Priya (41) works as a nurse in Mumbai. | Priya | 41 | Mumbai
In Oslo I met Lars, who is 30. | Lars | 30 | Oslo
Fatima turned 45 last week in Cairo, where she lives. | Fatima | 45 | Cairo
I'm Sam from Leeds and I am 23 years old. | Sam | 23 | Leeds
Giulia of Milan is 36. | Giulia | 36 | Milan
Hannah, our babysitter, is 17. She lives in Bern. | Hannah | 17 | Bern
Peter is 64 and has lived in Vienna all his life. | Peter | 64 | Vienna
""")
PRODUCTS = table("""
I bought 3 apples for 2 dollars each. | apples | 3 | 2
We need 10 chairs, each costs 45 dollars. | chairs | 10 | 45
Please order 2 lamps at 30 euros apiece. | lamps | 2 | 30
The shop sold 7 umbrellas for 12 dollars each. | umbrellas | 7 | 12
She ordered 4 pizzas. One pizza costs 9 euros. | pizzas | 4 | 9
6 notebooks, 5 dollars per notebook. | notebooks | 6 | 5
He picked up 20 batteries at 1 dollar each. | batteries | 20 | 1
On the invoice there are 15 mugs for 8 dollars each. | mugs | 15 | 8
Put 5 tickets in my cart, they are 25 euros each. | tickets | 5 | 25
The bill says 8 coffees at 3 dollars each. | coffees | 8 | 3
We got 12 roses, 4 dollars a piece. | roses | 12 | 4
""")
BOOKS = table("""
Frankenstein was written by Mary Shelley and came out in 1818. | Frankenstein | Mary Shelley | 1818
Jane Austen published Emma in 1815. | Emma | Jane Austen | 1815
Have you read Animal Farm? George Orwell wrote it, and it was published in 1945. | Animal Farm | George Orwell | 1945
Dracula, a novel of 1897, is by Bram Stoker. | Dracula | Bram Stoker | 1897
I am reading The Hobbit by J.R.R. Tolkien, first printed in 1937. | The Hobbit | J.R.R. Tolkien | 1937
Moby-Dick (1851) is Herman Melville's best known book. | Moby-Dick | Herman Melville | 1851
Lewis Carroll's Alice in Wonderland appeared in 1865. | Alice in Wonderland | Lewis Carroll | 1865
The Time Machine by H.G. Wells dates from 1895. | The Time Machine | H.G. Wells | 1895
""")
EVENTS = table("""
The concert is on Friday at 8 pm in the town hall. | concert | Friday | town hall
Yoga takes place every Tuesday in the gym. | yoga | Tuesday | gym
On Sunday there is a picnic in Green Park. | picnic | Sunday | Green Park
The book club meets in the library on Monday. | book club | Monday | library
Don't miss the flea market, Saturday, at the school! | flea market | Saturday | school
The wedding will be at the beach on Thursday. | wedding | Thursday | beach
We have the job interview in room 5 on Wednesday. | job interview | Wednesday | room 5
Football training: Friday, at the stadium. | football training | Friday | stadium
""")
LISTS = table("""
I like red, green and blue. | colors | red, green, blue
We have two pets: a cat and a rabbit. | pets | cat, rabbit
My kids are Mia, Leo and Finn. | names | Mia, Leo, Finn
In my bag there are keys, a phone and a wallet. | items | keys, phone, wallet
On our trip we saw Rome, Florence, Pisa and Venice. | cities | Rome, Florence, Pisa, Venice
She speaks English, Polish and Dutch. | languages | English, Polish, Dutch
For the soup you need carrots, leeks and potatoes. | ingredients | carrots, leeks, potatoes
The lottery numbers are 4, 17, 23 and 40. | numbers | 4, 17, 23, 40
He plays the drums, the guitar and the piano. | instruments | drums, guitar, piano
The store opens on Monday, Thursday and Saturday. | days | Monday, Thursday, Saturday
""")
TOLD = {"name age city": PEOPLE, "item quantity price": PRODUCTS, "title author year": BOOKS, "event day place": EVENTS}
FLAGS = table("""
Lisa passed the test. | name | Lisa | passed | true
The door is locked: no. | item | door | locked | false
Rex is a dog and he is not vaccinated. | name | Rex | vaccinated | false
Bob has paid. | name | Bob | paid | true
The milk is in stock. | item | milk | in_stock | true
Room 12 is free. | room_number | 12 | free | true
Nora is not married. | name | Nora | married | false
The museum is closed today, so it is not open. | place | museum | open | false
Task 3 is done. | task_number | 3 | done | true
Kevin isn't a member of the club. | name | Kevin | member | false
""")
PLAIN_JSON = table("""
an empty object | {}
an empty array | []
an array with the numbers from 1 to 5 | [1, 2, 3, 4, 5]
an object with the key "hello" and the value "world" | {"hello": "world"}
an object with "a" set to 1 and "b" set to 2 | {"a": 1, "b": 2}
an array of the three strings "x", "y" and "z" | ["x", "y", "z"]
an object whose only key "active" is true | {"active": true}
an object with a key "user" holding an object with the key "id" and value 7 | {"user": {"id": 7}}
an array with two objects, the first with "id" 1 and the second with "id" 2 | [{"id": 1}, {"id": 2}]
an object with a key "tags" that holds an empty list | {"tags": []}
an object with the key "value" set to null | {"value": null}
""")
JSON_ASKED = ["Turn this into a JSON object with the keys {keys}: {text}", "Extract {keys} as JSON. {text}",
              "{text}\n\nGive me that as JSON with the fields {keys}.",
              "make json from this, keys {keys}: {text}",
              "Return only a JSON object with {keys} for the following sentence: \"{text}\"",
              "I need JSON ({keys}) for: {text}", "Please convert to JSON, using exactly the keys {keys}.\n{text}",
              "{text} -> json with {keys}"]
ARRAY_ASKED = ["Make a JSON array of the {keys} in this text: {text}", "{text} Write the {keys} as a JSON list.",
               "json array of the {keys} please: {text}",
               "Return only a JSON array with the {keys}. {text}",
               "List the {keys} as a JSON array of plain values, in the order given: \"{text}\""]
PLAIN_ASKED = ["Write {text} in JSON.", "What does {text} look like as JSON?", "json: {text}",
               "Give me {text}, as JSON, nothing else."]

# What to list, and words of which a list of it has one.
TOPICS = table("""
fruits | apple/apples/banana/bananas/orange/oranges/mango/strawberry/strawberries/grapes
vegetables | carrot/carrots/broccoli/spinach/potato/potatoes/tomato/tomatoes/onion/onions/cucumber/kale
farm animals | cow/cows/pig/pigs/sheep/chicken/chickens/horse/horses/goat/goats
colors | red/blue/green/yellow
European countries | France/Germany/Italy/Spain/Poland/Sweden/Portugal/Greece
musical instruments | piano/guitar/violin/drums/flute/trumpet
sports | football/soccer/tennis/basketball/swimming/baseball/running/volleyball
things to pack for a beach trip | towel/towels/sunscreen/swimsuit/beach towel/sunglasses/hat
ways to save money | budget/save/buy/cook/spend/saving/expenses/spending/cut/money/savings
tips for falling asleep | bed/sleep/sleeping/bedtime/screens/caffeine/relax
ideas for a cheap dinner | pasta/rice/soup/eggs/beans/chicken/potatoes/sandwich/salad/spaghetti/tacos
pizza toppings | cheese/mushrooms/mushroom/pepperoni/olives/onions/ham/tomatoes/mozzarella
jobs in a hospital | doctor/doctors/nurse/nurses/surgeon/surgeons/physician
names for a cat | Luna/Whiskers/Milo/Felix/Simba/Oliver/Leo/Bella/Oscar/Tiger/Shadow/Max/Mittens/Fluffy/Smokey/Lucy/\
Charlie/Chloe/Daisy/Lily/Kitty
rainy day activities for kids | games/game/draw/drawing/read/reading/puzzle/puzzles/bake/baking/fort/craft/crafts/\
paint/painting/movie/puddles/indoor
gifts for a grandmother | book/photo/flowers/scarf/jewelry/necklace/album/blanket/tea/card/mug/cookbook/garden/gift/\
photos/frame
benefits of walking | heart/health/weight/mood/stress/muscles/improves/improve/improved/cardiovascular/fitness/exercise
breakfast foods | eggs/toast/pancakes/cereal/oatmeal/bacon/yogurt/waffles/pancake/omelette/bread/fruit
birds | eagle/sparrow/owl/robin/parrot/hawk/penguin/pigeon/crow/eagles/owls
trees | oak/pine/maple/birch/willow/oak tree/fir/cedar/beech
flowers | rose/roses/tulip/tulips/lily/lilies/daisy/daisies/sunflower/sunflowers/lilac
kitchen tools | knife/spoon/spatula/whisk/pan/peeler/grater/tongs/knives/spoons
school subjects | math/mathematics/history/science/English/biology/geography/maths
items of clothing | shirt/pants/socks/jacket/dress/hat/shoes/jeans/skirt/coat/sweater/t-shirt
reasons to learn a language | travel/culture/cultures/job/career/communicate/communication/people/brain/cultural/\
language/languages
capital cities | Paris/London/Berlin/Rome/Madrid/Tokyo/Washington/Ottawa/Beijing/Vienna/Moscow
board games | chess/Monopoly/Scrabble/checkers/Clue/Risk/Catan
dog breeds | Labrador/Poodle/Beagle/Bulldog/Golden Retriever/German Shepherd/Labrador Retriever/Dachshund
things you find in an office | desk/computer/printer/chair/pen/desks/computers/chairs/stapler/phone/pens/paper
questions to ask in a job interview | what/how/can/why/could
healthy snacks | nuts/fruit/yogurt/apple/carrots/almonds/hummus/apples/fruits/carrot/berries/vegetables
planets | Earth/Mars/Venus/Jupiter/Saturn/Mercury/Neptune/Uranus
ocean animals | whale/shark/dolphin/octopus/whales/sharks/dolphins/jellyfish/seal/turtle
steps to make tea | water/boil/cup/tea bag/kettle/tea
hobbies | reading/painting/cooking/gardening/photography/hiking/drawing/playing/running/fishing
""")
TOPIC_ASKED = ["List {n} {topic} as bullet points.", "Give me a bulleted list of exactly {n} {topic}.",
               "{n} {topic}, as a list with bullets", "Write a numbered list of {n} {topic}.",
               "name {n} {topic} in a numbered list", "Please list {n} {topic}, numbered 1 to {n}, one per line.",
               "I need {n} {topic}. Use bullet points please.",
               "Can you give me {n} {topic}? Number them.", "bullet list: {n} {topic}",
               "Make a list with {n} items: {topic}. One bullet per item, no explanations."]

YES_NO = table("""
yes | Is the sun a star?
yes | Can penguins swim?
yes | Is 10 bigger than 7?
yes | Is Italy in Europe?
yes | Do cats have tails?
yes | Is ice made of water?
yes | Is a tomato a fruit, botanically?
yes | Does a week have seven days?
yes | Is 17 a prime number?
yes | Is a whale a mammal?
yes | Is Tokyo the capital of Japan?
yes | Was Shakespeare a writer?
yes | Is the Pacific the largest ocean?
yes | Do plants need light to grow?
yes | Is half of 50 equal to 25?
no | Is the moon bigger than the earth?
no | Can pigs fly?
no | Is Paris in Germany?
no | Do fish breathe with lungs like we do, as a rule?
no | Is 9 an even number?
no | Is a spider an insect?
no | Is Sydney the capital of Australia?
no | Does February have 31 days?
no | Do snakes have legs?
no | Is the sun cold?
no | Is glass a metal?
no | Is 3 times 3 equal to 6?
no | Is Brazil in Africa?
no | Did Mozart paint the Mona Lisa?
no | Is gold lighter than water?
""")
YES_NO_ASKED = ["{question} Answer with only yes or no.", "{question} Just say yes or no.",
                "Yes or no only: {question}", "{question} (yes/no, nothing else)",
                "Answer in one word, no or yes. {question}", "reply only \"no\" or \"yes\", no explanation: {question}",
                "{question} One word answer, please: yes or no."]
TRUE_FALSE = table("""
true | The heart pumps blood.
true | Water freezes at 0 degrees Celsius.
true | A triangle has three sides.
true | Spain is in Europe.
true | Bees make honey.
true | An octopus has eight arms.
true | The earth goes around the sun.
true | Venus is closer to the sun than Mars.
false | Bananas grow underground.
false | There are 50 minutes in an hour.
false | The moon is made of cheese.
false | Egypt is in South America.
false | All birds can fly.
false | A square has five corners.
false | Sound travels faster than light.
false | Diamonds are made of iron.
""")
TRUE_FALSE_ASKED = ["True or false? {question} Answer with one word.", "{question} Reply only with false or true.",
                    "Only write true or false: {question}",
                    "{question} true or false, one word", "Say just \"false\" or \"true\". {question}"]
ONE_WORD = table("""
What color is grass? | green
What is the opposite of black? | white
What is frozen water called? | ice
Which animal says "meow"? | cat/a cat/cats
What is the capital of France? | Paris
What day comes after Monday? | Tuesday
What is the first month of the year? | January
Which planet do we live on? | Earth/the earth
What do bees make? | honey
What color do you get from mixing blue and yellow? | green
What is the largest ocean? | Pacific/the Pacific/the Pacific Ocean/Pacific Ocean
What do you call a baby dog? | puppy/a puppy/pup
What is the chemical symbol of oxygen? | O/O2
Which season comes after winter? | spring
Who wrote Hamlet? | Shakespeare/William Shakespeare
What language do people speak in Brazil? | Portuguese
What gas do we need to breathe? | oxygen
What is the plural of mouse? | mice
How many legs does a spider have? | eight/8
What is 6 times 7? | 42/forty-two
What is the capital of Canada? | Ottawa
Which metal is liquid at room temperature? | mercury
What is the currency of Japan? | yen/the yen/Japanese yen
In which country are the pyramids of Giza? | Egypt
What is the tallest animal? | giraffe/the giraffe/giraffes/a giraffe
Which organ pumps blood? | heart/the heart
What is the past tense of "go"? | went
What is the Spanish word for "cat"? | gato/gata
Which instrument has 88 keys? | piano/the piano/a piano
What fruit is dried to make raisins? | grapes/grape/the grape
Which continent is Kenya in? | Africa
What is the hardest natural mineral? | diamond/diamonds
Which is heavier, a car or a bicycle? | car/a car/the car
Is the sentence "I love this!" positive or negative? | positive
""")
ONE_WORD_ASKED = ["{question} Answer in one word.", "{question} One word only.", "In a single word: {question}",
                  "{question} Just the word, no sentence please.",
                  "Reply with exactly one word. {question}", "{question} (one word)",
                  "Don't explain, only give me the one-word answer: {question}"]

ROWS = table("""
name, age, city | Anna, 34, Paris
name, age, city | Omar, 51, Cairo
name, age, job | Mary, 29, nurse
name, job, city | Jack, baker, Leeds
name, phone, room | Olga, 5551234, 12
product, price, quantity | milk, 2, 6
product, price, color | shirt, 15, blue
item, quantity, unit | flour, 500, g
country, capital, continent | Peru, Lima, South America
country, capital, language | Austria, Vienna, German
city, country, river | Budapest, Hungary, Danube
title, author, year | Emma, Jane Austen, 1815
title, author, year | Dracula, Bram Stoker, 1897
animal, legs, sound | dog, 4, woof
animal, food | panda, bamboo
day, meal, drink | Monday, pasta, water
date, event, place | 2024-05-01, picnic, park
team, wins, losses | Tigers, 8, 3
student, subject, grade | Ben, math, B
car, color, year | Toyota, red, 2015
fruit, weight, price | melon, 900, 3
flight, from, to | LH400, Frankfurt, New York
planet, moons | Mars, 2
name, email | Lea, lea@example.com
first, last, age, country | Ravi, Singh, 40, India
id, status, owner | 17, open, Kim
movie, year, stars | Jaws, 1975, 4
month, rain, sun | May, 40, 210
guest, nights, room | Novak, 3, 204
course, level, seats | yoga, easy, 15
river, country | Thames, England
""")
ROW_ASKED = {
    ",": ["Write this as one CSV line: {fields}",
          "Turn into a comma-separated line, values only, without the names: {fields}",
          "csv row for {fields} (values only)",
          "Give me a single CSV row with just the values. {fields}", "I need this as CSV data, no header: {fields}"],
    "|": ["Make a markdown table with one row from this: {fields}",
          "Write a markdown table with a header and one row: {fields}", "markdown table please: {fields}",
          "Put this in a markdown table: {fields}"],
    ";": ["Write the values separated by semicolons, in the same order: {fields}",
          "one line, only the values, joined with ; please: {fields}"],
}
MANY = table("""
Tom 5, Ann 7 | name, points | Tom, 5 | Ann, 7
apples 3, pears 4 | fruit, price | apples, 3 | pears, 4
Monday sunny, Tuesday rainy | day, weather | Monday, sunny | Tuesday, rainy
France Paris, Italy Rome | country, capital | France, Paris | Italy, Rome
cat meow, dog woof | animal, sound | cat, meow | dog, woof
Eva 31, Max 28 | name, age | Eva, 31 | Max, 28
one uno, two dos | English, Spanish | one, uno | two, dos
bread 2, butter 1 | item, quantity | bread, 2 | butter, 1
Leo baker, Mia pilot | name, job | Leo, baker | Mia, pilot
sofa 400, desk 150 | product, price | sofa, 400 | desk, 150
bus 20, car 12 | transport, minutes | bus, 20 | car, 12
Nile Africa, Danube Europe | river, continent | Nile, Africa | Danube, Europe
""")
MANY_ASKED = {
    ",": ["Convert to CSV with the header {header}: {text}", "{text}\n\nmake a csv file of that with columns {header}",
          "Write CSV (columns: {header}) for this data: {text}"],
    "|": ["Make a markdown table with the columns {header}: {text}",
          "Put this into a markdown table ({header}): {text}",
          "{text} - as a markdown table with {header} as header please"],
}
FLAT = ["red green blue", "Tom Anna Ben", "1 2 3 4 5", "north south east west", "milk eggs butter flour",
        "Rome Paris London", "10 20 30 40", "spring summer autumn winter",
        "cat dog hamster", "Mon Tue Wed Thu Fri", "piano guitar drums", "x y z", "small medium large",
        "tea coffee juice", "one two three four", "A B C D",
        "Mercury Venus Earth Mars"]
FLAT_ASKED = ["Join these with commas: {text}", "Put commas between the words: {text}",
              "make this comma separated: {text}", "Turn this into one comma-separated line:\n{text}",
              "Convert this column to a CSV row:\n{lines}", "one line, comma separated please\n{lines}"]

# What to write about, a word that must be in it, and a sentence that has it.
ABOUT = table("""
dogs | loyal | Dogs are loyal friends who love to play.
the sea | blue | The blue sea glitters in the sun.
winter | snow | In winter the snow covers the quiet fields.
your favorite season | autumn | My favorite season is autumn, with its golden leaves.
a cat | window | The cat sits at the window and watches birds.
coffee | morning | A cup of coffee makes my morning better.
friendship | trust | Friendship is built on trust.
school | teacher | A good teacher makes school a happy place.
the moon | night | The moon lights up the night.
pizza | cheese | Pizza tastes best with lots of cheese.
books | story | Books take us into a new story each time.
rain | umbrella | I opened my umbrella when the rain began.
trains | fast | Fast trains bring people across the country.
music | heart | Music speaks directly to the heart.
a garden | flowers | The garden is full of colorful flowers.
football | goal | The football team scored a late goal.
grandparents | stories | Grandparents tell the best stories.
sleep | rest | Sleep gives the body time to rest.
the internet | information | The internet gives us information within seconds.
mountains | climb | Every summer we climb mountains together.
honesty | truth | Honesty means telling the truth.
a birthday | cake | She blew out the candles on her birthday cake.
bicycles | wheels | Bicycles have two wheels and need no fuel.
the desert | hot | The desert is hot by day and cold by night.
birds | wings | Birds use their wings to fly south.
a storm | thunder | The storm came with loud thunder.
water | life | Water is the source of all life.
cooking | kitchen | Cooking together fills the kitchen with joy.
a lost key | door | Without the key, he stood before the locked door.
a robot | human | The robot wanted to learn how a human feels.
travel | world | Travel shows us how big the world is.
apples | red | Red apples hang on the old tree.
exercise | healthy | Regular exercise keeps you healthy.
a train station | late | The train was late again, so the station was crowded.
the color green | grass | Green is the color of fresh grass.
""")
LIMIT_ASKED = {
    "one": ["Write exactly one sentence about {topic}. Use the word \"{word}\".",
            "one sentence about {topic} with the word {word} in it", "Give me a single sentence on {topic} that "
            "contains \"{word}\".", "In one sentence, say something about {topic}, and mention \"{word}\"."],
    "two": ["Write exactly two sentences about {topic}. The word \"{word}\" must appear.",
            "two sentences about {topic} please, using the word {word}",
            "Tell me something about {topic} in exactly 2 sentences, with the word \"{word}\"."],
    "three": ["Describe {topic} in exactly three sentences and use the word \"{word}\".",
              "3 sentences about {topic}, include \"{word}\""],
    "most": ["Write something about {topic} in at most {n} words, with the word \"{word}\".",
             "max {n} words about {topic}, must contain {word}",
             "In {n} words or fewer: {topic}. Include the word \"{word}\".",
             "Write a slogan about {topic}, no more than {n} words, with \"{word}\" in it."],
}
# The start of an answer that says the question again.
ECHO = matches(r"^\W*(?:write|give me|describe|tell me|max \d+|(?:one|two|3|in one|in \d+) (?:sentences?|words?))\b",
               "i")
SECOND, THIRD = "That is what I have always thought.", "Many people would agree."


def json_question(rng, asked, keys, text, value, wrong):
    answer = rng.choice(["{}", "```json\n{}\n```", "Here is the JSON:\n\n```json\n{}\n```", "Sure! {}"])
    return Question(asked.format(keys=keys, text=text), json_value(value), answer.replace("{}", json.dumps(value)),
                    answer.replace("{}", json.dumps(wrong)))


def objects():
    """(keys, text, values) of each text that has an object in it."""
    for keys, rows in TOLD.items():
        for text, *values in rows:
            yield keys.split(), text, values
    for text, name, value, flag, state in FLAGS:
        yield [name, flag], text, [value, state]


def typed(text):
    """A JSON number or truth value if the text is one."""
    return {"true": True, "false": False}.get(text, int(text) if text.isdigit() else text)


def json_output(rng):
    asked = ways(rng, JSON_ASKED)
    for keys, text, values in objects():
        right = dict(zip(keys, map(typed, values)))
        wrong = dict(zip(keys, map(typed, values[1:] + values[:1])))
        yield json_question(rng, next(asked), ", ".join(keys), text, right, wrong)
    asked = ways(rng, ARRAY_ASKED)
    for text, keys, values in LISTS:
        right = [typed(value) for value in values.split(", ")]
        yield json_question(rng, next(asked), keys, text, right, {keys: right})
    asked = ways(rng, PLAIN_ASKED)
    for text, value in PLAIN_JSON:
        yield json_question(rng, next(asked), "", text, json.loads(value), ["a"])


def bullets(lines, numbered):
    return "\n".join(f"{i + 1}. {line}" if numbered else f"- {line}" for i, line in enumerate(lines))


# Two items of a list that are the same.
REPEATED = matches(r"^\s*(?:[-*•]|\d+[.)])\s+(\S[^\n]*?)\W*$(?=[^]*^\s*(?:[-*•]|\d+[.)])\s+\1\W*$)", "im")


def lists(rng):
    asked = ways(rng, TOPIC_ASKED)
    for n_round in range(2):
        for topic, known in shuffled(rng, TOPICS):
            n, names = rng.choice([3, 4, 5] if n_round == 0 else [5, 6, 7, 8]), options(known)
            prompt = next(asked).format(n=n, topic=topic)
            numbered = "umber" in prompt
            right = bullets((names + ["another one", "and one more", "the last one"])[:n], numbered)
            wrong = bullets((names[:2] + ["more", "so on", "others"] * 3)[:n + 2], numbered)
            check = both(shape(n_items=n), says(*names), not_(REPEATED))
            yield Question(prompt, check, f"Here are {n} {topic}:\n\n{right}", wrong)


def only(*texts):
    """The answer is one of `texts` and nothing more."""
    return matches(rf"^\W*(?:answer\W+)?(?:{'|'.join(map(re.escape, texts))})\W*$", "i")


def one_word(rng):
    other = {"yes": "No", "no": "Yes", "true": "False", "false": "True"}
    for rows, phrasings in ((YES_NO, YES_NO_ASKED), (TRUE_FALSE, TRUE_FALSE_ASKED)):
        asked = ways(rng, phrasings)
        for word, question in shuffled(rng, rows):
            right = rng.choice(["{}", "{}.", "**{}**"]).format(word.title())
            wrong = rng.choice([other[word], f"{word.title()}, this is so because of several reasons."])
            yield Question(next(asked).format(question=question), only(word), right, wrong)
    asked = ways(rng, ONE_WORD_ASKED)
    for question, rights in shuffled(rng, ONE_WORD):
        right = options(rights)[0]
        wrong = rng.choice([f"The answer to that is {right}.", "None"])
        yield Question(next(asked).format(question=question), only(*options(rights)), rng.choice([right, right + "."]),
                       wrong)


def line_of(values, separator):
    """The values in one line of a table, with quotes or without."""
    cells = r"[\"'`*]*\s*" + re.escape(separator) + r"\s*[\"'`*]*"
    return r"(?<![\w,;])" + cells.join(r"\$?" + re.escape(value) for value in values) + r"\b"


def lines_of(rows, separator):
    """The rows are lines of the answer, one after another; a line of dashes may be between them."""
    return matches(r"[^\w\n]*\n(?:[\s|:-]*\n)?[^\w\n]*".join(line_of(row, separator) for row in rows))


def joined(rows, separator):
    if separator != "|":
        return "\n".join(separator.join(row) for row in rows)
    made = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([made[0], "|" + "---|" * len(rows[0]), *made[1:]])


def single_rows(rng):
    asked = {separator: ways(rng, phrasings) for separator, phrasings in ROW_ASKED.items()}
    for i, (header, row) in enumerate(ROWS):
        separator, header, row = ",|,;"[i % 4], header.split(", "), row.split(", ")
        style = rng.choice(["{}: {}", "{} = {}", "{} is {}"])
        fields = ", ".join(style.format(*field) for field in zip(header, row))
        wanted = [header, row] if separator == "|" else [row]
        prompt, right = next(asked[separator]).format(fields=fields), f"```\n{joined(wanted, separator)}\n```"
        yield Question(prompt, lines_of(wanted, separator), right, fields)


def tables(rng):
    for i, (text, header, *rows) in enumerate(MANY * 2):
        separator = ",|"[(i + i // len(MANY)) % 2]
        wanted = [header.split(", "), *(row.split(", ") for row in rows)]
        prompt = MANY_ASKED[separator][i % 3].format(header=header, text=text)
        yield Question(prompt, lines_of(wanted, separator), f"Here is the table:\n\n{joined(wanted, separator)}", text)


def csv_or_table(rng):
    yield from single_rows(rng)
    yield from tables(rng)
    asked = ways(rng, FLAT_ASKED)
    for text in FLAT:
        words = text.split()
        prompt = next(asked).format(text=text, lines="\n".join(words))
        yield Question(prompt, matches(line_of(words, ",")), ", ".join(words), text)


def length_limits(rng):
    asked = {limit: ways(rng, phrasings) for limit, phrasings in LIMIT_ASKED.items()}
    order = ["one", "most", "two", "one", "three", "most", "two"]
    for i, (topic, word, sentence) in enumerate(ABOUT * 2):
        limit, n = order[(i + i // len(ABOUT)) % len(order)], rng.choice([10, 12, 15, 20])
        check = at_most(n) if limit == "most" else sentences({"one": 1, "two": 2, "three": 3}[limit])
        right = " ".join({"two": [sentence, SECOND], "three": [sentence, SECOND, THIRD]}.get(limit, [sentence]))
        wrong = " ".join([sentence, SECOND, THIRD, SECOND, "And this is one sentence more."])
        prompt = next(asked[limit]).format(topic=topic, word=word, n=n)
        yield Question(prompt, both(check, says(word), not_(ECHO)), right, wrong)


KINDS = {"json-output": json_output, "lists": lists, "one-word": one_word, "csv-or-table": csv_or_table,
         "length-limits": length_limits}
