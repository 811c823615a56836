"""The sentences and texts that rewriting.py asks to write otherwise."""

from wording import table

# `[|]` has what is given and what is right for it.
PAST = table("""
I [walk|walked] to school every day.
She [plays|played] tennis on Mondays.
We [eat|ate] dinner at seven.
He [goes|went] to the gym after work.
They [live|lived] in a small town.
The dog [barks|barked] at the postman.
I [am|was] very tired.
You [are|were] a good friend.
My father [drives|drove] a bus.
She [writes|wrote] long letters to her aunt.
The train [leaves|left] at noon.
I [have|had] a headache.
We [are watching|were watching/watched] a movie.
He [doesn't know|didn't know/did not know] the answer.
The children [sing|sang] a song.
She [can|could] swim very fast.
Anna [buys|bought] fresh bread at the market.
The wind [blows|blew] hard in the night.
I [think|thought] about you all the time.
The teacher [speaks|spoke] slowly.
They [take|took] the early train.
[Do you like|Did you like] the soup?
He [wears|wore] a blue hat.
The shop [opens|opened] at nine.
My sister [feels|felt] happy.
Paul [catches|caught] the ball with one hand.
He [tells|told] us a funny story.
We [don't have|didn't have/did not have] any milk.
The river [freezes|froze] in January.
""")
FUTURE = table("""
I [visit|will visit/am going to visit/'ll visit] my grandmother on Sunday.
She [works|will work/is going to work] in a bank.
We [went|will go/are going to go/are going] to the beach.
They [play|will play/are going to play] football in the park.
He [is|will be/is going to be] a doctor.
It [rains|will rain/is going to rain] all day.
I [bought|will buy/am going to buy/'ll buy] a new phone.
The film [starts|will start/is going to start] at eight.
My parents [are|will be/are going to be] at home.
Tom [has|will have/is going to have] a party.
We [don't go|won't go/will not go/are not going to go/aren't going to go] to school.
She [cooked|will cook/is going to cook] dinner for us.
The bus [stops|will stop/is going to stop] here.
I [can|will be able to/am going to be able to] see the sea from here.
He [wrote|will write/is going to write] a book about birds.
The children [slept|will sleep/are going to sleep] in the tent.
You [learn|will learn/are going to learn] a lot.
The doctor [calls|will call/is going to call] you back.
They [built|will build/are going to build] a new bridge.
Mia [ran|will run/is going to run] ten miles.
""")
PRESENT = table("""
I [worked|work/am working] in a hospital.
She [lived|lives/is living] in Rome.
They [were|are] happy.
He [had|has] two dogs.
We [drank|drink/are drinking] coffee in the garden.
The sun [shone|shines/is shining] brightly.
My uncle [taught|teaches/is teaching] history.
I [didn't like|don't like/do not like] fish.
The boy [read|reads/is reading] a comic.
It [was|is] cold outside.
You [will need|need] a warm coat.
She [will sing|sings/is singing] in the choir.
The cat [slept|sleeps/is sleeping] under the bed.
We [will have|have] enough time.
He [flew|flies/is flying] to Boston.
The shops [closed|close/are closing] early.
They [knew|know] the way.
I [will go|go/am going] by bike.
The baby [cried|cries/is crying] at night.
Sam [did|does/is doing] his homework.
The water [boiled|boils/is boiling] in the pot.
My friends [came|come/are coming] by train.
We [sold|sell/are selling] old books.
Nobody [spoke|speaks/is speaking] in the room.
""")

CONTRACTED = table("""
[I'm|I am] late for work.
[I don't|I do not] know his name.
[She's|She is] my sister.
[We can't|We cannot/We can not] come on Friday.
[It's|It is] a nice day.
[They won't|They will not] answer the phone.
[You shouldn't|You should not] smoke here.
[He didn't|He did not] pay the bill.
[We've|We have] got your order.
[I'll|I will] call you tomorrow.
[They're|They are] not at home.
[I wouldn't|I would not] buy that car.
[That's|That is] a good idea.
[You haven't|You have not] signed the form.
[Let's|Let us] begin with the first point.
[The shop isn't|The shop is not] open today.
[We're|We are] very sorry.
[He couldn't|He could not] find the key.
[You'll|You will] get a refund.
[There's|There is] a problem with the bill.
""")

