"""Short things to write: messages to somebody, little poems and stories, sentences with a word, names and slogans."""

from gist import NO_REFUSAL, REFUSALS, ending, has, mentions, put
from question import Question, both, matches, not_, says, shape
from wording import shuffled, table, ways

# Occasion: keys (see gist.py), a right answer, and whom to write to: `name | what the person asking says`.
MESSAGES = [
    ("birthday/happy/wish*", "Happy birthday, {}! I hope your day is full of joy and cake.", table("""
Anna | a birthday message for my friend Anna
Tom | a happy birthday text to my brother Tom
Grandma Rose | a sweet birthday wish for Grandma Rose, who turns 80
Mr. Lee | a polite birthday note for my boss, Mr. Lee
Sofia | a birthday card message for my daughter Sofia, she is turning 6
Ben | a funny birthday message for my colleague Ben
Priya | a birthday greeting for Priya, my best friend since school
Uncle Joe | a birthday text for Uncle Joe
""")),
    ("thank*/grateful/appreciat*", "Dear {}, thank you so much for your kindness. It meant a lot to me.", table("""
Emma | a thank you note to Emma for the flowers
David | a thank you message to David, who helped me move
Mrs. Brown | a thank-you card for Mrs. Brown, my son's teacher
Carlos | a thank you text to Carlos for dinner last night
Aunt Mary | a thank you note to Aunt Mary for the sweater
Dr. Patel | a thank you message to Dr. Patel for taking good care of me
Nina | a message thanking Nina for feeding my cat
Mike | a thank-you message for Mike, who fixed my car
Julia | a quick thank you email to Julia for the interview
Sam | a message to thank Sam for lending me a ladder
""")),
    ("sorry/apolog*/forgive*/regret*", "Hi {}, I am very sorry about that. "
     "Please forgive me, it will not happen again.", table("""
Laura | an apology to Laura for forgetting her birthday
Peter | an apology text to Peter because I was late
Mr. Smith | an apology to my neighbor Mr. Smith for the loud music
Kate | an apology to my sister Kate for breaking her mug
Daniel | a message to Daniel saying sorry for missing his party
Olivia | an apology to Olivia for not answering her calls
Mark | an apology email to my manager Mark for a mistake in the report
Grace | a message to Grace apologizing for what I said yesterday
""")),
    ("invit*/join/come/party/celebrat*/love to have/welcome/attend*",
    "Hi {}, would you like to come and join us on Saturday at 6? "
     "I hope to see you there!", table("""
Lucy | a message asking Lucy over for dinner on Saturday
Oscar | a text to get Oscar to my barbecue this weekend
Hannah | a message to ask Hannah to my wedding
George | a message asking George to see a movie with me on Friday
Maria | a message to Maria about my housewarming on Sunday, I want her there
Leo | a text asking Leo to play football with us tomorrow
Chloe | a message asking Chloe if she wants coffee with me this week
Mr. and Mrs. Garcia | a note asking Mr. and Mrs. Garcia to our garden lunch
""")),
    ("congratulat*/congrats/proud/well done/happy for/great job",
    "Congratulations, {}! You worked so hard, and I am very happy "
     "for you.", table("""
Alex | a message to congratulate Alex on the new job
Ella | a note to Ella, who just graduated from college
Ryan | a message to Ryan, who passed his driving test
Zoe | a text for Zoe, who won her race
Adam and Lily | a wedding card message for Adam and Lily
Jack | a message for Jack, who got promoted
Fatima | a message to Fatima, whose baby was just born
Noah | a note to my son Noah, who got an A in math
""")),
    ("well/better/recover*/heal*/health*/thinking of you/feel*",
    "Dear {}, I hope you get well soon. I am thinking of you every "
     "day.", table("""
Helen | a get-well message for Helen, who broke her leg
Frank | a text to Frank, who has the flu
Aisha | a card for Aisha, who is in the hospital
Grandpa Will | a cheering note to Grandpa Will after his operation
Victor | a message for my sick coworker Victor
Ruby | a kind message for little Ruby, who has a cold
""")),
    ("luck/best/great/you can/you've got/believe/wish*",
     "Good luck, {}! I believe in you and I know you will do great.", table("""
Ethan | a good luck message for Ethan before his exam
Mia | a text to cheer up Mia before her job interview
Paul | a message for Paul, who runs a marathon tomorrow
Isabel | an encouraging note for Isabel on her first day at school
Henry | a message to Henry before his piano concert
Yuki | a message to Yuki, who starts a new job on Monday
""")),
    ("miss*/goodbye/farewell/future/best/luck/memor*/wish*",
    "Dear {}, we will miss you a lot! All the best for your future.",
     table("""
Tina | a goodbye message for Tina, who leaves our office
Robert | a farewell card for Robert, who retires
Amy | a message to Amy, who moves to Spain
Kevin | a goodbye note to my roommate Kevin
Sarah | a text telling my friend Sarah how much I value her, she leaves tomorrow
""")),
]
WRITE = ["Write {}. Keep it short.", "Please write {}, two sentences.", "Can you write {}? Short please.", "short: {}",
         "I need {}. One or two sentences.", "Help me write {}. Make it brief.",
         "Write me {} in two short sentences, please",
         "write {}, keep it under 30 words", "Hi! Could you draft {}? Just a couple of lines."]
