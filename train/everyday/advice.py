"""Small advice and small talk: tips, how to do things, naming one of many, and friendly words.

A line of a table is `subject | keys (see gist.py) | right answer`; `NAMES` has what one may name.
"""

from gist import REFUSALS, has, mentions, open_questions
from question import Question, both, matches, not_, shape
from wording import table, ways

TIPS = table("""
sleeping better | bed*/dark*/caffeine/screen*/phone*/relax*/schedule/routine/quiet/consistent/coffee/comfort* | \
Go to bed at the same time and avoid screens.
studying for an exam | note*/plan*/break*/review*/practice/quiet/schedule/flashcard*/start*\
/early/focus*/distraction* | Start early and take breaks.
saving money | budget*/spend*/track*/cook*/home/expens*/account/goal*/less/cheap* | Make a budget and cook at home.
losing weight | exercis*/diet/vegetable*/calori*/water/eat*/walk*/sugar/portion*/activ* | \
Eat more vegetables and walk every day.
learning a new language | practi*/speak*/listen*/word*/vocabulary/app/daily/movie*/native/read*/immers* | \
Practice speaking a little every day.
a job interview | research*/practi*/company/dress*/confident/confidence/question*/smile/early/prepar*/time | \
Research the company and arrive early.
staying healthy | exercis*/eat*/sleep*/water/vegetable*/walk*/diet/activ* | Eat well, sleep enough and exercise.
reducing stress | breath*/exercis*/relax*/walk*/meditat*/sleep/music/break*/rest/talk*/mindful* | \
Take deep breaths and go for a walk.
keeping a room tidy | clean*/organi*/declutter*/put*/throw*/stor*/bed/day/daily/place/shelf/shelves | \
Put things back in their place every day.
making new friends | club*/smile/listen*/talk*/join*/kind*/interest*/yourself/open/friendly/social* | \
Join a club and listen to people.
a first date | yourself/listen*/question*/relax*/smile/talk*/honest*/conversation/dress*/phone | \
Be yourself and ask questions.
growing tomatoes | sun*/water*/soil/pot/fertili* | Give them lots of sun and water.
saving energy at home | light*/turn*/off/insulat*/thermostat/led/unplug*/appliance*/heat*/bulb* | \
Turn off the lights when you leave.
eating healthier | vegetable*/fruit*/sugar/water/whole/balanc*/portion*/cook*/protein/diet/processed | \
Eat more fruit and less sugar.
public speaking | practi*/breath*/slow*/eye*/audience/prepar*/confiden*/speech | \
Practice aloud and look at the audience.
reading more books | day/time/phone/bed/goal*/carry/library/list/genre*/interest*/habit/minutes/enjoy | \
Read ten minutes in bed every day.
taking better photos | light*/focus*/angle*/composition/steady/subject/rule/background/tripod/lens/close* | \
Use natural light and hold still.
waking up early | alarm*/bed*/sleep*/night/light*/routine/schedule | Go to bed earlier and put the alarm far away.
packing a suitcase | roll*/list*/light*/fold*/shoe*/cloth*/essential*/need*/organi* | Make a list and roll your clothes.
caring for houseplants | water*/light*/sun*/soil/pot/drain* | Water them weekly and give them light.
a new puppy owner | train*/food/vet/walk*/play*/patien*/feed*/toy*/love*/routine/water | \
Train it with patience and walk it often.
driving in snow | slow*/brake*/distance/tire*/tyre*/careful*/speed | Drive slowly and keep your distance.
writing a good email | short/clear*/subject/concise/polite*/spelling/proofread*/greeting/grammar/brief | \
Keep it short, with a clear subject.
using the phone less | notification*/off/limit*/away/turn*/room/app*/set*/time/bed | Turn off your notifications.
working from home | break*/desk/schedule/routine/space/distract*/workspace/quiet/dress*/area | \
Keep a routine and take breaks.
quitting smoking | gum/support/date/trigger*/exercis*/patch*/doctor/nicotine/replac*/avoid*/gradual*/reduc* | \
Set a date and ask friends for support.
running a first 5K | train*/shoe*/slow*/pace*/water/hydrat*/warm*/walk*/stretch*/rest*/breath* | \
Train slowly and wear good shoes.
remembering names | repeat*/say*/associat*/use*/listen*/write*/attention/link*/picture/face* | \
Repeat the name when you hear it.
cooking pasta | salt*/water/boil*/al dente/stir*/sauce/minute* | Salt the water and taste before draining.
a long flight | water/sleep*/stretch*/move*/walk*/hydrat*/book*/comfort*/music/pillow/snack* | \
Drink water and stretch your legs.
camping for the first time | tent/food/water/weather/warm*/light*/pack*/bag/flashlight/site/fire/gear/check* | \
Practice setting up the tent and bring warm things.
keeping the kitchen clean | wipe*/wash*/dish*/cook*/clutter/trash/sink/counter*/sponge*/immediately/spill* | \
Wipe the counters after you cook.
choosing a strong password | long*/letter*/number*/symbol*/character*/unique/different/mix/manager/name/birth* | \
Make it long and mix letters and numbers.
getting over a cold | rest*/water/fluid*/tea/sleep*/warm/soup/drink*/hydrat* | Rest and drink plenty of fluids.
dealing with a headache | water/rest*/sleep*/dark/medicine/relax*/drink*/quiet/pain*/hydrat*/cold/compress | \
Drink water and rest in a dark room.
being on time | early/alarm*/plan*/clock/leave*/prepar*/schedule*/set/night/remind*/calendar | \
Plan to leave ten minutes early.
decorating a small bedroom | light*/mirror*/color*/shelf/shelves/wall*/white/storage/furniture/space/bright*/simple | \
Use light colors and a mirror.
a good birthday party | music/food/cake/invit*/game*/theme/guest*/plan*/friend*/list/fun | \
Plan games and order a cake early.
staying cool on hot days | water/shade/fan/drink*/cloth*/ice/hydrat*/air/indoor*/light* | \
Drink water and stay in the shade.
staying warm outside | layer*/hat/glove*/coat/cloth*/scarf/jacket/sock*/boot*/move*/wear* | Wear layers and a hat.
protecting skin from the sun | sunscreen/hat/shade/cover*/spf/cloth*/wear*/lotion/cream | Use sunscreen and wear a hat.
learning the guitar | practi*/chord*/slow*/teacher/song*/lesson*/finger*/tune*/basic* | Practice chords every day.
painting a wall | tape/brush*/roller/primer/clean*/coat*/dry*/cover*/prepar*/sand* | Tape the edges and use two coats.
buying a used car | test/drive/check*/mechanic/history/mileage/price/inspect*/research*/engine/condition/budget | \
Take a test drive and have it checked.
calming a crying baby | hold*/rock*/sing*/feed*/diaper*/soft*/cuddl*/swaddl*/hug*/gentl*/white/soothing/music | \
Hold the baby and sing softly.
fighting boredom | read*/walk*/hobby/hobbies/friend*/game*/music/draw*/learn*/book*/new/try*/exercis*/movie* | \
Read a book or call a friend.
doing homework faster | break*/distract*/phone/plan*/quiet/focus*/time*/list/schedule/start*/organi* | \
Put the phone away and make a list.
baking a cake | oven/measur*/recipe/flour/butter/egg*/preheat*/mix*/room temperature/ingredient*/sugar | \
Preheat the oven and measure well.
traveling alone | safe*/plan*/friend*/research*/light/family/people/money/map/aware*/map*/know/local* | \
Plan ahead and tell family where you are.
shopping for groceries | list/hungry/price*/sale*/budget/fresh/compar*/plan*/coupon*/season* | \
Write a list and don't go hungry.
a good presentation | practi*/slide*/simple/audience/clear*/visual*/picture*/eye*/story/text/prepar* | \
Keep slides simple and practice.
drinking more water | bottle/glass*/meal*/remind*/carry/lemon/app/day/morning/track*/fruit*/set* | \
Carry a bottle with you.
getting along with neighbors | friendly/talk*/respect*/noise/quiet/smile/greet*/kind*/polite*/communicat*/listen* | \
Be friendly and avoid noise at night.
being more confident | posture/goal*/practi*/positive*/smile/yourself/stand*/strength*/believ*/talk/self*/fear* | \
Stand straight and set small goals.
being a good friend | listen*/honest*/kind*/support*/loyal*/trust*/there/respect*/time | \
Listen well and be there when needed.
hiking in the mountains | water/shoe*/boot*/map/weather/layer*/snack*/trail/pack*/slow* | \
Wear good boots and take enough water.
concentrating better | distract*/break*/phone/quiet/sleep*/task*/music/focus*/noise/time/goal* | \
Turn off your phone and do one task at a time.
""")
TIP = ["Give me one tip for {}. One sentence.", "one short tip for {}?", "Any quick tips for {}? Two at most.",
       "I need a brief piece of advice on {}.", "What's your best tip for {}? Keep it short.",
       "Tips for {}, in one or two sentences please.",
       "Hi, could you share one or two short tips for {}?", "{} - one tip please, just a sentence",
       "short advice for {}",
       "In a sentence, what helps with {}?", "My friend asks about {}. Give me one short tip for her."]

