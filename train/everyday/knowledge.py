"""What nearly everybody knows: everyday facts, yes or no, famous things, and what things are for.

A line of a table is `question | keys (see gist.py) or yes or no | right answer`.
"""

from gist import NO_REFUSAL, open_questions, put
from question import Question, any_of, both, label, matches
from wording import table, ways

COMMON = table("""
What color is grass? | green | Grass is green.
How many legs does a spider have? | eight/8 | A spider has eight legs.
Which animal barks? | dog | A dog barks.
Where do fish live? | water/ocean/sea/river/lake/aquatic | Fish live in water.
What do we use an umbrella for? | rain*/dry/wet/sun* | To stay dry in the rain.
What color is a ripe banana? | yellow | It is yellow.
What color is snow? | white | Snow is white.
How many days are in a week? | seven/7 | There are seven days.
How many months does a year have? | twelve/12 | A year has 12 months.
Which animal says meow? | cat/kitten/feline | The cat.
Which animal gives us milk? | cow/goat/cattle/sheep | Cows give us milk.
What do cows eat? | grass*/hay/plant/grain | Cows eat grass and hay.
What do you see with? | eye | You see with your eyes.
What do we hear with? | ear | With our ears.
What do we smell with? | nose/nostril | We smell with the nose.
How many fingers are on one hand? | five/5 | Five, with the thumb.
How many wheels does a car have? | four/4 | A car has four wheels.
How many legs does a dog have? | four/4 | A dog has 4 legs.
What season comes after winter? | spring | Spring comes after winter.
Which day comes after Monday? | tuesday | It's Tuesday.
Which month comes after March? | april | April.
What is the first month of the year? | january | January is the first month.
What is the first letter of the alphabet? | a | It is **A**.
What number comes after nine? | ten/10 | Ten comes after nine.
What do bees make? | honey | They make honey.
What do chickens lay? | egg | Chickens lay eggs.
What is a baby dog called? | pup/puppy/puppies | It is called a puppy.
What is a baby cat called? | kitten/kitty/kit | A kitten.
What do birds have that helps them fly? | wing/feather | They have wings.
What falls from the sky when it rains? | water/raindrop/drop | Water drops fall.
What is frozen water called? | ice | It's called ice.
What shines in the sky during the day? | sun | The sun.
What can we see in the sky at night? | star/moon/planet | The moon and the stars.
What color do you get if you mix blue and yellow? | green | You get green.
What color is the sky on a clear day? | blue | It's blue.
What color is a strawberry? | red | A strawberry is red.
What is bread made from? | flour/wheat/dough/grain | Mostly flour and water.
What is cheese made from? | milk/cream/curd | It is made from milk.
Which animal has a trunk? | elephant | The elephant has a trunk.
Which animal has a very long neck? | giraffe | The giraffe.
What animal has black and white stripes? | zebra/badger/skunk | That's the zebra.
Which animal hops and carries its baby in a pouch? | kangaroo/wallab*/wallaby | A kangaroo.
What do we put on our feet before shoes? | sock/stocking | Socks.
What do you wear on your head when it is cold? | hat/cap/beanie/scarf/hood | A warm hat.
Where do you sleep at night? | bed/bedroom/home | In a bed.
What do you brush your teeth with? | toothbrush*/toothpaste | With a toothbrush.
What do you use to cut paper? | scissor/knife/cutter/blade | You use scissors.
What do you write with? | pen/pencil/keyboard/ink | With a pen or a pencil.
What tells you what time it is? | clock/watch/phone | A clock tells you the time.
What do people eat soup with? | spoon | With a spoon.
What does a clown wear on his nose? | red/ball | A red ball.
What meal do people eat in the morning? | breakfast | Breakfast.
What is the opposite of up? | down | The opposite is down.
What is the opposite of big? | small/little/tiny | Small.
What do plants need to grow? | water/sun*/light/soil/nutrient/air | They need water and light.
What do you call your mother's mother? | grand*/granny/nana | She is your grandmother.
How many minutes are in an hour? | sixty/60 | There are 60 minutes.
How many eyes do people have? | two/2 | We have two eyes.
What sport uses a ball and a bat? | baseball/cricket/softball/rounders | Baseball does.
What vehicle flies in the sky? | plane/airplane/aeroplane/helicopter/aircraft/jet/drone/balloon | An airplane.
What do you drink when you are thirsty? | water/juice/liquid/tea/fluid | Most people drink water.
What grows on an apple tree? | apples/fruit/leaves/blossom* | Apples.
What animal do people ride on? | horse/camel/donkey/elephant/pony | They ride horses.
What do we call a person who is learning at school? | student/pupil/learner | A student or pupil.
""")
COMMONLY = ["{}", "{}", "~{}", "{} Just the answer, please.", "{} Answer in a few words.", "Hey! {}",
            "{} Keep it short.",
            "Easy one: {}", "My little son asks: {}", "{} One short sentence.", "Can you tell me: {}", "{} Thanks!",
            "~quick question: {}"]