NOT_DONE = not_(matches(r"\bas an ai\b|i (?:cannot|can['’]t|am unable to|can not) (?:help|assist|write|"
                        r"provide|fulfill)"))

# What a poem or a story is about, and words of which one is in it.
SUBJECTS = table("""
a cat | cat/kitten/feline/purr*
the sea | sea/ocean/wave
a brave knight | knight
the moon | moon/moonlight/lunar
spring | spring/bloom*/blossom*
a little dog | dog/pup/puppy
a dragon | dragon
rain | rain*
the stars | star/starry
my mother | mother/mom/mum/she/her
love | love*/heart
a lost key | key
a robot | robot
autumn leaves | leaf/leaves/autumn
a rose | rose/petal
a dog and a cat | dog & cat
winter | winter/snow*/cold/frost*
the sun | sun*
an old tree | tree/oak
a bird that cannot fly | bird/wing/fly
friendship | friend*
a princess | princess
a pirate | pirate/treasure
coffee | coffee/brew*
a mouse in the kitchen | mouse/mice
the wind | wind/breeze
a ghost | ghost/spirit
a snowman | snowman/snow
pizza | pizza/cheese/slice
a boat | boat/sail*/ship
the night | night/dark*/moon/star
a garden | garden/flower*
a magic stone | stone
a happy elephant | elephant
a train | train/rail*
a birthday cake | cake
music | music/melod*/song/note
a farmer and his cow | farmer & cow
the mountains | mountain/peak
a river | river/stream
an astronaut | astronaut/space/star
a fox | fox
a butterfly | butterfl*/wing
time | time/clock/moment/hour
a lonely lighthouse | lighthouse/light
a baker | baker/bread/cake/bake*
dreams | dream*
a frog | frog/pond
the color blue | blue
my grandfather | grandfather/grandpa/he/his
a wizard | wizard/magic*/spell
a teddy bear | bear/teddy
a bicycle | bicycle/bike/wheel/ride*
hope | hope*
an owl | owl
a horse | horse/gallop*
a summer day | summer/sun*
the city at night | city/street/light
""")
POEM = ["Write a two-line poem about {}.", "a very short poem about {} please, two lines",
        "Can you make a short rhyme about {}?",
        "Two lines of poetry about {}, please.", "I'd like a tiny poem about {}, no more than four lines.",
        "Compose a short poem about {}. Keep it to two or three lines."]
STORY = ["Tell me a two-sentence story about {}.", "Write a very short story about {}, two sentences.",
         "tiny story about {}? two or three sentences", "Make up a short story about {} in two sentences.",
         "Please tell a mini story about {}. Two sentences are enough.",
         "A bedtime story about {}, but only three sentences."]
POEMS = ["Oh {}, you fill my heart with light,\nI think of you all day and night.",
         "When I see {}, I start to sing,\nwhat joy and peace such things can bring.",
         "Here is a poem:\n\nI dreamed of {} all night long,\nand woke up humming a happy song."]
STORIES = ["Once upon a time, a child wrote a letter about {}. The whole village read it and smiled.",
           "Nobody in the town had ever cared about {}. One day that changed, and everyone was happier.",
           "Sure! Lena had always longed for {}. At last she found what she wanted, and she never felt sad again."]
