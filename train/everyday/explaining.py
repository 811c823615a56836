"""Things to explain in a sentence or two: why and how, what words mean, what things are like and how they differ.

A line of a table is `subject | keys (see gist.py) | right answer`.
"""

from gist import NO_REFUSAL, SHORTLY, mentions, open_questions
from question import Question, both, shape
from wording import table, ways

WHY = table("""
Why is the sky blue? | scatter*/rayleigh/wavelength/atmosphere | Air scatters blue light more than red light.
How do magnets work? | field/attract*/pole/force/repel*/iron | \
Magnets have two poles and make a field that pulls on iron.
What makes it rain? | water/cloud/vapor/vapour/condens*/droplet | Water droplets in clouds grow heavy and fall.
How do vaccines work? | immune*/antibod*/virus*/protect* | They teach the immune system to recognise a virus.
Why do we need to sleep? | rest*/recover*/brain/energy/repair*/recharg* | \
Sleep lets the body rest and the brain recover.
Why do leaves change color in autumn? | chlorophyll/pigment/green/sunlight | \
The green chlorophyll breaks down, so other pigments show.
How does a plane stay in the air? | wing/lift/air pressure/pressure/engine | \
Its wings create lift as air flows over them.
Why is the sea salty? | mineral/rock/river/dissol*/sodium | Rivers wash minerals from rocks into the sea.
Why do ships float? | buoyan*/displac*/dense/density/less dense/weight/push* | \
They push aside water that weighs as much as they do.
What causes thunder? | lightning/air/heat*/electric* | Lightning heats the air, which expands with a bang.
Why do we have day and night? | rotat*/spin*/turn/axis | The Earth spins, so each side faces the sun in turn.
Why do we have seasons? | tilt*/axis/orbit* | The Earth's axis is tilted, so it gets more sun at times.
How do plants eat? | photosynthesis/sun*/light/root/nutrient | They make sugar from sunlight, water and air.
Why do onions make us cry? | gas*/chemical/enzyme/sulfur/compound/irritat* | \
Cutting them frees a gas that irritates the eyes.
How does a fridge keep food cold? | heat*/compress*/refrigerant/coolant/cooling/evaporat* | \
It pumps heat from the inside to the outside.
Why do cats purr? | happy/content*/relax*/calm*/communicat*/pleasure/comfort* | \
Mostly because they are relaxed and content.
How do bees make honey? | nectar/flower | They collect nectar from flowers and dry it in the hive.
What makes a rainbow appear? | raindrop/rain/water droplet/droplet/refract*/bend* & light/sun*/color/colour | \
Sunlight bends in rain drops and splits into colors.
Why does ice float on water? | dense/density/lighter/expand*/less dense | Ice is less dense than water.
Why do we sweat? | cool*/temperature/heat/hot/regulat* | Sweating cools the body when it is hot.
How does soap clean our hands? | grease/oil*/dirt/germ/bacteria/fat/molecule | \
Soap lifts grease and germs so that water rinses them away.
Why do people yawn? | tired*/sleep*/bored*/oxygen/brain/fatigue* | People yawn when they are tired or bored.
Why do things fall down when dropped? | gravity/gravitation* | Gravity pulls them to the ground.
How do fish breathe? | gill/oxygen | They take oxygen from the water with their gills.
Why do birds fly south in winter? | warm*/food/cold*/breed*/weather/migrat* | \
They migrate to warmer places with more food.
Why do stars twinkle? | atmosphere/air/turbulen*/distort*/bend | Moving air in the atmosphere bends their light.
What makes a volcano erupt? | magma/lava/pressure/gas* | Hot magma and gas build up pressure below it.
What causes earthquakes? | plate/tectonic/fault/crust/rock | The plates of the Earth's crust suddenly slip.
Why do we brush our teeth? | clean*/plaque/bacteria/decay/cavit*/gum/germ/healthy | \
To remove plaque and prevent cavities.
How does a microwave heat food? | wave/radiation/molecule/electromagnetic/vibrat* | \
Its waves make the water molecules in food vibrate.
Why does bread rise? | yeast/gas*/carbon dioxide/ferment*/bubble | Yeast makes gas bubbles in the dough.
How does a bicycle stay upright? | balanc*/momentum/gyroscop*/steer*/wheel | \
The rider balances by steering, and moving wheels help.
Why do camels have humps? | fat/energy/food/store/storage/water | The humps store fat for times without food.
How do we hear sounds? | ear/vibrat*/wave/eardrum/brain | Sound waves make the eardrum vibrate.
Why do we have two eyes? | depth/distance/3d/three-dimension*/field/perceiv*/wide* | Two eyes let us judge depth.
How do solar panels make electricity? | sun*/light/photovolt*/cell/photon | Their cells turn sunlight into current.
What causes the tides? | moon/gravity/gravitation* | The moon's gravity pulls on the sea.
How does the heart work? | pump*/blood | It pumps blood through the body.
Why do dogs wag their tails? | happy/excite*/communicat*/emotion*/feel*/joy/express* | \
They show that they are happy or excited.
Why do metals rust? | oxygen/water/oxid*/moisture | Iron reacts with oxygen and water.
How does a balloon with helium go up? | light*/dense/density/buoyan* | Helium is lighter than air.
How does the internet connect computers? | network/cable/data/wire*/router/protocol/server | \
A network of cables and routers carries data between them.
Why do we get hungry? | energy/stomach/food/hormone/brain/nutrient | \
The empty stomach tells the brain that we need food.
How does a candle burn? | wax/wick/flame/oxygen/fuel | The flame melts wax, which climbs the wick and burns.
Why is exercise good for you? | health*/heart/muscle/strong*/weight/mood/fit* | It keeps the heart and muscles healthy.
How do glasses help people see? | lens*/focus*/light/bend | The lenses bend light so it lands in focus.
Why do mosquitoes bite people? | blood/egg/protein | Females need blood to make eggs.
How do caterpillars become butterflies? | cocoon/pupa/chrysalis/metamorph*/transform* | They change inside a chrysalis.
Why does the moon shine? | reflect*/sun* | It reflects light from the sun.
Why do we put salt on icy roads? | melt*/freez*/lower* | Salt lowers the freezing point, so the ice melts.
How does an umbrella keep you dry? | block*/water*/rain/cover*/shield*/protect* | Its cloth blocks the rain.
How do spiders catch their food? | web/silk/trap*/sticky/venom | Most trap insects in a sticky web.
Why do we wear coats in winter? | warm*/cold/heat/insulat* | They keep us warm in the cold.
How does a thermometer work? | expand*/temperature/mercury/liquid/heat*/sensor | \
The liquid in it expands as it gets warmer.
Why do we recycle? | waste/environment*/resource/pollut*/reus*/landfill/planet | \
Recycling saves resources and cuts waste.
Why is too much sugar bad? | teeth/weight/diabetes/obes*/health*/disease/heart/tooth | \
It can cause weight gain and bad teeth.
How does a seed grow into a plant? | water/soil/root/sprout*/germinat*/sun*/shoot | \
With water and warmth it sprouts a root and a shoot.
Why do we cough? | throat/lung/airway/irritat*/mucus/clear* | Coughing clears the throat and lungs.
""")
SIMPLY = SHORTLY + ["Explain simply, in a sentence or two: {}", "{} Explain it to a child in two short sentences.",
                    "My 6 year old asks: {} Give me a short, simple answer.",
                    "{} Explain like I'm five, in one sentence."]