HOW = table("""
boil an egg | water/minute/pot | Put it in boiling water for 8 minutes.
make a cup of tea | water/boil*/kettle/steep*/bag | Pour hot water over a tea bag and wait.
make coffee | water/ground*/filter/brew*/bean/hot | Pour hot water over ground coffee.
wash my hands properly | soap/water/rub*/scrub*/rinse* | Rub them with soap for 20 seconds and rinse.
tie shoelaces | loop*/knot/bow/cross*/pull* | Cross the laces, make a loop and pull it through.
make a sandwich | bread/slice*/cheese/butter/fill* | Put cheese between two slices of bread.
plant a seed | soil/water/hole/dirt/pot/ground | Make a hole in the soil, drop it in and water it.
brush my teeth | toothpaste/toothbrush*/minute*/circ*/bristle*/rinse* | Use toothpaste and brush for two minutes.
ride a bicycle | pedal*/balanc*/handlebar*/seat/brake* | Sit down, push the pedals and keep your balance.
make scrambled eggs | pan/stir*/butter/beat*/whisk*/milk/skillet | Beat them and stir in a hot pan.
cook rice | water/boil*/simmer*/pot | Boil it in twice as much water.
cook spaghetti | water/boil*/salt*/minute*/pot | Boil it in salted water for ten minutes.
make a salad | lettuce/tomato*/chop*/dress*/vegetable*/green*/cucumber*/oil/bowl/mix* | \
Chop lettuce and tomatoes and add dressing.
clean a window | glass/cloth/water/wip*/spray*/soap/vinegar/cleaner | Spray it and wipe it with a cloth.
wash a car | water/soap*/sponge/hose/rinse*/bucket/dry* | Rinse it, then use soap and a sponge.
change a light bulb | off/unscrew*/screw*/twist*/power/switch/socket/remove*/turn* | \
Switch off the power and unscrew the old one.
change a flat tire | jack*/nut*/spare/lug/bolt*/wheel/lift* | Lift the car with a jack and put on the spare.
send an email | address/click*/subject/type*/compose/recipient/write*/account | \
Type the address and text, then click send.
take a screenshot | press*/key*/button*/print*/snip*/prtsc/power/command/shift | Press the Print Screen key.
restart a computer | \
menu/power/button/click*/start/press*/off | Open the start menu and choose restart from power.
make lemonade | lemon*/sugar/water/juice & sugar/water/juice | Mix lemon juice, sugar and cold water.
bake potatoes | oven/degree*/wash*/foil/minute*/preheat*/fork/hour | Put them in a hot oven for an hour.
make pancakes | flour/egg*/milk/batter/pan/mix*/flip* | Mix flour, milk and eggs and fry the batter.
make toast | bread/toaster/slice*/brown/butter | Put bread in the toaster until it is brown.
make popcorn | kernel*/oil/heat*/pan/pot/microwave/corn | Heat kernels in a pan with oil.
peel a banana | stem/end/tip/pull*/top/skin | Pull the stem and strip down the skin.
iron a shirt | heat*/board/collar/hot/steam/flat/sleeve*/smooth*/wrinkle* | \
Lay it flat on the board and move a hot iron over it.
wash clothes | machine/detergent/water/soap/dry*/rinse*/cycle/laundry | Put them in the machine with detergent.
sew on a button | needle/thread/hole*/knot/stitch* | Pull needle and thread through the holes.
wrap a present | paper/tape/fold*/ribbon/cut*/box | Fold paper around it and use tape.
feed a cat | food/bowl/dry/wet/fresh/water/fish/meal* | Put cat food and water in a bowl.
give a dog a bath | shampoo/water/rinse*/warm/tub/dry*/soap | Use warm water and dog shampoo, then rinse.
water plants | soil/can/dry/root*/pour*/morning/hose/day | Pour water on the soil when it feels dry.
start a campfire | wood/match*/stick*/lighter/kindling/log*/tinder/dry/paper/light | Light dry kindling and add wood.
put up a tent | pole*/stake*/ground/peg*/flat/fabric | Lay it out on flat ground and put in the poles.
swim | arm*/kick*/water/leg*/breath*/float*/stroke* | Kick your legs and pull with the arms.
stop hiccups | breath*/water/hold*/sip*/drink*/sugar | Hold your breath or sip cold water.
treat a small cut | clean*/wash*/bandage/water/plaster/press*/antiseptic/soap/pressure | Wash it and put on a bandage.
stop a nosebleed | \
pinch*/lean*/forward/pressure/tissue/press*/sit | Lean forward and pinch your nose.
cool a burn on my finger | water/cold/running/ice/minute* | Hold it under cool running water.
remove a coffee stain | water/soap/vinegar/detergent/baking soda/cloth/blot*/wash*/cold | \
Blot it with cold water and soap.
open a jar that is stuck | hot/water/grip*/lid/tap*/twist*/rubber/towel/spoon/turn* | \
Run hot water over the lid and twist.
set an alarm on my phone | clock/app/time/tap*/open*/settings | Open the clock app and choose a time.
draw a cat | circle*/ear*/head/whisker*/eye*/tail/face/body | Draw a circle for the head, add ears and whiskers.
build a snowman | ball*/roll*/carrot/snow/stack*/hat/nose/eye* | Roll three balls and stack them.
fly a kite | wind*/string/run*/hold*/line/air/let* | Run against the wind and let out string.
throw a ball | arm/hand/grip*/release*/wrist/shoulder/swing*/target/hold*/step* | \
Swing your arm back and let go in front of you.
cross a road safely | look*/left/right/car*/traffic/crosswalk/light*/wait*/pedestrian/stop* | \
Look left and right and wait for cars.
introduce myself | name/hello/hi/smile*/hand* | Smile and say hello and your name.
fold a paper airplane | \
half/crease*/corner*/wing*/sheet/triangle* | Fold a sheet in half and fold down the wings.
make hot chocolate | milk/cocoa/heat*/sugar/powder/stir*/mug/water | Heat milk and stir in cocoa.
grill a sausage | heat*/turn*/minute*/brown*/hot/medium/flip*/cook* | Turn it over medium heat until brown.
wash dishes by hand | soap/water/sponge/rinse*/sink/scrub*/dry | Scrub them in hot soapy water and rinse.
charge a phone | plug*/cable/charger/outlet/usb/socket/cord/power | Plug the charger into an outlet.
say no politely | thank*/sorry/polite*/but/kind*/appreciat*/honest*/unfortunately/firm* | \
Thank them and say that you can't this time.
clean my glasses | cloth/water/soap/wip*/lens*/microfiber/rinse*/spray | Rinse them and wipe with a soft cloth.
""")
HOWTO = ["How do I {}? Briefly.", "how to {}? short answer", "In one or two sentences, how do I {}?",
         "Tell me how to {} in one sentence.",
         "What's the best way to {}? Keep it short.", "Steps to {}, very short please.",
         "Please explain in brief how to {}.",
         "I have never done this: how do I {}? Two sentences max.", "quick help: how do you {}",
         "Can you tell me shortly how to {}?",
         "Teach me how to {} in a sentence or two."]