YES_NO = table("""
Is the sun a star? | yes | The sun is a star.
Can fish breathe under water? | yes | Fish can breathe under water.
Is ice cold? | yes | Ice is cold.
Do dogs have four legs? | yes | Dogs have four legs.
Is Paris in France? | yes | Paris is in France.
Is water wet? | yes | Water is wet.
Are bananas a fruit? | yes | Bananas are a fruit.
Is a rose a flower? | yes | A rose is a flower.
Do birds lay eggs? | yes | Birds lay eggs.
Is the Earth round? | yes | The Earth is round.
Do cows give milk? | yes | Cows give milk.
Is a whale a mammal? | yes | A whale is a mammal.
Is gold a metal? | yes | Gold is a metal.
Does a triangle have three sides? | yes | A triangle has three sides.
Is Japan in Asia? | yes | Japan is in Asia.
Is Egypt in Africa? | yes | Egypt is in Africa.
Do plants need light? | yes | Plants need light.
Is honey made by bees? | yes | Honey is made by bees.
Is the Pacific an ocean? | yes | The Pacific is an ocean.
Can penguins swim? | yes | Penguins can swim.
Is sugar sweet? | yes | Sugar is sweet.
Do humans need oxygen? | yes | Humans need oxygen.
Is January a winter month in Canada? | yes | January is a winter month in Canada.
Is bread made with flour? | yes | Bread is made with flour.
Is a tomato red when ripe? | yes | A tomato is red when ripe.
Does the moon orbit the Earth? | yes | The moon orbits the Earth.
Is Brazil in South America? | yes | Brazil is in South America.
Do cats have tails? | yes | Cats have tails.
Is chess a game? | yes | Chess is a game.
Did Shakespeare write plays? | yes | Shakespeare wrote plays.
Is a piano a musical instrument? | yes | A piano is a musical instrument.
Are there 24 hours in a day? | yes | There are 24 hours in a day.
Is a whale a fish? | no | A whale is not a fish.
Can pigs fly? | no | Pigs cannot fly.
Is the moon made of cheese? | no | The moon is not made of cheese.
Do snakes have legs? | no | Snakes do not have legs.
Is fire cold? | no | Fire is not cold.
Is London in Germany? | no | London is not in Germany.
Is a carrot an animal? | no | A carrot is not an animal.
Can a car swim across the ocean? | no | A car cannot swim.
Is a mouse bigger than an elephant? | no | A mouse is not bigger than an elephant.
Do fish have feathers? | no | Fish do not have feathers.
Is the sun cold? | no | The sun is not cold.
Are there ten days in a week? | no | There are not ten days in a week.
Is 5 bigger than 10? | no | 5 is not bigger than 10.
Can humans breathe under water without equipment? | no | Humans cannot breathe under water.
Is Africa a country? | no | Africa is not a country.
Do trees walk? | no | Trees do not walk.
Is Australia in Europe? | no | Australia is not in Europe.
Do cats bark? | no | Cats do not bark.
Is a spider an insect? | no | A spider is not an insect.
Is a stone alive? | no | A stone is not alive.
Does a square have five sides? | no | A square does not have five sides.
Is milk black? | no | Milk is not black.
Is grass usually blue? | no | Grass is not usually blue.
Do penguins live at the North Pole? | no | Penguins do not live at the North Pole.
Can you eat glass? | no | You cannot eat glass.
Does the sun rise in the west? | no | The sun does not rise in the west.
Is Spain in South America? | no | Spain is not in South America.
Is a violin a wind instrument? | no | A violin is not a wind instrument.
Did Albert Einstein walk on the moon? | no | Albert Einstein did not walk on the moon.
Is a potato a kind of meat? | no | A potato is not a kind of meat.
Does it snow in the Sahara every day? | no | It does not snow in the Sahara every day.
Are cars alive? | no | Cars are not alive.
""")
YES_OR_NO = ["{} Yes or no?", "{} Answer yes or no.", "~{}", "{} No or yes?", "{}", "{} Just say no or yes.",
             "Hi, quick one: {}",
             "{} One word: yes or no.", "{} Tell me in one sentence.", "~yes or no: {}",
             "My kid wants to know: {} No long answer please."]