ELSEWHERE = "A rusty spoon was forgotten in a drawer for years.\n" \
            "Then somebody sold it to a museum, and people came to see it."

WORDS = """umbrella, happy, river, ancient, quickly, mountain, brave, window, although, delicious, school, curious,
yesterday,
elephant, because, generous, bridge, whisper, beautiful, garden, tired, holiday, silent, library, honest, market,
thunder,
careful, pencil, journey, angry, kitchen, gentle, forest, suddenly, breakfast, promise, lonely, airport, proud, teacher,
enormous, candle, dream, patient, guitar, future, doctor, slippery, blanket, freedom, however, secret, camera, banana,
melancholy, persuade, reluctant, neighbor, moonlight, ticket, sandwich, bright""".replace("\n", " ").split(", ")
USE = ["Make a sentence with the word \"{}\".", "Use {} in a sentence.", "Write a short sentence using the word {}.",
       "can you use the word {} in a sentence", "Give me an example sentence with \"{}\".", "example sentence for {}",
       "Please write one sentence that contains the word \"{}\".",
       "I'm learning English. How do I use '{}' in a sentence?",
       "One short sentence with the word {}, please."]
USED = ["The teacher asked us to say {} out loud, and we all laughed.",
        "My little sister wrote {} on her first postcard.",
        "Sure! \"On the wall somebody had painted {} in big red letters.\""]