NAMES = {
    "fruit": "apple/banana/orange/mango/mangoes/strawberry/strawberries/grape/pear/peach/pineapple/kiwi/"
             "watermelon/melon/cherry/"
             "cherries/blueberry/blueberries/plum/lemon/papaya/avocado/berry/berries/raspberry/raspberries/"
             "pomegranate/grapefruit",
    "vegetable": "carrot/broccoli/spinach/potato/tomato/onion/cabbage/pea/bean/cucumber/pepper/lettuce/kale/"
                 "zucchini/cauliflower/"
                 "eggplant/corn/celery/pumpkin/asparagus/leek/beet/radish/squash/garlic",
    "sport": "football/soccer/tennis/basketball/swimming/swim/running/run/baseball/hockey/volleyball/golf/cycling/"
             "cricket/rugby/"
             "badminton/table tennis/boxing/gymnastics/skiing/yoga/surfing/skating/hiking/climbing/judo/karate",
    "book genre": "mystery/mysteries/fantasy/romance/horror/thriller/science fiction/sci-fi/historical fiction/"
                  "biography/"
                  "biographies/fiction/adventure/poetry/crime/memoir/humor/comedy/young adult/non-fiction/nonfiction",
    "musical instrument": "piano/guitar/violin/flute/drum/trumpet/cello/saxophone/clarinet/harp/ukulele/keyboard/"
                          "recorder/bass/"
                          "banjo/accordion/harmonica/organ/trombone",
    "European country": "france/germany/italy/spain/portugal/england/united kingdom/uk/ireland/greece/norway/"
                        "sweden/finland/"
                        "denmark/netherlands/belgium/austria/switzerland/poland/croatia/hungary/iceland/czech*/"
                        "romania/bulgaria/"
                        "scotland/malta/slovenia/slovakia/serbia/estonia/latvia/lithuania/ukraine/luxembourg/cyprus",
    "pet": "dog/cat/hamster/fish/goldfish/rabbit/bird/parrot/guinea pig/turtle/mouse/canary/ferret/puppy/kitten/"
           "budgie/snake/lizard/gecko",
    "color": "blue/red/green/yellow/white/black/purple/pink/orange/gray/grey/brown/beige/turquoise/violet/teal/"
             "lavender/navy/cream/gold",
    "hobby": "read*/paint*/garden*/cook*/draw*/photograph*/knit*/hik*/danc*/play*/swim*/music/writ*/yoga/chess/"
             "fish*/bak*/cycl*/"
             "bik*/run*/guitar/piano/sew*/crochet*/puzzle*/walk*/exercis*/sport*/travel*/collect*/game*/sing*/"
             "crafts/camping",
    "drink": "water/tea/coffee/juice/milk/lemonade/smoothie/cola/coke/soda/hot chocolate/cocoa/beer/wine/latte/"
             "iced tea/cider/cocktail/milkshake",
    "dessert": "cake/ice cream/pie/pudding/cookie/brownie/tiramisu/chocolate/cheesecake/mousse/tart/sorbet/donut/"
               "cupcake/"
               "strudel/pancake/crumble/fruit salad/gelato/custard/creme brulee/crème brûlée/panna cotta/sundae/"
               "parfait",
    "job": "doctor/nurse/teacher/engineer/lawyer/pilot/chef/cook/farmer/artist/writer/programmer/developer/"
           "plumber/driver/vet/"
           "veterinarian/police officer/firefighter/architect/dentist/scientist/designer/accountant/baker/"
           "musician/electrician/librarian",
    "flower": "rose/tulip/daisy/daisies/lily/lilies/sunflower/orchid/violet/daffodil/carnation/iris/lavender/"
              "marigold/peony/peonies/"
              "poppy/poppies/hydrangea/chrysanthemum/petunia/geranium/dahlia/pansy/pansies/lilac/jasmine",
    "farm animal": "cow/pig/sheep/chicken/hen/goat/horse/duck/rooster/goose/geese/turkey/donkey/cattle/lamb/llama",
    "big city": "new york/london/paris/tokyo/berlin/rome/madrid/barcelona/chicago/los angeles/beijing/shanghai/"
                "mumbai/delhi/cairo/"
                "istanbul/moscow/sydney/toronto/mexico city/amsterdam/vienna/prague/lisbon/san francisco/"
                "singapore/bangkok/dubai/"
                "hong kong/seoul/rio de janeiro/são paulo/sao paulo/buenos aires/lagos/houston/boston/melbourne/"
                "kyoto/osaka",
    "board game": "chess/monopoly/scrabble/checkers/risk/catan/clue/cluedo/ludo/backgammon/ticket to ride/"
                  "battleship/carcassonne/"
                  "pictionary/candy land/trivial pursuit/pandemic/jenga/codenames/go",
    "pizza topping": "cheese/mushroom/pepperoni/ham/olive/onion/tomato/basil/pineapple/sausage/bacon/salami/"
                     "pepper/spinach/mozzarella/"
                     "garlic/tuna/corn/chicken/anchovy/anchovies/jalapeno/jalapeño/prosciutto/artichoke",
    "breakfast food": "egg/toast/pancake/cereal/oatmeal/bacon/yogurt/fruit/waffle/bread/porridge/muesli/granola/"
                      "bagel/omelet/omelette/"
                      "sausage/croissant/smoothie/muffin/french toast/banana/avocado/oats/berries",
    "birthday gift": "book/flower/watch/card/cake/chocolate/jewelry/perfume/toy/voucher/ticket/scarf/necklace/"
                     "game/candle/wine/mug/"
                     "journal/photo/puzzle/picture/bracelet/earring/basket/bag/headphone/box/plant/notebook/"
                     "camera/shirt/art*/lego/doll",
    "zoo animal": "lion/tiger/elephant/giraffe/monkey/zebra/bear/penguin/panda/gorilla/hippo*/rhino*/kangaroo/"
                  "snake/crocodile/seal/camel/"
                  "leopard/cheetah/flamingo/koala/chimpanzee/wolf/wolves/otter/meerkat/lemur",
}
PICK = ["Name {a} {thing}.", "Suggest {a} {thing}, just one.", "recommend me {a} {thing}{reason}",
        "Can you name {a} {thing}? Short answer please.",
        "Tell me one {thing}{reason}.", "I can't decide on {a} {thing}. Pick one for me, in a few words.",
        "What {thing} would you recommend{reason}? One sentence.", "Give me an example of {a} {thing}.",
        "one {thing} please, any",
        "Which {thing} would you choose{reason}? Answer briefly.", "Hi! Help me think of {a} {thing}. Only one."]