FAMOUS = table("""
Who wrote Romeo and Juliet? | shakespeare | William Shakespeare wrote it.
Who wrote Hamlet? | shakespeare | It was written by William Shakespeare.
What is the capital city of France called? | paris | It is Paris.
Which is the largest ocean on Earth? | pacific | The Pacific Ocean.
Who was the first man on the moon? | armstrong | Neil Armstrong, in 1969.
Who painted the Mona Lisa? | vinci/leonardo | Leonardo da Vinci painted it.
What is the tallest mountain in the world? | everest | Mount Everest.
In which city is the Eiffel Tower? | paris | It stands in Paris.
In which city is the Statue of Liberty? | new york/nyc | It's in New York City.
In which country are the famous pyramids of Giza? | egypt | They are in Egypt.
Where is Big Ben? | london/england/uk/westminster | Big Ben is in London.
Where is the Colosseum? | rome/italy | In Rome, Italy.
Who wrote the Harry Potter books? | rowling | J. K. Rowling wrote them.
Who is Harry Potter's best friend with red hair? | ron/weasley | That's Ron Weasley.
Who came up with the theory of relativity? | einstein | Albert Einstein.
Who is famous for the law of gravity and a falling apple? | newton | Isaac Newton.
Who invented the light bulb, according to most school books? | edison/swan | Thomas Edison.
Who invented the telephone? | bell/meucci | Alexander Graham Bell.
Which brothers built the first airplane? | wright | The Wright brothers.
Who was the first president of the United States? | washington | George Washington.
Which US president ended slavery? | lincoln | Abraham Lincoln.
Who gave the "I have a dream" speech? | king/mlk | Martin Luther King Jr. gave it.
Which explorer reached America in 1492? | columbus | Christopher Columbus.
Which French emperor lost at Waterloo? | napoleon/bonaparte | Napoleon Bonaparte.
Which ship sank after hitting an iceberg in 1912? | titanic | The Titanic.
What is the longest wall in the world? | great wall/china | The Great Wall of China.
Which language do people speak in Spain? | spanish/castilian | They speak Spanish.
What is the capital city of Italy called? | rome/roma | Rome.
What is the capital city of Japan called? | tokyo | It is called Tokyo.
What is the capital city of Germany called? | berlin | Berlin.
Which city is known as the Big Apple? | new york/nyc | New York City.
What country is famous for kangaroos? | australia | Australia.
Which country has a red maple leaf on its flag? | canada | Canada does.
What country does pizza come from? | italy | It comes from Italy.
Where does sushi come from? | japan* | Sushi comes from Japan.
Which is the largest animal on Earth? | whale | The blue whale.
Which is the tallest animal in the world? | giraffe | The giraffe is the tallest.
Which animal is called the king of the jungle? | lion | The lion.
Which planet do we live on? | earth | We live on Earth.
Which planet is known as the Red Planet? | mars | Mars.
Which planet is the biggest one? | jupiter | Jupiter is the biggest.
Which star gives us light and heat? | sun | Our star is the Sun.
What is H2O better known as? | water | It's water.
Who painted The Starry Night? | gogh/vincent | Vincent van Gogh.
Which composer became deaf and wrote the Moonlight Sonata? | beethoven | Ludwig van Beethoven.
Which band were John Lennon and Paul McCartney in? | beatles | They were in the Beatles.
Who is known as the King of Pop? | jackson | Michael Jackson.
Who is called the King of Rock and Roll? | elvis/presley | Elvis Presley.
Which mouse did Walt Disney create? | mickey | Mickey Mouse.
Which detective lives at 221B Baker Street? | sherlock/holmes | Sherlock Holmes.
Which wooden boy's nose grows when he lies? | pinocchio | Pinocchio.
Who lost a glass slipper at the ball? | cinderella | Cinderella lost it.
Which superhero is really Clark Kent? | superman | Superman.
Which superhero is really Bruce Wayne? | batman/dark knight | Batman.
Which company makes the iPhone? | apple | Apple makes it.
Who founded Microsoft together with Paul Allen? | gates | Bill Gates.
Which holiday is on December 25? | christmas | Christmas.
On which holiday do children carve pumpkins and go trick-or-treating? | halloween | On Halloween.
Who brings children presents at Christmas? | santa/claus/father christmas/saint nicholas | Santa Claus.
Which sport is Pelé famous for? | football/soccer | Football (soccer).
What sport did Michael Jordan play? | basketball | He played basketball.
Which sport is played at Wimbledon? | tennis | Tennis.
Which river flows through Egypt? | nile | The Nile.
Which big rainforest is in Brazil? | amazon* | The Amazon rainforest.
Who sailed with the animals on an ark in the Bible? | noah | Noah did.
Which Indian leader was known for peaceful protest and called Mahatma? | gandhi* | Gandhi.
""")

