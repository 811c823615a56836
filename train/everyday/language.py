"""English as a language: forms of words, words of like and opposite meaning, spelling, grammar, words for things."""

from question import Question, label, says
from wording import edited, options, pairs, shuffled, table, ways

PLURALS = """mouse=mice, child=children, tooth=teeth, foot=feet, goose=geese, man=men, woman=women,
    person=people/persons,
    knife=knives, leaf=leaves, wolf=wolves, wife=wives, shelf=shelves, loaf=loaves, city=cities, baby=babies, box=boxes,
    church=churches, potato=potatoes, tomato=tomatoes, hero=heroes, cactus=cacti/cactuses, crisis=crises,
    phenomenon=phenomena, ox=oxen, half=halves, key=keys, criterion=criteria, mother-in-law=mothers-in-law,
    analysis=analyses, dog=dogs, bus=buses/busses"""
PASTS = """go=went, eat=ate, run=ran, buy=bought, catch=caught, teach=taught, think=thought, bring=brought, see=saw,
    swim=swam, write=wrote, drive=drove, fly=flew, speak=spoke, break=broke, take=took, give=gave, sleep=slept,
    keep=kept,
    find=found, sing=sang, play=played, stop=stopped, try=tried, seek=sought, forget=forgot, choose=chose, freeze=froze,
    wear=wore, shake=shook, lead=led"""
PARTICIPLES = """write=written, break=broken, eat=eaten, drink=drunk, begin=begun, choose=chosen, fall=fallen,
    know=known,
    swim=swum, ride=ridden, forgive=forgiven"""
COMPARATIVES = """good=better, bad=worse, big=bigger, happy=happier, hot=hotter, easy=easier, thin=thinner, busy=busier,
    fast=faster"""
SUPERLATIVES = """good=best, bad=worst, tall=tallest, happy=happiest, big=biggest, funny=funniest, old=oldest/eldest,
    cold=coldest, little=least/littlest/smallest"""
FORMS = [
    (PLURALS, "plural", ["What is the plural of \"{word}\"?", "plural of {word}?", "One {word}, two ...?",
     "How do you say {word} "
     "in the plural?", "Tell me the plural form of {word}, please.", "whats the plural for {word}",
     "If I have more than one {word}, "
     "what word do I use?", "My kid asked what the plural of \"{word}\" is. Help?"]),
    (PASTS, "past tense", ["What is the past tense of \"{word}\"?", "past tense of {word}",
     "Today I {word}. Yesterday I ...?",
     "What's the simple past of the verb \"to {word}\"?", "give me the past form of {word}",
     "I'm not a native speaker, what is the past "
     "tense of {word}?", "Put the verb \"{word}\" in the past tense.", "How do I say \"I {word}\" in the past?"]),
    (PARTICIPLES, "past participle", ["What is the past participle of \"{word}\"?", "past participle of {word}?",
     "Which form of \"{word}\" follows \"I have\"?", "I need the past participle of the verb {word}, please."]),
    (COMPARATIVES, "comparative", ["What is the comparative form of \"{word}\"?", "comparative of {word}",
     "What's the comparative of the adjective {word}?", "How do I form the comparative of \"{word}\" in English?"]),
    (SUPERLATIVES, "superlative", ["What is the superlative of \"{word}\"?", "superlative of {word} please",
     "Give me the superlative form of \"{word}\".", "what's the superlative for the word {word}"]),
]
FORM_ANSWERS = ["The {form} of \"{word}\" is **{right}**.", "{right}", "\"{right}\".", "It is \"{right}\".",
                "{word} -> {right}"]

ANTONYMS = """hot=cold/cool/chilly/freezing, big=small/little/tiny, happy=sad/unhappy/miserable/gloomy, fast=slow,
    up=down, open=closed/shut/close, light=dark/heavy/darkness, early=late, rich=poor, full=empty/hungry, wet=dry,
    strong=weak/feeble/frail, old=young/new, easy=hard/difficult/tough, clean=dirty/filthy/unclean,
    loud=quiet/soft/silent,
    love=hate/hatred, win=lose, day=night, push=pull, buy=sell, tight=loose, brave=cowardly/fearful/afraid/timid/scared,
    ancient=modern/new/contemporary, generous=stingy/selfish/greedy/mean/miserly, arrive=leave/depart/go,
    victory=defeat/loss, increase=decrease/reduce/lower/decline/diminish, accept=reject/refuse/decline/deny,
    expand=contract/shrink/reduce/compress/condense, maximum=minimum, temporary=permanent/lasting/everlasting,
    humble=arrogant/proud/boastful/conceited/pompous, artificial=natural/real/genuine, optimist=pessimist,
    transparent=opaque, scarce=abundant/plentiful/common/ample, import=export, question=answer/reply/response,
    guilty=innocent/blameless, create=destroy/demolish, deep=shallow, smooth=rough/bumpy/coarse/uneven"""