MEANINGS = table("""
photosynthesis | plant & light/sun*/energy | Photosynthesis is how plants turn sunlight into food.
a mortgage | loan/borrow*/lend* & house/home/property/real estate | It is a loan used to buy a house.
an algorithm | step/instruction/procedure/rule/process | An algorithm is a list of steps to solve a problem.
gravity | force/pull*/attract* | Gravity is the force that pulls things together.
democracy | people/vote*/citizen/elect* | It is a government in which the people vote.
a budget | money/spend*/income/expens*/financ* | A budget is a plan for your money.
inflation | price/cost/purchasing/money | Inflation is a general rise in prices.
a metaphor | compar*/figure of speech/figurative/like | It is a comparison that calls one thing another.
an ecosystem | living/organism/animal/plant/environment* | It is a community of living things and where they live.
a password | secret/access*/secur*/login/log in/protect*/account | A secret word that gives you access to an account.
friendship | bond/trust/care/relationship/people/support*/connection | \
A bond of trust between people who care for each other.
empathy | feel*/understand*/emotion* | Empathy is understanding how others feel.
courage | fear/brave*/danger/difficult*/face | Courage is acting in spite of fear.
a volcano | lava/magma/erupt* | It is a mountain from which lava can erupt.
a planet | orbit*/star/sun/celestial/body | A planet is a large body that orbits a star.
a desert | dry/arid/rain*/sand*/water | A desert is a very dry area with little rain.
an island | water/sea/ocean/surround* & land | An island is land with water all around it.
a peninsula | water & land | It is land with water on three sides.
a novel | book/story/fiction*/narrative/prose | A novel is a long book that tells a story.
a vegetarian | meat/plant | Someone who does not eat meat.
a dictionary | word/meaning/definition | A book that explains the meaning of words.
an adjective | describ*/noun/modif* | It is a word that describes a noun.
a verb | action/word/state/doing | A verb is a word for an action.
a virus | infect*/disease/sick*/cell/malicious/pathogen/ill* | A virus is a tiny germ that makes you sick.
an antibiotic | bacteria*/infection/medicine/drug | It is a medicine that kills bacteria.
a vitamin | nutri*/body/health*/substance/food/organic | A vitamin is a nutrient that the body needs.
oxygen | gas/breath*/air/element | Oxygen is a gas in the air that we breathe.
a salary | pay*/money/paid/wage/earn*/employ*/work | It is the money paid to you for your job.
a tax | government/pay*/money | A tax is money people pay to the government.
insurance | protect*/pay*/loss*/risk/cover*/financ* | You pay a company, and it covers your losses.
a refund | money/return*/pay*/back | A refund is money given back to a customer.
an entrepreneur | business*/company/start*/risk | A person who starts a business.
a software bug | error/mistake/fault/flaw/problem/defect/issue | It is an error in a program.
a web browser | website/internet/software/program/application/page | A program used to view pages on the internet.
a backup (on a computer) | copy/copies/data/file/stor*/sav* | It is a copy of your files kept somewhere safe.
a database | data/information/stor*/collection/organi* | A database is an organised collection of data.
the cloud in computing | internet/server/stor*/remote/online/data | It means servers you use over the internet.
climate change | temperature/weather/warm*/global/greenhouse/long-term | \
It is the long-term shift in global temperatures.
evolution | species/time/change/adapt*/organism/generation | It is how species change over many generations.
a mammal | milk/warm-blooded/animal/fur/hair | A mammal is an animal that feeds its young milk.
a reptile | cold-blooded/scale*/animal/snake/lizard/egg | A cold-blooded animal with scales, such as a snake.
an orphan | parent/child*/mother/father/famil* | A child whose parents have died.
a surgeon | doctor/operat*/surgery/surgeries/surgical/medical | A doctor who performs operations.
a recipe | cook*/ingredient/instruction/dish/food/prepar* | It tells you the ingredients and steps for a dish.
a sculpture | art*/stone/three-dimension*/carv*/statue/3d/clay | It is a work of art made from stone, wood or metal.
an orchestra | music*/instrument/violin | A large group that plays music together.
a museum | art*/histor*/display/exhibit*/collection/object | A place that shows art or historic objects.
a library | book/read*/borrow* | A library is a place where you can borrow books.
patience | wait*/calm*/toleran*/frustrat*/delay/endur* | Patience means waiting calmly.
honesty | truth*/lie/lying/sincer*/trust* | Honesty means telling the truth.
nostalgia | past/memor*/long*/sentimental | It is a warm longing for the past.
jealousy | envy/want*/feel*/emotion/someone else/insecur*/fear | The bad feeling of wanting what another has.
a nightmare | dream/scary/frighten*/sleep*/bad | A bad or scary dream.
a rumor | story/unverified/true/gossip/information/spread* | A story that spreads without proof that it is true.
a compass | direction/north/navigat*/magnet* | A tool with a needle that points north.
a telescope | star/distan*/far*/observ*/space/instrument | An instrument for looking at distant stars.
breakfast | meal/morning/food/eat* | The first meal of the day, eaten in the morning.
a hurricane | storm/wind/tropical | A very strong storm with high winds.
""")
DEFINE = ["What is {}? One sentence.", "In one sentence, what is {}?", "Define {} briefly.",
          "what is {}? keep it short",
          "What does {} mean? Answer in a sentence or two.", "Give me a short definition of {}.",
          "~short definition of {}",
          "Explain in a few words what {} is.", "Could you briefly tell me what {} is?",
          "what's {} in simple words? 1 sentence",
          "Hi, how would you define {} in one short sentence?", "I keep hearing about {}. What is it, in brief?"]