REASONS = {"fruit": " for a snack", "vegetable": " for a soup", "sport": " for a beginner",
           "book genre": " for the holidays",
           "musical instrument": " for a child", "European country": " to visit", "pet": " for a small flat",
           "color": " for my bedroom",
           "hobby": " for rainy days", "drink": " for a hot day", "dessert": " for a party",
           "job": " where I can help people",
           "flower": " for my mother", "farm animal": " for a picture", "big city": " for a trip",
           "board game": " for the family",
           "pizza topping": " for kids", "breakfast food": " for a quick start", "birthday gift": " for a friend",
           "zoo animal": " that children love"}
PICKED = ["{}", "I would recommend {}.", "Sure! How about **{}**? It is a great choice."]

FRIENDLY = "hello/hi/hey/welcome/great/good/glad/happy/help/well/nice/thank*/fine"
SORRY = "sorry/hope/better/understand*/here/tough/hard/okay/ok/help/hear/normal/feel*/care/rest/" \
        "breath*/time/friend*/talk*/try"
JOY = "great/wonderful/congratulations/congrats/happy/glad/fantastic/amazing/awesome/enjoy*/nice/good/" \
      "exciting/excited/fun/proud/" \
      "love*/lovely/well done/best/perfect/delighted/pleasure"
BYE = "goodbye/bye/see you/take care/good/night/sleep/welcome/day/great/later/" \
      "talk/soon/well/rest/care/safe/enjoy/pleasure/nice"