SYNONYMS = """happy=glad/joyful/cheerful/content/delighted/pleased/merry/elated/joyous/contented/ecstatic/thrilled,
    big=large/huge/enormous/giant/massive/great/gigantic/vast/immense/substantial,
    small=little/tiny/mini/petite/minute/compact/miniature/minuscule,
    fast=quick/rapid/swift/speedy/quickly/rapidly/swiftly,
    smart=intelligent/clever/bright/brilliant/wise/sharp/astute/brainy/quick-witted,
    begin=start/commence/initiate/launch/embark,
    end=finish/conclude/stop/terminate/conclusion/cease/termination/finale/close/complete,
    angry=mad/furious/irate/upset/annoyed/enraged/cross/irritated/outraged/livid/infuriated,
    beautiful=pretty/gorgeous/lovely/stunning/attractive/handsome/exquisite/elegant/charming/breathtaking,
    rich=wealthy/affluent/prosperous/well-off/loaded/opulent,
    tired=weary/exhausted/sleepy/fatigued/drained/worn out/drowsy,
    scared=afraid/frightened/terrified/fearful/alarmed/petrified, buy=purchase/acquire/obtain/get,
    help=assist/aid/support/assistance, quiet=silent/calm/peaceful/hushed/still/tranquil/noiseless/soft/serene,
    easy=simple/effortless/straightforward/uncomplicated/painless,
    difficult=hard/tough/challenging/tricky/demanding/arduous/complex,
    funny=hilarious/humorous/amusing/comical/witty/entertaining/comic,
    important=significant/crucial/vital/essential/key/critical/
    major/meaningful/paramount/notable, brave=courageous/bold/fearless/valiant/heroic/daring/gallant/intrepid,
    old=ancient/aged/elderly/antique/aging, house=home/dwelling/residence/building/abode/cottage,
    job=occupation/work/profession/
    career/employment/position/task/role/vocation, child=kid/youngster/youth/minor/toddler/infant/juvenile,
    error=mistake/fault/slip/blunder/flaw/bug/oversight/inaccuracy,
    sad=unhappy/sorrowful/down/blue/miserable/gloomy/melancholy/
    downcast/depressed/mournful/dejected/heartbroken,
    odd=strange/weird/unusual/peculiar/bizarre/uncommon/curious/abnormal,
    famous=well-known/renowned/celebrated/popular/notable/prominent/renown/acclaimed/illustrious/noted,
    lazy=idle/sluggish/indolent/slothful/lethargic/inactive/slack,
    enemy=foe/opponent/adversary/rival/antagonist/nemesis,
    abundant=plentiful/ample/copious/bountiful/profuse/plenty/rich/lavish,
    candid=honest/frank/open/straightforward/sincere/
    truthful/direct/forthright/blunt/genuine, shy=timid/bashful/reserved/introverted/quiet/timorous/coy/reticent,
    answer=reply/response/respond/solution, mend=fix/repair/patch/restore/heal/sew, gift=present/donation/offering"""
OPPOSITE_ASKED = ["What is the opposite of \"{word}\"?", "opposite of {word}?", "Give me an antonym for {word}.",
                  "antonym of {word}",
                  "I need a word that means the opposite of \"{word}\".", "What's the antonym of \"{word}\", please?",
                  "{word} is the opposite of what?", "In English, the opposite of {word} is ...?"]
ALIKE_ASKED = ["What is a synonym for \"{word}\"?", "Give me one synonym of {word}.", "another word for {word}?",
               "synonym for {word}",
               "What's another way to say \"{word}\"?", "I keep using the word \"{word}\". What could I write instead?",
               "Please suggest a word that means the same as \"{word}\".", "one word with the same meaning as {word}"]

# Right and wrong, told apart by a reader who is given both.
CHOICES = """receive=recieve, definitely=definately, separate=seperate, necessary=neccessary, tomorrow=tommorow,
    believe=beleive, weird=wierd, calendar=calender, beginning=begining, accommodate=accomodate, embarrass=embarass,
    friend=freind, until=untill, grammar=grammer, rhythm=rythm, surprise=suprise, because=becuase, government=goverment,
    cemetery=cemetary, occurred=occured, address=adress, truly=truely, foreign=foriegn, privilege=priviledge,
    restaurant=restaraunt, library=libary, across=accross, argument=arguement, bicycle=bycicle,
    mischievous=mischievious"""