LIKE = table("""
Describe a beach. | sand*/sea/ocean/wave/water/shore | A beach has soft sand, and waves roll in from the sea.
What is a giraffe like? | neck/tall*/spot*/long/africa* | A giraffe is very tall, with a long neck and spots.
What do bees do all day? | honey/pollen/pollinat*/nectar/flower/hive | They visit flowers and make honey.
Describe a forest. | tree/green/leaves/leaf/animal/wood | It is full of tall trees and birdsong.
Describe a snowy day. | white/cold/snowflake/blanket*/ground/winter | Everything is white, cold and quiet.
What does an elephant look like? | trunk/big/large/gray/grey/ear/tusk/huge | \
It is huge and gray, with a trunk and big ears.
Describe a lion. | mane/king/big cat/predator/roar*/cat/golden/strong/powerful | A lion is a big cat with a golden mane.
What does a lemon taste like? | sour/tart/acid*/tangy/bitter/citrus* | It tastes very sour.
Describe the taste of honey. | sweet* | It is sweet and sticky.
What is a penguin like? | bird/black/white/swim*/flightless/antarctic*/waddl* | A black and white bird that swims well.
Describe a sunset. | sky/orange/red/color*/colour*/horizon/pink | The sky turns orange and red.
What do teachers do? | student/teach/school/class*/learn*/educat*/kid/children | They help students learn at school.
What do firefighters do? | fire/rescu*/sav*/emergenc*/people | They put out fires and rescue people.
What does a farmer do? | crop/animal/grow*/land/food/plant/livestock | A farmer grows crops and raises animals.
Describe a typical kitchen. | cook*/stove/sink/oven/fridge/refrigerator/food/table/cabinet | \
It has a stove, a sink and a fridge.
What is winter like? | cold*/snow*/ice/icy/short/freez* | It is cold, with short days and snow.
Describe summer. | hot*/warm*/sun*/heat/beach | Summer is hot and sunny.
What do dolphins look like? | fin/gray/grey/smooth/tail/sleek/nose/beak/snout | \
Smooth and gray, with a fin and a long nose.
Describe a castle. | wall/tower/stone/fortress/moat/king*/medieval | It has thick stone walls and high towers.
What is a pizza? | dough/cheese/tomato*/italian/topping/crust/bread | Flat dough baked with tomato and cheese.
Describe a tiger. | stripe*/orange/cat/predator/powerful/black | A big orange cat with black stripes.
What does a doctor do? | patient/sick/ill*/treat*/health*/diagnos*/medic* | A doctor treats sick people.
Describe a busy city street. | car/people/noise/noisy/traffic/building/pedestrian/sound/shop* | \
Cars honk and people hurry past shops.
Describe a thunderstorm. | rain/lightning/dark*/cloud/wind/flash* | Dark clouds, heavy rain and flashes of lightning.
What is a cactus like? | spine/spiky/spike/desert/thorn*/prickl*/green/needle | A green desert plant with spines.
Describe an apple. | red/green/round/fruit/sweet/crisp/juicy | It is a round, red or green, crisp fruit.
What does coffee taste like? | bitter/rich/roast*/strong/bold/nutty/earthy | It is bitter, strong and rich.
Describe a kitten. | small/soft/fur*/cute/fluffy/playful/tiny/cat/adorable | It is small, soft and playful.
What does a snake look like? | long/scale*/leg*/thin/slither*/slender | Long and thin, with scales and no legs.
Describe the ocean. | water/blue/wave/vast/deep/salt*/fish | It is deep, blue and vast.
What is an owl like? | night/nocturnal/eye/bird/hoot*/feather*/prey | A bird that hunts at night with big eyes.
What do pilots do? | plane/fly/aircraft/airplane/flight/flies | They fly planes for a living.
Describe a bicycle. | wheel/pedal*/two/handlebar/ride*/chain | It has two wheels, pedals and handlebars.
What's a frog like? | jump*/green/amphibian/water/hop*/leg/pond/skin | A small green animal that jumps.
Describe a mountain. | high/tall/peak/rock*/snow*/steep/summit/land* | It is high and steep with a rocky peak.
What do librarians do? | book/library/libraries/information/read* | They look after books and help readers.
What does a nurse do? | patient/care/hospital/doctor/medic*/health* | A nurse cares for patients.
Describe a garden in spring. | flower*/bloom*/green/blossom*/tulip/bird | Flowers bloom and everything is green.
What does a rose look like? | petal/red/thorn/flower/pink/stem | It has soft red petals and thorns.
What is chocolate like? | sweet*/cocoa/brown/dark/creamy/rich/bitter/milk | It is sweet, brown and creamy.
Describe a rainy day. | wet/gray/grey/cloud*/umbrella/puddle/drop*/water/wind* | \
It is gray and wet, with puddles everywhere.
What does a zebra look like? | stripe*/black/white/horse | Like a horse with black and white stripes.
What is a kangaroo like? | hop*/jump*/pouch/austral*/leg/tail | It hops and carries its baby in a pouch.
Describe an old man. | gray/grey/white/hair/wrinkle*/beard/wise/face/cane | He has white hair and a wrinkled face.
What does a baker do? | bread/bake/cake/pastr*/dough | A baker makes bread and cakes.
What's a library like? | book/quiet/read*/shel*/silent/silence | It is quiet and full of books.
Describe a polar bear. | white/fur/arctic/large/big/ice/cold/thick | A large white animal of the Arctic.
Describe the moon. | round/night/crater/gray/grey/white/earth/satellite/bright/celestial/sky | \
A round gray ball with craters.
What does ice cream taste like? | sweet*/cold/creamy/vanilla/smooth/rich | It is sweet, cold and creamy.
What do astronauts do? | space/rocket/station/experiment/research/explor* | They travel to space and do experiments.
Describe a birthday party. | cake/balloon/friend/gift/present/candle/celebrat*/fun/music | \
Friends, balloons, a cake and presents.
What is a bat (the animal) like? | night/nocturnal/wing/fly/flying/mammal/cave | \
A flying mammal that is active at night.
What does a police officer do? | law/crime/protect*/safe*/arrest*/communit*/enforce* | \
An officer protects people and enforces the law.
Describe a desert. | sand*/dry/hot/arid/dune/barren/water | It is hot, dry and sandy.
What is jazz music like? | improvis*/saxophone/rhythm*/swing*/trumpet/blues/lively/smooth/syncopat* | \
It swings and is full of improvisation.
Describe a parrot. | color*/colour*/bird/feather*/talk*/beak/bright/green | A colorful bird that can learn to talk.
Describe a fox. | red*/tail/orange/sly/clever/bushy/fur/small/animal/dog | \
A small clever animal with red fur and a bushy tail.
""")
DESCRIBED = SHORTLY + ["{} One sentence is fine.", "{} Two sentences at most.", "{} Use just a few words."]