# What needs a name or a slogan, and words that belong to it.
PRODUCTS = table("""
a bakery | bak*/bread*/sweet*/crust*/flour*/oven*/dough*/loaf/treat*/fresh* | Fresh bread, baked with love every day.
a coffee shop | coffee*/brew*/bean*/cup*/java/espresso/cafe/roast*/sip* | Start your day with the perfect cup.
a new toothpaste | smile*/teeth/tooth*/clean*/bright*/fresh*/white*/mint*/dental | A brighter smile every morning.
a dog food brand | dog*/pup*/paw*/tail*/pet*/bark*/bowl*/canine*/woof* | Happy tails start with good food.
a bicycle shop | bike*/bicycl*/ride*/wheel*/pedal*/cycl*/riding | Two wheels, endless roads.
a running shoe | run*/shoe*/step*/stride*/speed/fast*/feet/foot*/race/mile/sprint* | Run further than yesterday.
a flower shop | flower*/bloom*/blossom*/petal*/rose*/floral*/bouquet*/garden* | Where every day is in bloom.
a pizza place | pizza*/slice*/dough*/crust*/cheese*/pie/topping*/italian*/taste*/bite* | A slice of happiness.
a car wash | car*/wash*/clean*/shin*/spark*/spotless/drive | Drive away sparkling clean.
a hair salon | hair*/style*/cut*/salon/beaut*/look*/curl*/shear*/locks | Love your hair again.
a gym | strong*/fit*/gym*/muscle*/sweat*/train*/body/health*/strength/workout | Get strong, feel great.
a bookstore | book*/read*/page*/story/stories/chapter/novel*/word* | Find your next chapter with us.
an ice cream truck | ice*/cream*/cone*/scoop*/sweet*/cool*/chill*/frozen/frost*/treat* | Cool treats on every street.
a chocolate bar | choc*/cocoa*/sweet*/bite*/indulge*/taste*/delight*/rich*/treat* | One bite of pure delight.
a cleaning company | clean*/spark*/shin*/spotless*/fresh*/home*/dust*/tidy* | We make your home shine.
a mattress | sleep*/dream*/rest*/night*/comfort*/bed*/mattress*/snooze* | Sleep better, dream bigger.
a travel agency | travel*/world/trip*/adventure*/journey*/explor*/destination*/wander*/vacation* | \
Your next adventure starts here.
a toy store | toy*/play*/fun*/kid*/child*/imagin*/joy*/smile* | Where playtime never ends.
a lemonade stand | lemon*/fresh*/sweet*/squeez*/sip*/refresh*/citrus*/zest*/sour*/thirst* | Squeezed fresh just for you.
a soap | clean*/fresh*/soap*/skin*/pure*/gentle*/wash*/soft*/bubble* | Pure and gentle to your skin.
a phone | phone*/connect*/call*/smart*/talk*/world/hand*/tech*/mobile*/touch* | The world in your hand.
a fish restaurant | fish*/sea*/ocean*/catch*/fresh*/taste*/hook*/wave*/fin* | From the sea to your plate.
an orange juice | juic*/orange*/fresh*/sun*/squeez*/citrus*/zest*/sip*/vitamin*/taste* | Sunshine in a glass.
a winter coat | warm*/winter*/cold*/coat*/cozy*/snow*/chill*/frost*/comfort* | Stay warm when it is cold outside.
a school newspaper | school*/news*/student*/times/voice*/chronicle*/press/gazette/campus*/paper*/story/stories | \
The Student Voice
a photo studio | photo*/moment*/picture*/memor*/captur*/lens*/smile*/shot*/image*/snap* | We capture your best moments.
a garden center | garden*/plant*/grow*/green*/bloom*/flower*/root*/seed*/nature* | Grow your dreams with us.
a cooking blog | cook*/kitchen*/recipe*/food*/taste*/flavor*/flavour*/dish*/spoon*/chef*/bite*/culinar* | \
The Hungry Spoon Kitchen
a travel blog about Italy | ital*/rom*/travel*/dolce*/venice/tuscan*/ciao/pasta*/roam*/wander*/journey* | \
Ciao, dolce vita!
a cat cafe | cat*/purr*/kit*/paw*/meow*/feline*/whisker*/tail* | Purr and Pour
a taxi company | ride*/taxi*/cab*/drive*/road*/way/destination*/safe*/go*/city/wheel*/trip* | Your ride, right on time.
a burger restaurant | burger*/bun*/beef*/grill*/bite*/taste*/patt*/juicy*/flavor*/flavour* | Big bites, better burgers.
a tea brand | tea*/leaf/leaves/sip*/cup*/steep*/brew*/calm*/relax*/herb* | Take a sip and relax.
a bank | money*/bank*/sav*/trust*/future*/financ*/wealth*/secur*/invest* | Your money, your future.
a vegetable farm | fresh*/farm*/green*/harvest*/veg*/garden*/grow*/field*/nature*/root*/organic | Fresh from our field.
a language school | language*/speak*/word*/learn*/world*/talk*/fluen*/tongue*/lingu* | Speak to the whole world.
a swimming pool | swim*/splash*/water*/pool*/dive*/cool*/wave*/float*/fun | Dive in and have fun!
a zoo | animal*/wild*/zoo*/nature*/safari*/creature*/lion*/roar*/adventure* | Get close to the wild.
a campaign against littering | clean*/trash*/litter*/planet*/earth/green*/street*/environment*/nature* | \
Keep our streets clean!
a campaign to save water | water*/drop*/sav*/planet*/future/earth/conserv*/life* | Every drop counts.
a campaign for safe driving | safe*/driv*/road*/slow*/life/lives/speed*/arrive*/wheel | Slow down and arrive alive.
a music school | music*/note*/play*/melod*/sound*/harmon*/song*/tune*/learn*/rhythm* | Find your own melody.
a computer repair shop | computer*/fix*/repair*/tech*/pc*/solv*/byte*/geek*/restor* | We fix it fast.
a honey brand | honey*/bee*/sweet*/gold*/nature*/hive*/nectar*/buzz* | Nature's golden sweetness.
a babysitting service | kid*/child*/baby*/care*/safe*/sitter*/little*/trust*/parent* | Loving care for your little ones.
a pet store | pet*/paw*/animal*/furr*/tail*/friend*/companion* | Everything for your furry friend.
a sandwich shop | sandwich*/bread*/bite*/sub*/bun*/fresh*/slice*/lunch*/taste*/deli* | Fresh bread, big taste.
a skateboard | skate*/ride*/board*/roll*/street*/wheel*/fly*/fun*/rolling | Ride your own way.
a story about a lost puppy | lost/pup*/home*/dog*/paw*/journey*/way/search*/find*/tail* | The Long Way Home
a photo of a sunset | sun*/sky*/horizon*/gold*/evening*/dusk*/glow*/day*/light*/night* | Golden Evening
a mystery novel about a clock | clock*/time*/hour*/mystery*/midnight/tick*/secret*/hand*/minute* | \
The Secret of the Last Hour
a children's book about a bear | bear*/cub*/honey*/forest*/adventure*/paw*/little | The Little Cub
a wedding video | love*/forever*/day*/wedding*/heart*/together/moment*/begin*/vow*/happ* | The Day Our Forever Began
an article about healthy food | health*/eat*/food*/nutri*/diet*/body*/well*/fresh*/good* | Eat Well, Feel Well
a yoga studio | yoga*/breath*/peace*/calm*/balanc*/zen*/mind*/body*/soul*/relax*/stretch*/flow* | Find your balance.
a space movie | star*/space*/galax*/cosm*/planet*/univers*/orbit*/beyond*/journey*/astro* | Beyond the Last Star
a rock band | rock*/roll*/loud*/band*/thunder*/storm*/electric*/stone*/music*/fire*/wild*/sound*/night* | \
The Electric Storm
""")
NAMING = ["Suggest a slogan for {}. Just one.", "Give me one short slogan for {}.", "slogan for {}?",
          "Think of a catchy slogan for {}.",
          "I need a short advertising line for {}, please.", "What's a good slogan for {}? Keep it short.",
          "Come up with one catchy line for {}."]