# Text; what a rewritten one keeps; what it has no more; a right answer.
TO_FORMAL = table("""
Hey Tom, gonna be late for the meeting on Monday, sorry! | Monday;meeting | gonna;hey | Dear Tom, I apologize, but I \
will be late for the meeting on Monday.
hi, can u send me the report asap? | report/document | asap;u | Could you please send me the report as soon as possible?
Yo, the printer on floor 3 is busted again. | printer | yo;busted | Hello, the printer on floor 3 is out of order again.
Thanks a bunch for the cool gift, Maria! | Maria;gift/present | cool;thanks a bunch | Dear Maria, thank you very much \
for the lovely gift.
I wanna return these shoes, they suck. | shoes | wanna;suck | I would like to return these shoes, as I am not \
satisfied with them.
What's up Mr. Brown, got a sec to talk about my grade? | Brown;grade | what's up;got a sec | Dear Mr. Brown, would you \
have a moment to discuss my grade?
Dude, your invoice 204 is totally wrong. | 204 | dude;totally | Dear Sir, there appears to be an error in invoice 204.
We're kinda busy this week, so no can do till Friday. | Friday | kinda;no can do | We are rather busy this week and \
will not be available until Friday.
The kids had a blast at the museum. | museum | had a blast | The children greatly enjoyed their visit to the museum.
Gimme a call when you get the contract. | contract/agreement;call/contact/phone/reach/notify/inform | gimme | Please \
call me when you receive the contract.
lol the boss totally freaked out about the budget | budget | lol;freaked out | The manager was very upset about the \
budget.
I'm super stoked to start the job on 2 May! | May;job/position/role/work | stoked;super | I am very pleased to begin \
the job on 2 May.
No way I'm paying 50 bucks for that room. | 50;room | bucks;no way | I am not willing to pay 50 dollars for that room.
Hey guys, don't forget the staff party on Thursday! | Thursday;party/gathering/event/celebration/function | hey;guys | \
Dear colleagues, please remember the staff party on Thursday.
My flight got messed up so I can't make it to the interview. | flight;interview | messed up;can't make it | Owing to a \
problem with my flight, I am unable to attend the interview.
Ya, the soup was yummy but the waiter was a jerk. | soup;waiter | ya;yummy;jerk | The soup was delicious, but the \
waiter was impolite.
Pls drop the keys at the front desk, thx | keys/key;desk/reception | pls;thx | Please leave the keys at the front \
desk. Thank you.
This laptop is crap, I want my cash back. | laptop/computer/device | crap;cash back | I am dissatisfied with this \
laptop and would like a refund.
Sup Dr. Lee, gotta cancel my appointment tomorrow. | Lee;appointment;tomorrow | sup;gotta | Dear Dr. Lee, I must \
cancel my appointment tomorrow.
The show was awesome, but the tickets cost a ton. | tickets | awesome;a ton | The performance was excellent, but the \
tickets were expensive.
""")
TO_CASUAL = table("""
Dear Mr. Jones, I regret to inform you that I cannot attend the dinner on Friday. | dinner;Friday | regret to inform | \
Hey, sorry, I can't make it to dinner on Friday!
I would be most grateful if you could lend me your umbrella. | umbrella | most grateful | Hey, can I borrow your \
umbrella?
Please be advised that the office will be closed on Monday. | office;Monday | please be advised | Heads up, the office \
is closed on Monday.
We request your presence at the birthday celebration of our son Max. | Max/Max's;birthday/bday/b-day | request your \
presence | Come to Max's birthday party!
I wish to express my sincere gratitude for the chocolates. | chocolates/chocolate | sincere gratitude;wish to express \
| Thanks so much for the chocolates!
It is with great pleasure that I accept your invitation to the barbecue. | barbecue/bbq | with great pleasure | Sure, \
I'd love to come to the barbecue!
Kindly refrain from making noise after 10 o'clock. | noise/noisy/loud/quiet;10/ten/10pm | kindly;refrain | Please \
don't make noise after 10.
I am writing to inquire about the price of the bicycle. | bicycle/bike | am writing to inquire;inquire | Hi, how much \
is the bicycle?
Should you require assistance with the luggage, do not hesitate to contact me. | luggage/bags/baggage/suitcases/bag | \
should you require;do not hesitate | Just call me if you need a hand with the luggage.
The weather is exceedingly unpleasant; therefore I shall remain at home. | home/inside/indoors | exceedingly;shall \
| The weather is awful, so I'm staying home.
I must respectfully decline your offer to join the football team. | football/soccer | respectfully decline | Thanks, \
but I can't join the football team.
I would appreciate it if you could feed my cat during my absence. | cat | would appreciate it;absence | Can you feed \
my cat while I'm away?
It is imperative that we depart at six o'clock. | six/6/6am | imperative;depart | We've got to go at six.
We hereby notify you that your pizza has been dispatched. | pizza | hereby;dispatched | Your pizza is on its way!
""")