USES = table("""
What is a hammer used for? | nail/hit*/pound*/driv*/strik*/build* | It is used to drive nails into wood.
Where do you buy bread? | baker*/store/supermarket/shop/market/grocer* | At a bakery or a supermarket.
Who repairs cars? | mechanic*/garage/technician | A mechanic does.
What do you use a broom for? | sweep*/clean*/dust/floor | For sweeping the floor.
What is a ladder for? | climb*/reach*/high*/height/up | It helps you climb up and reach high places.
Where can you borrow books? | librar* | At the library.
Who flies a plane? | pilot/captain/aviator | A pilot flies it.
What is a thermometer used for? | temperature/heat/fever/hot | To measure the temperature.
Where do you go when you are very sick? | doctor/hospital/clinic/emergency | To a doctor or the hospital.
Who puts out fires? | firefighter/fireman/firemen/fire department/fire brigade | Firefighters.
What is a fridge used for? | cold/food/cool*/fresh/store/chill*/preserv* | It keeps food cold and fresh.
Where do people watch movies? | cinema/theater/theatre/home/tv/television/netflix/online | At the cinema or at home.
Who takes care of sick animals? | vet/veterinar* | A vet.
What do you use soap for? | wash*/clean*/hygiene/germ/dirt | For washing your hands.
Where do planes land? | airport/runway/airfield | They land at an airport.
Who teaches children at school? | teacher/educator | A teacher.
What is a key used for? | lock*/unlock*/open*/door | It opens a lock.
Where do you keep your money safe? | bank/vault/account/wallet | In a bank.
Who cuts your hair? | hairdresser/barber/stylist/hairstylist | A hairdresser or barber.
What is a map for? | way/direction/navigat*/location/find*/place/route/travel*/area | It helps you find your way.
Where can I buy medicine? | pharmac*/drugstore/drug store/chemist/apothecary | At a pharmacy.
Who fixes broken water pipes? | plumber/plumbing | A plumber fixes them.
What do people use a camera for? | photo*/picture/image/capture*/film*/video/record* | To take pictures.
Where do trains stop? | station/platform/depot | At a train station.
Who bakes cakes for a living? | baker/pastry chef/confectioner/patissier | A baker.
What is a pillow for? | head/sleep*/neck/rest*/comfort* | You rest your head on it.
Where do lions live in the wild? | africa*/savann*/grassland/plain/asia/india | In the African savanna.
Who grows the food we eat? | farmer/grower/farm | Farmers do.
What do you use a knife for? | cut*/slic*/chop* | For cutting food.
Where do you put letters to send them? | mailbox/post*/mail box/letterbox/envelope/mail | In a mailbox.
Who delivers the mail? | postman/mailman/mail carrier/postal/post office/letter carrier/postwoman/courier/postmen | \
The mail carrier.
What is a clock used for? | time | It shows the time.
Where do you swim? | pool/sea/lake/ocean/river/beach | In a pool or a lake.
Who designs houses? | architect/designer | An architect.
What is a lamp used for? | light*/illuminat*/bright* | It gives light in the dark.
Where can you see paintings and statues? | museum/galler* | In a museum.
Who treats your teeth? | dentist/dental/orthodontist | The dentist.
What is an oven used for? | bak*/cook*/roast*/heat* | For baking and roasting.
Where do children go to learn? | school/classroom/kindergarten | They go to school.
Who helps a doctor in a hospital? | nurse/assistant/staff | Nurses do.
What's a wallet for? | money/card/cash/bill/coin | It holds money and cards.
Where does a king live? | palace/castle | In a palace or castle.
Who catches criminals? | police*/officer/detective/cop/law enforcement/sheriff/fbi | The police.
What do you do with a towel? | dry*/wipe* | You dry yourself with it.
Where do you park a car? | garage/parking*/lot/street/driveway/space | In a garage or a parking lot.
Who makes food in a restaurant? | chef/cook | The chef.
What is a pan used for? | cook*/fry*/bak*/heat*/saut* | It is used to fry food.
Where do you find shells and sand? | beach*/shore*/coast*/sea*/ocean | On the beach.
Who writes books? | author/writer/novelist | Authors write books.
What is a helmet for? | head/protect*/safe*/injur* | It protects your head.
Where do bees live? | hive/beehive/nest/colony/colonies | In a hive.
Who builds walls with bricks? | bricklayer/mason/builder/construction/worker | A bricklayer does.
What do you use a calculator for? | math*/number/calculation/calculate/add*/sum/arithmetic | \
To do math with big numbers.
Where do birds lay their eggs? | nest | In a nest.
Who sells meat? | butcher/grocer*/supermarket/store/shop/market | The butcher.
What is a sponge used for? | clean*/wash*/dish*/absorb*/wip*/scrub* | For washing the dishes.
Where do you wait for a bus? | stop/station/shelter/terminal | At the bus stop.
Who serves drinks and meals at a table? | waiter/waitress/server | A waiter.
What is a raincoat for? | dry/rain/wet/water/protect* | To stay dry outside.
Where do you look up the meaning of a word? | dictionar*/internet/online/google | In a dictionary.
Who drives a taxi? | driver/cabbie/cab driver | A taxi driver.
What do you use a needle and thread for? | sew*/stitch*/mend*/cloth*/fabric | For sewing.
Where do polar bears live? | arctic/north*/ice/alaska/canada | In the Arctic.
Who plays music on a stage? | musician/band/singer/performer/artist/orchestra/pianist | A musician.
""")


def short_facts(rows, phrasings):
    return lambda rng: open_questions(rng, rows, phrasings, min_words=1)


def yes_no_facts(rng):
    asked = ways(rng, YES_OR_NO)
    for i, (question, value, statement) in enumerate(YES_NO):
        said = r"^\W*" + statement.rstrip(".").replace("cannot", "can(?:not|['’]t)").replace(" not", "(?: not|n['’]t)")
        other = "no" if value == "yes" else "yes"
        check = both(any_of(label(value, ["yes", "no"]), matches(said)), NO_REFUSAL)
        right = [f"{value.capitalize()}.", f"**{value.capitalize()}.** {statement}", statement][i % 3]
        yield Question(put(next(asked), question), check, right, f"{other.capitalize()}, that is what I think.")


KINDS = {"common-knowledge": short_facts(COMMON, COMMONLY), "yes-no-facts": yes_no_facts,
         "famous-things": short_facts(FAMOUS, COMMONLY), "uses-and-places": short_facts(USES, COMMONLY)}