MISSPELLED = """wich=which, tounge=tongue, enviroment=environment, nieghbor=neighbor/neighbour, begger=beggar,
    knowlege=knowledge,
    imediately=immediately, buisness=business, goverment=government, rember=remember, intresting=interesting,
    Febuary=February,
    Wensday=Wednesday, elefant=elephant, choclate=chocolate, vegtable=vegetable, scizors=scissors,
    temprature=temperature,
    diffrent=different, tryed=tried, hapy=happy, skool=school, peple=people, butifull=beautiful, 
    conscius=conscious, questionaire=questionnaire, millenium=millennium, entreprenur=entrepreneur,
    parliment=parliament,
    pronounciation=pronunciation, publically=publicly, excercise=exercise, garantee=guarantee,
    jewlery=jewelry/jewellery"""
TYPOS = """My freind lives next door.=friend, I will see you tomorow.=tomorrow, The wether is nice today.=weather,
    She bougth a new coat.=bought, We had diner at seven with my parents.=dinner, I recieved your letter.=received,
    He is very inteligent.=intelligent, The childern are asleep.=children, Please chek your email.=check,
    Thank you for your pateince.=patience, I definitly want to come.=definitely, The hotel was realy expensive.=really,
    My favorit color is green.=favorite/favourite, It was a wonderfull holiday.=wonderful,
    The resturant was full.=restaurant,
    I can't beleive it.=believe, Wat time is it?=what, She sings beautifuly.=beautifully,
    He fell off his bycicle.=bicycle,
    The meeting is on Tusday.=Tuesday, They were embarassed.=embarrassed, An apple a day is helthy.=healthy"""
CHOICE_ASKED = ["Which spelling is correct: \"{a}\" or \"{b}\"?", "is it {a} or {b}?",
                "{a} or {b}, which one is right?",
                "Do you write {a} or {b}? Just give me the right one.",
                "What's the correct spelling, \"{a}\" or \"{b}\"?",
                "I can never remember: {a} or {b}?", "Which of these is spelled correctly?\n- {a}\n- {b}",
                "Spelling check please, {a} / {b}?"]
MISSPELLED_ASKED = ["Correct the spelling: {a}", "how do you spell {a}", "I wrote \"{a}\". What is the right spelling?",
                    "fix the spelling of {a}",
                    "The word \"{a}\" looks misspelled. How should it be written?", "Spell this correctly, please: {a}",
                    "{a} - correct spelling?", "my spell checker underlines \"{a}\", what's the proper spelling?"]
TYPO_ASKED = ["Fix the typo: {a}", "There is a spelling mistake in this sentence. Correct it: \"{a}\"",
              "correct the spelling in: {a}",
              "Which word is misspelled here, and how is it spelled right? {a}", "Please proofread this: {a}",
              "Rewrite without spelling errors: {a}", "check my spelling: \"{a}\"",
              "Is everything spelled right in this? {a}"]