TITLING = ["Suggest a title for {}. Just one.", "Give me one short title for {}.", "title for {}?",
           "What's a good title for {}?",
           "I need a catchy title for {}, please.", "Think of a nice title for {}, just one."]
NAMED = ["{}", "**{}**", "How about this one: \"{}\"", "Sure! \"{}\""]
TITLED = ("story", "photo of", "novel", "book about", "video", "article", "movie", "blog")


def messages(rng):
    asked = ways(rng, WRITE)
    for keys, right, rows in MESSAGES:
        for name, text in rows:
            check = both(says(name, name.split()[-1]), mentions(keys), shape(min_words=7), NOT_DONE)
            wrong = rng.choice([right.format("[Name]"), f"Sure, I can help you write to {name}!", *REFUSALS[:2]])
            yield Question(put(next(asked), text), check, right.format(name), wrong)


def stories_poems(rng):
    for i, (subject, keys) in enumerate(SUBJECTS):
        poem = i % 2 == 0
        asked, texts = (POEM, POEMS) if poem else (STORY, STORIES)
        check = both(mentions(keys), shape(min_words=11, **({"min_lines": 2} if poem else {})), NO_REFUSAL)
        wrong = rng.choice([ELSEWHERE, f"Here is something about {subject}:", REFUSALS[0]])
        yield Question(rng.choice(asked).format(subject), check, texts[i % 3].format(subject), wrong)


def sentences_with_word(rng):
    asked, used = ways(rng, USE), ways(rng, USED)
    for word in shuffled(rng, WORDS):
        check = both(matches(rf"(?<!\bword[:,]? [\"'“‘*]*)(?<![\w\"'“‘]){stem(word)}|"
                             rf"(?<!\bword[:,]? )[\"'“‘*]{stem(word)}[\"'”’*]? \w"),
                     shape(min_words=5), NO_REFUSAL)
        wrong = rng.choice([f"Sure! Here is a sentence with the word \"{word}\".",
                            next(used).format("hello"), REFUSALS[0]])
        yield Question(next(asked).format(word), check, next(used).format(word), wrong)


def stem(word):
    return ending(word) + r"\b"


def slogans(rng):
    asked, titles, answered = ways(rng, NAMING), ways(rng, TITLING), ways(rng, NAMED)
    for i, (subject, keys, right) in enumerate(PRODUCTS):
        title = any(one in subject for one in TITLED)
        others = [row[2] for row in PRODUCTS[i + 1:] + PRODUCTS[:i] if not has(keys, row[2])]
        check = both(mentions(keys), shape(max_words=60), NO_REFUSAL, not_(matches(r"^[^\n]{0,90}:\s*$")))
        wrong = rng.choice([others[0], others[1], REFUSALS[0]])
        yield Question(next(titles if title else asked).format(subject), check, next(answered).format(right), wrong)


KINDS = {"write-message": messages, "write-story-poem": stories_poems, "sentence-with-word": sentences_with_word,
         "product-names-slogans": slogans}