COMMANDS = table("""
Give me the report. | report | Could you please give me the report?
Open the window. | window | Would you mind opening the window, please?
Bring me a glass of water. | water | Could I please have a glass of water?
Send me the photos from the trip. | photos | Would you please send me the photos from the trip?
Turn down the music. | music | Could you turn down the music, please?
Tell me where the station is. | station | Excuse me, could you tell me where the station is?
Move your car. | car | Would you please move your car?
Sign this form today. | form | Could you please sign this form today?
Help me with these boxes. | boxes | Could you help me with these boxes, please?
Wait here until ten. | ten | Would you please wait here until ten?
Pass the salt. | salt | Could you pass the salt, please?
Stop talking during the film. | film | Would you please not talk during the film?
Reply to my email. | email | Could you please reply to my email?
Clean the kitchen. | kitchen | Could you please clean the kitchen?
Show me the room. | room | Would you please show me the room?
Take off your shoes. | shoes | Would you please take off your shoes?
Lend me ten dollars. | ten/10/$10 | Could you lend me ten dollars, please?
Repeat the question. | question | Could you please repeat the question?
I want the bill. | bill | May I have the bill, please?
""")

# Text; the most words; what it keeps; a right answer.
LONG = table("""
Due to the fact that it was raining very heavily, we made the decision to stay at home. | 10 | \
rain/raining/rained;home | It rained heavily, so we stayed home.
The meeting that was planned for Tuesday has been moved to Thursday because the manager is ill. | 10 | \
Thursday;meeting | The meeting is moved to Thursday.
I just wanted to let you know that I will not be able to come to your party because I have the flu. | 12 | party;flu | \
I can't come to your party because of the flu.
In my personal opinion, I think that the book was really very much better than the film. | 10 | book;film/movie | I \
think the book was better than the film.
At this point in time we do not have any rooms that are available for the coming weekend. | 9 | rooms/room;weekend | \
We have no rooms for the weekend.
The cat, which was black and had green eyes, was sleeping on the top of the warm roof of the house. | 10 | cat;roof | \
The black cat was sleeping on the roof.
Our shop, which opened in 1985, sells fresh bread, cakes and many kinds of cookies every day except Sunday. | 13 | \
bread | Our shop sells bread, cakes and cookies daily except Sunday.
If you have any questions at all, please do not hesitate to get in touch with us by phone or by email. | 8 | \
questions;contact/call/phone/email/ask/touch/reach | Contact us with any questions.
My grandmother, who is 90 years old, still goes for a swim in the lake every single morning before breakfast. | 12 | \
grandmother/grandma;lake/swims/swim | My 90-year-old grandmother swims in the lake every morning.
It is absolutely necessary that all of the visitors sign their names in the book when they arrive. | 8 | visitors;sign \
| All visitors must sign the book.
The bus was late this morning, and because of that I missed the first hour of my English class. | 12 | bus;class | The \
late bus made me miss English class.
There is a possibility that the football match will be cancelled on account of the snow. | 9 | match;snow | The match \
may be cancelled because of snow.
She went to the market in order to buy some apples, and then she came back and baked a cake. | 11 | apples/market;cake \
| She bought apples at the market and baked a cake.
We would like to ask all passengers to keep their bags with them at all times while in the station. | 9 | \
passengers;bags | Passengers must keep their bags with them.
The reason why I am calling you is that my new washing machine is making a very loud noise. | 9 | washing machine | My \
new washing machine is very loud.
Although he was extremely tired after the long flight, Marco went straight to the office to finish his work. | 11 | \
Marco;work/office | Tired after his flight, Marco still went to work.
A large number of people in our town are of the opinion that the park should have more trees. | 9 | park;trees | Many \
people want more trees in the park.
For the purpose of saving money, Julia takes her own lunch to work with her on a daily basis. | 10 | Julia;lunch | \
Julia brings her own lunch to save money.
The dog that lives next door to us barks all through the night, and as a result we can't sleep. | 10 | \
dog;sleep/barks/barking | The neighbor's barking dog keeps us awake.
I am writing this note to remind you that the rent must be paid by the fifth of the month. | 10 | rent | Please pay \
the rent by the fifth.
In the event that you lose your key, you will have to pay a fee of 20 dollars for another one. | 10 | key;20 | A lost \
key costs 20 dollars.
My brother is a person who always tells the truth, no matter how difficult that may be for him. | 8 | \
brother;truth/honest | My brother always tells the truth.
The museum is open from Tuesday to Sunday from ten to six, but on Mondays it stays closed all day. | 10 | museum | The \
museum is open Tuesday to Sunday, ten to six.
Please make sure that you do not forget to turn off all of the lights before you leave the room. | 9 | lights/light | \
Turn off the lights before you leave.
The hotel in which we stayed was located very close to the beach, and it had a pool that was heated. | 11 | \
hotel;beach/pool | Our hotel was near the beach and had a heated pool.
I am of the belief that children should not be allowed to watch television for more than one hour a day. | 12 | \
children/kids;hour | Children should watch at most one hour of television a day.
After he had looked for his glasses for a whole hour, he found out that they were on top of his own head. | 11 | \
glasses;head | After an hour he found his glasses on his head.
It would be a good idea for you to take an umbrella with you today, since it looks like it is going to rain. | 9 | \
umbrella | Take an umbrella, it may rain today.
The new phone has a camera that is really great, but the battery of the phone does not last very long at all. | 11 | \
camera;battery | The new phone has a great camera but weak battery.
There were about two hundred people who came to the concert that took place in the park on Saturday evening. | 11 | \
concert;200/two hundred/hundred/Saturday/park | Two hundred people came to Saturday's concert in the park.
The teacher told the class that there would be no homework at all because it was the last day before the holidays. | 9 \
| homework | No homework because of the holidays.
Because the oven in our kitchen is broken, we ordered two pizzas from the restaurant down the street. | 10 | \
pizzas/pizza | Our oven is broken, so we ordered pizza.
""")
NEWS = table("""
A fire broke out at a bakery in Leeds on Monday night. No one was hurt, but the building was badly damaged. Police are \
looking for the cause. | fire;bakery/Leeds | Fire damages bakery in Leeds
Scientists have found a new kind of frog in the forests of Peru. It is smaller than a coin and bright orange. | \
frog/frogs | Tiny orange frog found in Peru
The city council voted to close the old bridge for repairs. The work will start in June and take about two years. | \
bridge | Old bridge closing for repairs
A 12-year-old girl from Texas won the national chess title. She began to play when she was five years old. | chess | \
Girl, 12, wins chess title
Heavy snow stopped all trains in the north of the country on Sunday. Thousands of people had to spend the night in \
stations. | snow;trains/train | Heavy snow stops trains
A zoo in Berlin is happy about twin pandas. The two cubs were born last week and are doing well. | pandas/panda | Twin \
pandas born in Berlin zoo
The town library will be open at night from next month. Students had asked for more places to learn. | library | \
Library to open at night
A man found a wallet with 3,000 dollars on a bus and brought it to the police. The owner gave him a reward. | wallet | \
Man returns wallet with 3,000 dollars
After forty years, the popular restaurant "Luigi's" closes its doors. The owner says he wants to spend time with his \
family. | restaurant/Luigi's | Luigi's closes after forty years
A storm knocked down over a hundred trees in the park on Friday. The park stays closed until the paths are safe. | \
storm;park/trees | Storm fells trees in park
Farmers report the best apple harvest in twenty years. Warm days and enough rain helped the trees. | apple/apples | \
Best apple harvest in years
A school in Kenya got its first computers this week. A group of engineers had repaired old machines for it. | \
school;computers | Kenyan school gets first computers
A whale swam into the harbor on Saturday, and hundreds of people came to see it. Boats led it back to the sea in the \
evening. | whale | Whale visits harbor
A farmer in Ohio grew a pumpkin of more than a ton. He fed it with milk and sang to it each morning, he says. | \
pumpkin | Ohio farmer grows giant pumpkin
The bakery chain Krust calls back its nut cookies. Some bags may hold small pieces of glass. | cookies | Krust recalls \
nut cookies
A new train links the two biggest cities of the country in three hours. The first day was sold out within minutes. | \
train | New fast train links biggest cities
Two hikers who were lost in the hills for three days were found alive on Sunday. They had lived on berries and rain. | \
hikers | Lost hikers found alive
Bus drivers in the capital will strike on Wednesday. They want more pay and shorter shifts. | \
strike/strikes/striking;drivers/bus | Bus drivers to strike Wednesday
The airport will get a second runway. Neighbors are worried about the noise, but the airlines welcome the plan. | \
airport/runway | Airport to get second runway
A dog saved a family from a fire on Tuesday. It barked until everybody was awake and out of the house. | dog | Dog \
saves family from fire
The swimming pool in Elm Street opens again on Saturday after a year of repairs. Entry is free on the first day. | \
pool | Elm Street pool reopens Saturday
A bakery in Lyon made a loaf of bread 120 meters long. It took 18 bakers two days. | bread/loaf/bakery/bakers | Lyon \
bakery makes giant loaf
A couple who met in kindergarten married at the age of 80. All of their classmates still living came to the wedding. | \
couple/wedding/married/marry/sweethearts | Kindergarten couple marries at 80
The price of coffee has risen by a third this year, after bad harvests in Brazil. Many cafes now charge more for a \
cup. | coffee | Coffee prices up by a third
""")
STORIES = table("""
Lena wanted to bake a cake for her mother's birthday, but there were no eggs in the fridge. The shop was closed, so \
she asked her neighbor, who gave her six. The cake was a success, and the neighbor got the first slice. | cake | Lena \
baked a birthday cake with eggs from her neighbor.
Our trip to the mountains did not go as planned. First the car broke down, then it rained for three days, and in the \
end we lost the tent. Still, we laughed a lot, and we want to go again next year. | mountains/trip | Our mountain trip \
went badly, but we had fun.
Sleep is important for the body and the mind. Adults should sleep seven to nine hours each night. People who sleep too \
little get ill more often and find it hard to concentrate. | sleep | Adults need seven to nine hours of sleep to stay \
healthy.
Bees visit flowers to collect nectar, which they turn into honey. While they do this they carry pollen from flower to \
flower, so that plants can make seeds. Without bees, we would have far less fruit. | bees | Bees make honey and \
pollinate plants.
Mr. Novak has sold newspapers on the corner for thirty years. He knows every customer by name. Next week he retires, \
and the people of the street are planning a surprise party for him. | Novak | Mr. Novak retires after thirty years of \
selling newspapers.
The old lighthouse was built in 1860. For a hundred years a keeper lit the lamp every evening. Today the light is \
automatic, and visitors can climb the 199 steps to enjoy the view. | lighthouse | The 1860 lighthouse is now automatic \
and open to visitors.
Learning to play the piano takes patience. Beginners should practice a little every day rather than a lot once a week. \
A good teacher helps, but the most important thing is to enjoy it. | piano/practice | Practice the piano a little \
every day and enjoy it.
Tim left his backpack on the train on Tuesday. He called the lost property office, but nobody had found it. On Friday \
a woman rang his doorbell: she had seen his address in a book and brought it back. | backpack | A woman returned the \
backpack Tim left on the train.
The village of Elmdale has only one shop, and its owner wanted to close it. So the people of the village bought it \
together. Now each of them works there a few hours a month without pay, and the shop makes a profit. | shop | The \
people of Elmdale bought their only shop and now run it.
Drinking enough water helps you stay awake and prevents headaches. Most adults need about two liters a day, and more \
when it is hot. Tea and fruit count too, but sweet drinks are not a good choice. | water | Adults need about two \
liters of water daily to feel well.
Nina was afraid of dogs since one had bitten her as a child. Last year her sister got a puppy. At first Nina kept away \
from it, but little by little they became friends, and now she walks it every evening. | Nina;dog/dogs/puppy | Nina \
lost her fear of dogs thanks to her sister's puppy.
The first bicycles had no pedals; riders pushed themselves with their feet. Pedals came in the 1860s, and air-filled \
tires some twenty years later. Since then the bicycle has hardly changed. | bicycle/bicycles/bike/bikes | Bicycles \
gained pedals and tires in the 1800s and have hardly changed since.
Potatoes came to Europe from South America in the sixteenth century. At first people grew them only for their flowers. \
Later they became one of the most important foods on the continent. | potatoes/potato | Potatoes came from South \
America and became a key food in Europe.
We tested five vacuum cleaners. The cheapest one was the loudest, and the most expensive one was heavy. The best was \
the Airo 3, which is light and quiet and costs 150 dollars. | Airo | The light and quiet Airo 3 was the best vacuum \
cleaner.
""")