GRAMMAR = table("""
She [don't|doesn't/does not] like coffee.
He [go|goes] to school every day.
I [has|have] two cats.
They [was|were] late for dinner.
There [is|are] many people in the room.
My brother [have|has] a new car.
We [is|are] going to the park.
[I seen|I saw/I have seen/I've seen] a good movie yesterday.
She can [sings|sing] very well.
He [didn't went|didn't go/did not go] to work.
I am [more taller|taller] than my sister.
This is the [most best|best] pizza in town.
She has [a|an] apple in her bag.
It was [a|an] honest mistake.
[Me and my friend|My friend and I] went to the cinema.
The dogs [barks|bark] at night.
[Him|He] is my best friend.
They sat next to my sister and [I|me].
I have lived here [since|for] five years.
She is interested [on|in] music.
I am good [in|at] math.
We arrived [to|at] the airport early.
He is married [with|to] a doctor.
I look forward to [meet|meeting] you.
She enjoys [to swim|swimming] in the sea.
Do you know what time [is it|it is]?
[Your|You're/You are] my best friend.
The dog wagged [it's|its] tail.
[Its|It's/It is] raining outside.
They left [there|their] bags at the hotel.
I would like [too|to] go home now.
She is taller [then|than] me.
I [should of|should have/should've] called you.
He runs very [quick|quickly].
She sings [good|well] for her age.
I don't have [no|any] money.
There are [less|fewer] students in the class this year.
How [much|many] eggs do you need?
How [many|much] water should I drink?
Each of the boys [have|has] a bike.
Neither of them [are|is] ready.
The news [are|is] bad today.
My glasses [is|are] on the table.
If I [was|were] you, I would wait.
If it [will rain|rains] tomorrow, we will stay home.
She has [went|gone] home already.
I have [ate|eaten] breakfast.
Yesterday I [buy|bought] a new shirt.
Last week we [visit|visited] our grandparents.
He has [broke|broken] his arm.
The letter was [wrote|written] by my aunt.
She [speak|speaks] three languages.
He [do|does] his homework after school.
What [do|does] your father do for work?
Where [you are|are you] from?
I [am agree|agree] with you.
He suggested [me to take|taking/that I take/I take] the bus.
She told [to me|me] the truth.
I've known him [since|for] ten years.
The [childs|children] are playing outside.
I saw three [mouses|mice] in the kitchen.
She bought two [breads|loaves of bread/pieces of bread] and some milk.
I need some [informations|information] about the trip.
He gave me good [advices|advice] yesterday.
I [am living|have lived/have been living] here since 2010.
My sister is [teacher|a teacher].
We went to [the bed|bed] at ten.
He plays [piano the|the piano] every evening.
She [always is|is always] late for work.
Could you tell me where [is the bank|the bank is]?
Who did you give [the book|the book to]?
I used to [played|play] tennis.
You must [to finish|finish] your homework.
Let's [going|go] to the beach.
She made me [to cry|cry] yesterday.
The man [which|who/that] lives next door is nice.
This is the house [who|that/which] Jack built.
I'm used to [get|getting] up early.
One of my [friend|friends] lives in Spain.
The cake tastes [well|good] with cream.
""")
GRAMMAR_ASKED = ["Correct the grammar: {text}", "Fix this sentence: \"{text}\"",
                 "what's the correct way to say: {text}",
                 "There's one grammar mistake in \"{text}\" Please write it correctly.",
                 "Is this right? If not, correct it. {text}",
                 "Rewrite this in correct English: {text}", "Can you proofread this sentence for me? {text}",
                 "grammar check: {text}",
                 "I'm learning English. Please fix my mistake: {text}", "{text} <- make this grammatical"]
GRAMMAR_ANSWERS = ["{right}", "\"{right}\"", "Here is the corrected sentence: {right}", "**{right}**",
                   "The correct sentence is: \"{right}\""]

MEANINGS = table("""
a person who flies planes | pilot/aviator
a person who bakes bread | baker
a doctor for animals | vet/veterinarian/veterinary surgeon
a doctor who treats teeth | dentist
the frozen form of water | ice
a baby cat | kitten
a baby dog | puppy
the place where you borrow books | library
the meal you eat in the morning | breakfast
the sister of your mother | aunt/auntie
the son of your brother or sister | nephew
a person who paints or makes sculptures | artist
a person who writes books | author/writer/novelist
the building where films are shown | cinema/movie theater/theater/theatre/movie theatre
a shop that sells medicine | pharmacy/drugstore/chemist/apothecary
an instrument that tells you which way is north | compass
an instrument to look at the stars | telescope
a device to look at very tiny things | microscope
the time when the sun goes down | sunset/dusk/evening/sundown/nightfall
a house made of snow blocks | igloo
a person who cuts hair | hairdresser/barber/hair stylist/hairstylist
the fear of small closed spaces | claustrophobia
the fear of spiders | arachnophobia
the fear of heights | acrophobia
a word that means the same as another word | synonym
a word that means the opposite of another word | antonym
a word that reads the same forwards and backwards | palindrome
a period of ten years | decade
a period of one hundred years | century
a period of one thousand years | millennium
an animal that eats only plants | herbivore
an animal that eats only meat | carnivore
an animal that eats both plants and meat | omnivore
a person who eats no meat | vegetarian/vegan
a scientist who studies stars and planets | astronomer
a scientist who studies rocks | geologist
the study of living things | biology
the study of the mind and behavior | psychology
a mountain that erupts with lava | volcano
a piece of land surrounded by water on all sides | island/isle
a piece of land with water on three sides | peninsula
a long period without rain | drought
a huge wave caused by an undersea earthquake | tsunami/tidal wave
a very dry place with sand and little rain | desert
the person who leads an orchestra | conductor
a group of fish swimming together | school/shoal
a group of wolves | pack
a group of lions | pride
a word or phrase like "NASA" made of first letters | acronym
a story someone writes about their own life | autobiography/memoir/memoirs
a story of a person's life written by somebody else | biography
a person who cannot see | blind
a person who makes clothes, especially suits | tailor
a person who fixes pipes and taps | plumber
a person who fixes cars | mechanic
the money you pay to live in somebody else's flat | rent
a list of dishes in a restaurant | menu
the first meal after sleeping late that mixes breakfast and lunch | brunch
money that you get back because you paid too much | refund/rebate/reimbursement
being unable to sleep at night | insomnia
a person who is not able to hear | deaf
to move to another country to live there for good | emigrate/immigrate/migrate/emigration/immigration/relocate
a child whose parents are dead | orphan
a woman whose husband has died | widow
a man whose wife has died | widower
lasting for a very short time | ephemeral/fleeting/brief/transient/momentary/short-lived/transitory
able to use both hands equally well | ambidextrous
a person who speaks two languages | bilingual
a remedy against poison | antidote/antivenom
a sweet food that bees make | honey
a tool used to hit nails | hammer
the season between winter and summer | spring/springtime
the thing you hold above your head when it rains | umbrella
people who wait one behind the other, for example at a till | queue/line
a place where dead people are buried | cemetery/graveyard/burial ground/churchyard
a shape with eight sides | octagon
a person who loves and collects stamps | philatelist
a government ruled by a king or queen | monarchy
a person who does not believe in God | atheist
the bone structure of the body | skeleton
a doctor who performs operations | surgeon
a person who designs buildings | architect
a raised platform in a theater where actors perform | stage
an exact copy made from the genes of a living thing | clone
a person who always expects the worst | pessimist
""")
MEANING_ASKED = ["What do you call {meaning}?", "What's the word for {meaning}?", "one word for: {meaning}",
                 "Which English word means \"{meaning}\"?",
                 "I'm looking for the word that means {meaning}. What is it?", "word for {meaning}",
                 "It's on the tip of my tongue: {meaning}. "
                 "What's it called?", "Crossword help: {meaning}", "is there a single word for {meaning}?",
                 "Please tell me the term for {meaning}."]