DIFFERENCES = table("""
a lake | a river | flow*/moving/move/still/surround*/stand*/body | A lake is still, while a river flows.
cats | dogs | independen*/loyal/social/bark*/meow*/pack/train*/affection*/walk* | \
Dogs are loyal and need walks; cats are independent.
a car | a bicycle | engine/motor*/pedal*/wheel/fuel/human/faster | A car has an engine, while a bicycle has pedals.
tea | coffee | leaf/leaves/bean/caffeine/bitter/strong* | Tea is made from leaves and coffee from beans.
the sun | the moon | star/light/hot/satellite/reflect*/orbit*/day/night | \
The sun is a star; the moon reflects its light.
a frog | a toad | skin/smooth/dry/moist/wart*/leg/bump* | A frog has smooth, moist skin, and a toad has dry, bumpy skin.
summer | winter | cold*/hot*/warm*/snow*/temperature/sun* | Summer is hot and winter is cold.
a fruit | a vegetable | seed/sweet*/root/flower*/leaf/leaves/stem/plant | \
A fruit has seeds; a vegetable is a root, stem or leaf.
a village | a city | small*/large*/big*/population/people/rural/urban | A village is small and a city is large.
a mouse | a rat | small*/large*/big*/tail/size | A mouse is smaller than a rat.
a crocodile | an alligator | snout/teeth/jaw/v-shape*/u-shape*/saltwater/freshwater/wide*/narrow* | \
A crocodile has a narrow snout, an alligator a wide one.
ice | water | solid/liquid/frozen/freez* | Ice is solid and water is liquid.
a piano | a guitar | string*/key*/pluck*/strum* | A piano has keys, and you pluck the strings of a guitar.
a book | a movie | read*/watch*/visual*/screen/page/written/film/text | You read a book and watch a movie.
an email | a letter | paper/electronic*/digital*/internet/post*/computer/instant*/fast*/mail* | \
An email is electronic; a letter is on paper.
a laptop | a desktop computer | portable/portability/carry/carried/small*/battery/move/mobile | \
A laptop is portable; a desktop stays in place.
a sheep | a goat | wool/horn/beard/graz*/hair/fur/coat | A sheep has wool and a goat has hair and a beard.
a horse | a donkey | ear/small*/large*/big*/fast*/strong*/size | A horse is larger; a donkey has longer ears.
a butterfly | a moth | night/nocturnal/day*/antenna*/color*/colour*/wing | A butterfly flies by day and a moth at night.
butter | margarine | milk/cream/vegetable/oil*/dairy/plant | Butter comes from cream, margarine from vegetable oil.
jam | honey | bee/fruit/sugar/nectar | Jam is made from fruit, and honey by bees.
a chair | a sofa | one person/people/long*/large*/big*/comfort*/single/more/cushion*/back* | \
A chair seats one person; a sofa seats more people.
a bus | a train | rail/track/road | A bus drives on roads, and a train runs on rails.
a violin | a cello | small*/large*/big*/shoulder/low*/high*/deep*/size/pitch* | A violin is smaller than a cello.
football | basketball | hand/foot/feet/kick*/hoop/goal/dribbl*/court/throw* | \
Football is played with the feet, basketball with the hands.
gold | silver | yellow/white/expensive/valuable/color*/colour*/price/rare*/precious | \
Gold is yellow and more expensive than silver.
a doctor | a nurse | diagnos*/treat*/prescri*/care/patient/medic* | A doctor diagnoses and a nurse cares for patients.
a wolf | a dog | wild/domestic*/pet/tame* | A wolf is wild and a dog is domesticated.
the morning | the evening | start/end/begin*/early/late*/sun*/noon/day | \
Morning is the start of the day, and evening its end.
a whale | a shark | mammal/fish/lung/gill/air | A whale is a mammal and a shark is a fish.
breakfast | dinner | morning/evening/night/first/last/end | Breakfast is eaten in the morning, dinner in the evening.
an ocean | a sea | large*/small*/big*/land/vast/size/deep* | An ocean is larger than a sea.
a hill | a mountain | high*/tall*/steep*/small*/low*/elevation/large*/big*/peak | A mountain is higher than a hill.
a spider | an insect | leg/eight/six/arachnid/wing | A spider has eight legs, an insect six.
a bird | a bat | feather/mammal/egg/nocturnal/night | A bird has feathers, while a bat is a mammal.
a road | a path | car/vehicle/wide*/narrow*/walk*/pave*/foot | A road is for cars and a path is for walking.
renting a home | buying a home | own*/landlord/monthly/mortgage/pay*/temporary/money | \
When buying you own it; renting means paying a landlord.
a duck | a swan | neck/large*/big*/small*/white/long* | A swan is larger than a duck and has a long neck.
a pen | a pencil | ink/lead/graphite/eras* | A pen uses ink, and a pencil graphite.
a turtle | a tortoise | water/land/sea/aquatic/swim* | A turtle lives in water, a tortoise on land.
milk | cheese | liquid/solid/ferment*/made/curd*/drink | Milk is a liquid, and cheese is made from it.
a star | a planet | light/orbit*/hot/nuclear/fusion/gas* | A star makes light; a planet orbits it.
a teacher | a student | learn*/teach/knowledge/instruct*/class* | A teacher gives lessons so that a student can learn.
wine | beer | grape/barley/grain/hop/ferment*/alcohol | Wine is made from grapes and beer from grain.
a shirt | a jacket | warm*/outer*/over/button*/thick*/cold/sleeve* | A jacket is worn over a shirt for warmth.
rain | snow | frozen/liquid/cold*/ice/freez*/flake/solid/crystal | Rain is liquid and snow is frozen.
a poem | a story | rhym*/verse/line/plot/character/prose/narrative/rhythm | A poem has verses; a story has a plot.
a king | a president | elect*/inherit*/monarch*/vote*/throne/born/hered* | \
A king inherits the throne; a president is elected.
a clock | a watch | wrist/wall/worn/wear/portable/small* | A watch is worn on the wrist; a clock hangs on a wall.
an apple | an orange | citrus/peel/red/juic*/crisp/sweet*/color*/colour*/skin | \
An orange is a citrus fruit, while an apple is crisp.
a boat | a ship | large*/big*/small*/size | A ship is larger than a boat.
a rabbit | a hare | ear/burrow*/large*/big*/small*/leg/fast*/born/long* | \
A hare is bigger than a rabbit, with longer ears.
a painting | a photograph | painted/brush*/camera/canvas/artist/capture*/lens/film/hand | \
A painting is made with a brush, a photograph with a camera.
a hotel | a hostel | share*/cheap*/room/dorm*/private/budget/expensive/service | \
A hostel has shared rooms and is cheaper than a hotel.
plants | animals | photosynthesis/move/eat*/sun*/root/food/light | Plants make food from sunlight; animals must eat.
knife | spoon | cut/blade/sharp/scoop*/liquid/soup/stir*/bowl | A knife cuts and a spoon scoops.
a carpet | a rug | small*/large*/floor/cover*/wall/whole/room/move*/size | \
A carpet covers the whole floor; a rug is smaller.
""")
COMPARE = ["What is the difference between {} and {}? One sentence.", "whats the difference between {} and {}, briefly",
           "In one or two sentences: how do {} and {} differ?", "How is {1} different from {0}? Keep it short.",
           "Compare {} and {} in one sentence.", "Briefly, {} vs {}: what's the difference?",
           "Name one difference between {} and {}.", "Please explain shortly what sets {} and {} apart.",
           "can you tell me one way {} and {} are different? short answer",
           "{} or {} - how do I tell them apart, in brief?",
           "Give me one main difference between {} and {}, just a sentence."]


def rows_kind(rows, phrasings):
    return lambda rng: open_questions(rng, rows, phrasings)


def compare_things(rng):
    asked = ways(rng, COMPARE)
    for i, (a, b, keys, right) in enumerate(DIFFERENCES):
        named = [noun(one) + "*" for one in (a, b)]
        check = both(*(mentions(name) for name in named), mentions(keys), shape(min_words=5), NO_REFUSAL)
        wrong = DIFFERENCES[i - 1][3] if i % 2 else f"{a} and {b} are both very nice.".capitalize()
        yield Question(next(asked).format(a, b), check, right, wrong)


def noun(name):
    """What must be named of `a desktop computer` is `desktop`: all but an article, without an end that changes."""
    words = name.split(" ")
    words = words[1:] if words[0] in ("a", "an", "the") else words
    return words[0] if words[0] == "bus" else words[0].removesuffix("s").removesuffix("y")


KINDS = {"explain-simply": rows_kind(WHY, SIMPLY), "definitions": rows_kind(MEANINGS, DEFINE),
         "describe": rows_kind(LIKE, DESCRIBED), "compare-things": compare_things}