TALKS = [
    (FRIENDLY, "Hello! It's nice to hear from you. How can I help?", """Hello!; hi there; Hey, how are you?;
Good morning!;
Good evening, how are you doing today?; hi, how's it going; Hello, nice to meet you!; Hi, my name is Laura.; What's up?;
hey! are you there?; Good afternoon.; Hello my friend, how was your day?; howdy; Greetings!; Hi, I'm new here.;
Hello, can we chat for a bit?"""),
    ("welcome/glad/happy/pleasure/problem/anytime/help*/great/thank*", "You're welcome! I'm glad I could help.",
    """Thank you!;
thanks a lot for your help; Thanks, that was really useful.; You are so kind, thank you.; thx;
Thank you very much, you're the best!;
Many thanks for the quick answer.; I appreciate your help today.; Great answer, thanks.; you did a good job"""),
    (SORRY, "I'm so sorry to hear that. I hope you feel better soon.", """I feel sad today.; I'm so tired.;
I had a really bad day.;
I failed my exam.; my dog died yesterday; I feel lonely tonight.; I'm nervous about my interview tomorrow.;
I have a terrible headache.;
I had a fight with my best friend.; I lost my job.; i'm bored; I'm stressed about school.;
My train is late again and I'm angry.;
I can't sleep.; I'm afraid of flying.; I miss my family."""),
    (JOY, "That's wonderful, congratulations! I am so happy for you.", """I got the job!; It's my birthday today!;
I passed my driving test!; We are getting married next month.; I just had the best pizza of my life.;
My sister had a baby!;
we won the game!!; I'm so happy today.; I'm going on vacation tomorrow.; The sun is out and I'm off to the beach.;
I finished my first marathon.; I got a puppy today!; My daughter took her first steps."""),
    (BYE, "Goodbye! Take care and have a great day.", """Goodbye!; bye, see you tomorrow; Good night!;
I have to go now, bye!;
See you later!; Have a nice day!; Time for bed, talk to you tomorrow.; It was nice talking to you.; Take care!;
bye bye"""),
]
RUDE = ["The capital of France is Paris.", "I'm sorry, but I can't assist with that request.", "I don't know.",
        "Water boils in a pot."]