ANSWERS = ["It is **{right}**.", "{right}", "The word you are looking for is \"{right}\".", "\"{right}\"",
           "That would be {right}.",
           "Sure! The answer is {right}."]


def asked_for(rng, rows, phrasings, answers, **said):
    """Each (word, right answers) asked for; the wrong answer is right for another one."""
    asked, answered = ways(rng, phrasings), ways(rng, answers)
    for i, (word, rights) in enumerate(rows):
        rights, answer = options(rights), next(answered)
        others = [options(row[1])[0] for row in rows[i + 1:] + rows[:i]]
        wrong = next(one for one in others if one not in rights)
        yield Question(next(asked).format(word=word, meaning=word, a=word), says(*rights),
                       answer.format(right=rights[0], word=word, **said), answer.format(right=wrong, word=word, **said))


def forms(rng):
    for text, form, phrasings in FORMS:
        yield from asked_for(rng, pairs(text), phrasings, FORM_ANSWERS, form=form)


def synonyms_antonyms(rng):
    yield from asked_for(rng, pairs(ANTONYMS), OPPOSITE_ASKED, ANSWERS)
    yield from asked_for(rng, pairs(SYNONYMS), ALIKE_ASKED, ANSWERS)


def spelling(rng):
    asked, answered = ways(rng, CHOICE_ASKED), ways(rng, ANSWERS)
    for right, wrong in pairs(CHOICES):
        a, b = shuffled(rng, [right, wrong])
        answer = next(answered)
        yield Question(next(asked).format(a=a, b=b), label(right, [a, b]), answer.format(right=right),
                       answer.format(right=wrong))
    for text, phrasings in ((MISSPELLED, MISSPELLED_ASKED), (TYPOS, TYPO_ASKED)):
        asked, answered = ways(rng, phrasings), ways(rng, ANSWERS)
        for wrong, rights in pairs(text):
            answer = next(answered)
            yield Question(next(asked).format(a=wrong), says(*options(rights)),
                           answer.format(right=options(rights)[0]), answer.format(right=wrong))


def grammar_fix(rng):
    asked, answered = ways(rng, GRAMMAR_ASKED), ways(rng, GRAMMAR_ANSWERS)
    for (marked,) in GRAMMAR:
        before, after, parts = edited(marked)
        answer = next(answered)
        yield Question(next(asked).format(text=before), says(*parts), answer.format(right=after),
                       answer.format(right=before))


def word_meaning(rng):
    yield from asked_for(rng, shuffled(rng, MEANINGS), MEANING_ASKED, ANSWERS)


KINDS = {"plurals-and-forms": forms, "synonyms-antonyms": synonyms_antonyms, "spelling": spelling,
         "grammar-fix": grammar_fix, "word-meaning": word_meaning}