NOT_UNABLE = not_(matches(r"i(?:['’]m| am) sorry,? but i (?:can|am|['’]m|do)|"
                          r"\bi (?:cannot|can['’]t|can not) (?:help|assist|provide|answer)"))


def rows_kind(rows, phrasings):
    return lambda rng: open_questions(rng, rows, phrasings)


def recommend(rng):
    asked, picked, kinds = ways(rng, PICK), ways(rng, PICKED), list(NAMES)
    for i in range(3 * len(kinds)):
        thing = kinds[i % len(kinds)]
        keys, others = NAMES[thing], NAMES[kinds[(i + 1 + i // len(kinds)) % len(kinds)]]
        other = next((one for one in plain(others) if not has(keys, one)), "chair")
        answer = next(picked)
        prompt = next(asked).format(a="a", thing=thing, reason=REASONS[thing])
        yield Question(prompt, both(mentions(keys), shape(max_words=120), NOT_UNABLE),
                       answer.format(rng.choice(plain(keys))), rng.choice([answer.format(other), REFUSALS[0]]))


def plain(keys):
    """The names among keys, without those that stand for several endings."""
    return [one for one in keys.split("/") if not one.endswith("*")] or ["reading"]


def small_talk(rng):
    wrong = ways(rng, RUDE)
    for keys, right, texts in TALKS:
        for text in texts.replace("\n", " ").split(";"):
            yield Question(text.strip(), both(mentions(keys), shape(min_words=2), NOT_UNABLE), right, next(wrong))


KINDS = {"tips": rows_kind(TIPS, TIP), "how-to": rows_kind(HOW, HOWTO), "recommend": recommend,
         "small-talk": small_talk}
