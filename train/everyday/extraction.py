"""Short texts, such as mails, notices and receipts, and questions on what they say.

Each text comes with the bounds of its sums (see `sums`) and has slots: n1 is a person, m1 the mail address and p1
the phone number of n1, a1 a sum of money, d1 a date, e1 the mail address of an office, u1 a web site and s1 a street
address. A question is `kind | question | slot | other slots of this sort`; for a detail, which is as the text gives
it, `detail | question | answer / other spelling | wrong answer / another`.
"""

import datetime
import re

from compound import first_named, framed, put
from measures import MONTHS, date_said
from question import Question, both, shape

WOMEN = "Laura Priya Sofia Elena Amara Fatima Hannah Ingrid Mei Nadia Chloe Emily Carmen Aisha".split()
MEN = "Tom Daniel Marcus Kenji Oliver Lucas Diego Samuel Patrick Victor Rashid Jonas Felix Walter".split()
LAST = ("Simmons Reed Patel Novak Rossi Bell Petrova Tanaka Okafor Hughes Haddad Moreau Fischer Alvarez Larsen Cohen "
        "Chen Doyle Kaya Silva Dubois Khan Carter Weber Ortega Lindqvist Mensah Brandt").split()
HOSTS = ["example.com", "mailbox.org", "northpost.net", "greenhill.org", "bluefern.com", "citymail.net"]
DESKS = ["info", "contact", "office", "hello", "service", "team", "desk", "mail"]
SITES = ["sunnyfield.org", "bakehouse-mill.com", "harborfest.net", "oldtown-library.org", "fixit-now.com",
         "riverrun.club", "petpals.net", "lindenhof.com"]
STREETS = ["Maple Street", "Station Road", "Hillcrest Avenue", "Church Lane", "Park Row", "Linden Way", "Mill Street",
           "Harbor Drive"]

TEXTS = [
    ("a1=4100-6900 a2=7200-9800",
     "Hi {n1},\nthanks for the quote. We accept the price of ${a1} for the kitchen; the old offer of ${a2} "
     "was too much for us. Work can start on {d1} and should be done by {d2}. Please call my husband {n2} at "
     "{p1} if anything changes.\nBest,\n{n3}",
     ["name | Who wrote this mail? | n3 | n1 n2", "name | Who should be called if something changes? | n2 | n1 n3",
      "amount | What price did they accept? | a1 | a2", "date | When can the work begin? | d1 | d2",
      "date | By when should the work be finished? | d2 | d1", "contact | Which number should be called? | p1 | ",
      "detail | Which room is being renovated? | kitchen | bathroom",
      "detail | What is the relation of the person to call to the writer? | husband | brother / wife"]),
    ("a1=20-90",
     "LOST CAT! Grey cat with white paws, answers to Biscuit. Last seen on {d1} near {s1}. She wears a red "
     "collar. Reward: ${a1}. Call {n1} at {p1} or write to {m1}.",
     ["name | Who is looking for the cat? | n1 | n2", "amount | How much is the reward? | a1 | ",
      "date | When was the cat last seen? | d1 | ", "contact | What is the phone number on the poster? | p1 | ",
      "contact | To what mail address can I write? | m1 | ", "detail | What is the cat's name? | Biscuit | Whiskers",
      "detail | What color is the collar? | red | grey / white"]),
    ("a1=3-6 a2=1-3 a3=7.80+",
     "CORNER CAFE\n2 cappuccino   $7.80\n1 carrot cake   ${a1}\nTip   ${a2}\nTOTAL   ${a3}\nPaid by card on "
     "{d1}\nYou were served by {n1}\n{u1}",
     ["name | Who served the customer? | n1 | ", "amount | What is the total on this receipt? | a3 | a1 a2",
      "amount | How much was the cake? | a1 | a2 a3", "amount | How big was the tip? | a2 | a1 a3",
      "date | What's the date of the receipt? | d1 | ", "contact | Which website is on the receipt? | u1 | ",
      "detail | How was the bill paid? | card / by card | cash",
      "detail | What kind of cake did they have? | carrot | chocolate",
      "detail | How many cappuccinos were ordered? | 2 / two | 1 / one",
      "detail | What's the name of the cafe? | Corner / Corner Cafe | Blue Cup"]),
    ("",
     "Dear tenants, the water will be turned off on {d1} from 9 am to 1 pm because of repairs. The stairs "
     "will be painted on {d2}. For questions contact the caretaker, {n1} ({p1}), or the owner, {n2}.",
     ["name | What's the caretaker's name? | n1 | n2", "name | Who owns the house? | n2 | n1",
      "date | On which day is there no water? | d1 | d2", "date | When do the stairs get painted? | d2 | d1",
      "contact | How can I reach the caretaker by phone? | p1 | ",
      "detail | Until what time is the water off? | 1 pm / 1:00 pm / 13:00 / 1 p.m. | 9 am",
      "detail | Why is the water turned off? | repairs / repair / repaired | painting"]),
    ("a1=3-7 a2=0-2",
     "{n1} grew up in Leeds and studied chemistry. After eight years as a teacher she opened a bakery in York "
     "with her friend {n2}. Her bread won a prize on {d1}. A loaf costs ${a1}, a roll ${a2}. More on {u1}.",
     ["name | With whom did she open the bakery? | n2 | n1", "amount | What does a loaf cost? | a1 | a2",
      "amount | How much is a roll? | a2 | a1", "date | When did the bread win a prize? | d1 | ",
      "contact | What's the website? | u1 | ", "detail | In which city is the bakery? | York | Leeds",
      "detail | What did she study? | chemistry | baking",
      "detail | For how many years was she a teacher? | eight / 8 | ten / 10"]),
    ("a1=600-950 a2=150-480",
     "FOR SALE: mountain bike, 21 gears, green, two years old. New price was ${a1}, yours for ${a2}. Pick up "
     "at {s1} before {d1}. Ask for {n1}, phone {p1}. No trades please.",
     ["name | Who sells the bike? | n1 | ", "amount | How much does the seller want for the bike? | a2 | a1",
      "amount | What did the bike cost when it was new? | a1 | a2",
      "date | Before which date must it be picked up? | d1 | ", "contact | Where do I pick it up? | s1 | ",
      "contact | Which phone number do I call for the bike? | p1 | ",
      "detail | How many gears does it have? | 21 / twenty-one | 18",
      "detail | What color is the bike? | green | blue"]),
    ("",
     "Hello {n1}, your appointment with Dr. {n2} is on {d2} at 10:40. Please bring your insurance card. If "
     "you cannot come, call {p1} before {d1}.",
     ["name | Which doctor is the appointment with? | n2 | n1", "name | Who is the patient? | n1 | n2",
      "date | When is the appointment? | d2 | d1", "date | Until what date can one cancel? | d1 | d2",
      "contact | Which number do I call to cancel? | p1 | ",
      "detail | At what time is the appointment? | 10:40 | 10:00",
      "detail | What should the patient bring? | insurance card / insurance | passport"]),
    ("a1=3500-6000 a2=1200-2600 a3=180-690",
     "Team, the budget for the fair is ${a1}. {n1} books the stand (${a2}), {n2} orders the flyers (${a3}). "
     "We leave on {d1} and come back on {d2}. {n3} stays in the office and can be reached at {m3}.",
     ["name | Who orders the flyers? | n2 | n1 n3", "name | Who stays in the office? | n3 | n1 n2",
      "name | Who takes care of the stand? | n1 | n2 n3",
      "amount | How much money is there for the fair in all? | a1 | a2 a3",
      "amount | What do the flyers cost? | a3 | a1 a2", "date | When does the team come back? | d2 | d1",
      "contact | Which email address is given? | m3 | ",
      "detail | What event is the team going to? | fair | conference"]),
    ("a1=110-190 a2=8-20",
     "Review by {n1}: We stayed three nights at the Seaview Inn. The breakfast was superb, but the lift was "
     "broken. We paid ${a1} per night and ${a2} for parking. {n2} at the front desk was very kind. Booked on "
     "{u1}, arrived on {d1}.",
     ["name | Who wrote the review? | n1 | n2", "name | Who worked at the front desk? | n2 | n1",
      "amount | What was the price per night? | a1 | a2", "amount | How much did parking cost? | a2 | a1",
      "date | When did they arrive? | d1 | ", "contact | On which site did they book? | u1 | ",
      "detail | What was broken? | lift / elevator | breakfast / shower",
      "detail | How many nights did they stay? | three / 3 | 2 / two",
      "detail | What was the hotel called? | Seaview / Seaview Inn | Grand Hotel"]),
    ("",
     "Hey {n1}! Party at {n2}'s place on {d1}, {s1}, second floor. Bring a salad, {n3} makes the cake. Text "
     "{p1} if you get lost :)",
     ["name | Who makes the cake? | n3 | n1 n2", "name | At whose place is the party? | n2 | n1 n3",
      "date | When's the party? | d1 | ", "contact | What's the address of the party? | s1 | ",
      "contact | What number can I text? | p1 | ",
      "detail | What should the guest bring? | salad / a salad | cake / drinks",
      "detail | On which floor is the flat? | second / 2nd / 2 | third / first"]),
    ("a1=0-2 a2=5-12",
     "NOTICE: The library on {s1} is closed from {d1} to {d2} for a new roof. Books due in that time can be "
     "returned a week later. The fine for late books stays at ${a1} per day, lost cards cost ${a2}. "
     "Questions: {e1}",
     ["amount | What is the fine per day? | a1 | a2", "amount | How much is it to replace a lost card? | a2 | a1",
      "date | From which date is the library closed? | d1 | d2", "date | Until when is the library closed? | d2 | d1",
      "contact | Where is the library? | s1 | ", "contact | What's the email for questions? | e1 | ",
      "detail | Why is the library closed? | roof | holiday",
      "detail | How much later can the books be returned? | week / 7 days / seven days | month / day"]),
    ("a1=240-480 a2=110-220 a3=0+",
     "Invoice 2207\nTo: {n1}\nGarden work, 6 hours   ${a1}\nPlants   ${a2}\nTotal   ${a3}\nPayable by {d1}. "
     "Thank you!\n{n2} Gardening, {s1}, {m2}",
     ["name | Who has to pay this invoice? | n1 | n2", "amount | What's the total of the invoice? | a3 | a1 a2",
      "amount | How much were the plants? | a2 | a1 a3", "date | By what date must it be paid? | d1 | ",
      "contact | What is the gardener's address? | s1 | ", "contact | What's the gardener's email? | m2 | ",
      "detail | What is the invoice number? | 2207 | 2702",
      "detail | How many hours of work were charged? | 6 / six | 8 / eight"]),
    ("a1=2800-4200 a2=180-420",
     "Dear {n1}, we are happy to offer you the job as a nurse in our children's ward. You start on {d2}. The "
     "monthly salary is ${a1}, plus ${a2} for night shifts. Please sign and return the contract by {d1} to "
     "{e1}.\nKind regards, {n2}, Human Resources",
     ["name | Who got the job offer? | n1 | n2", "name | Who signed the letter for human resources? | n2 | n1",
      "amount | What's the monthly salary? | a1 | a2", "date | What is the first working day? | d2 | d1",
      "date | By when must the contract be returned? | d1 | d2",
      "contact | Where should the contract be mailed to? | e1 | ",
      "detail | What job is it? | nurse | teacher / doctor",
      "detail | In which ward is the job? | children's / children / pediatric | emergency / surgery"]),
    ("a1=9-15 a2=3-7",
     "School news: The spring concert takes place on {d1} in the gym. Tickets are ${a1} for adults and ${a2} "
     "for children. {n1} directs the choir and {n2} plays the piano. Order tickets at {u1}.",
     ["name | Who plays the piano? | n2 | n1", "name | Who directs the choir? | n1 | n2",
      "amount | What's the price of a child's ticket? | a2 | a1", "amount | What does an adult pay? | a1 | a2",
      "date | When is the concert? | d1 | ", "contact | Where can I order tickets online? | u1 | ",
      "detail | Where is the concert held? | gym / gymnasium | church / hall",
      "detail | Which season's concert is it? | spring | summer / winter"]),
    ("a1=14-22",
     "Wanted: babysitter for two boys (4 and 6), Tuesday afternoons, ${a1} an hour. We live at {s1}. You "
     "should like dogs! {n1} and {n2}, {p1}. Start: {d1}.",
     ["amount | What does it pay per hour? | a1 | ", "date | When would the job start? | d1 | ",
      "contact | Where does the family live? | s1 | ", "contact | What's the family's phone number? | p1 | ",
      "detail | On which day is the babysitter needed? | Tuesday / Tuesdays / Tuesday afternoons | Thursday / Monday",
      "detail | Which animals should one like? | dogs / dog | cats",
      "detail | How many boys are there? | two / 2 | four / 3",
      "detail | How old is the older boy? | 6 / six | 4 / four"]),
    ("a1=25-60 a2=6-14",
     "Your order 88-431 was shipped on {d1} and should reach you by {d2}. Items: desk lamp ${a1}, light bulbs "
     "${a2}. Delivery address: {n1}, {s1}. Track it at {u1} or call {p1}.",
     ["name | To whom is the parcel addressed? | n1 | ", "amount | How much was the desk lamp? | a1 | a2",
      "amount | What did the bulbs cost? | a2 | a1", "date | When was the order shipped? | d1 | d2",
      "date | By when should the order arrive? | d2 | d1", "contact | Where is the parcel delivered to? | s1 | ",
      "contact | On which website can it be tracked? | u1 | ", "contact | What number can the customer call? | p1 | ",
      "detail | What's the order number? | 88-431 | 88-341"]),
    ("a1=12-25",
     "{n1} scored twice as the Falcons beat the Bears 3 to 1 on Saturday. Goalkeeper {n2} saved a penalty, "
     "and coach {n3} praised the young team. About 4,500 fans came. The next game is on {d1}, tickets from "
     "${a1}.",
     ["name | Who scored two goals? | n1 | n2 n3", "name | Who's the coach? | n3 | n1 n2",
      "name | Who saved the penalty? | n2 | n1 n3", "amount | From what price are tickets sold? | a1 | ",
      "date | When's the next game? | d1 | ", "detail | Which team lost? | Bears / the Bears | Falcons",
      "detail | What was the final score? | 3 to 1 / 3-1 / 3 - 1 / 3:1 / 3–1 | 1 to 3 / 2-1",
      "detail | On what day was the game played? | Saturday | Sunday / Friday",
      "detail | How many fans came? | 4,500 / 4500 | 3,000 / 5,400"]),
    ("a1=18-48",
     "Mom, I'm on the 4:15 train, arriving at platform 7. Dad's friend {n1} picks me up. My phone is almost "
     "dead, so call {n2} ({p1}) if needed. I paid ${a1} for the ticket! Back home on {d1}.",
     ["name | Who picks up the child? | n1 | n2", "name | Who should Mom call? | n2 | n1",
      "amount | How much was the train ticket? | a1 | ", "date | When does the child go home? | d1 | ",
      "contact | Which number should Mom call? | p1 | ",
      "detail | At which platform does the train arrive? | 7 / seven | 4 / 15",
      "detail | What time is the train? | 4:15 | 7:00 / 4:50"]),
    ("a1=10-16 a2=6-9 a3=22-34",
     "Museum of Toys. Open daily except Monday, 10 am to 6 pm. Adults ${a1}, students ${a2}, families ${a3}. "
     "New exhibition on model trains from {d1}, curated by {n1}. {s1}. Info: {p1}",
     ["name | Who curated the exhibition? | n1 | ", "amount | How much do students pay? | a2 | a1 a3",
      "amount | What's the family price? | a3 | a1 a2", "date | When does the exhibition start? | d1 | ",
      "contact | What's the museum's address? | s1 | ", "contact | Which number can I call for info? | p1 | ",
      "detail | On which day is the museum closed? | Monday / Mondays | Sunday / Tuesday",
      "detail | When does the museum close in the evening? | 6 pm / 6 p.m. / 18:00 / 6:00 pm | 10 am / 5 pm",
      "detail | What is the exhibition about? | trains / model trains | dolls / cars"]),
    ("a1=70-99 a2=25-60",
     "Hi, this is {n1} from Bright Dental. {n2} has an opening on {d1} at 2 pm, or on {d2} at noon. The "
     "cleaning is ${a1}, an x-ray would be ${a2} more. Please confirm at {e1}.",
     ["name | Who is calling? | n1 | n2", "amount | What does the cleaning cost? | a1 | a2",
      "amount | How much extra is the x-ray? | a2 | a1", "date | On which date is there a slot at noon? | d2 | d1",
      "date | Which date is the 2 pm slot? | d1 | d2", "contact | Where do I confirm by mail? | e1 | ",
      "detail | What is the practice called? | Bright Dental / Bright | Smile Dental",
      "detail | At what hour is the first of the two slots? | 2 pm / 2:00 pm / 2 p.m. / 14:00 | noon / 12"]),
    ("",
     "Recipe from Aunt {n1}: Mix 300 g flour with 3 eggs and a pinch of salt. Rest the dough for 30 minutes, "
     "then cook in boiling water for 4 minutes. Serve with butter. She got it from {n2} in Stuttgart.",
     ["name | From whom did the aunt get the recipe? | n2 | n1", "name | Which aunt is the recipe from? | n1 | n2",
      "detail | How many eggs are needed? | 3 / three | 4 / 300",
      "detail | How long does the dough rest? | 30 / thirty / half an hour | 4 / four",
      "detail | How much flour do I need? | 300 / 300 g / 300g | 30 / 500",
      "detail | What is it served with? | butter | salt / cheese",
      "detail | In which city does the other cook live? | Stuttgart | Berlin",
      "detail | How long does it have to cook? | 4 / four | 30 / thirty"]),
    ("a1=52000-88000 a2=31000-49000",
     "Minutes: Present were {n1}, {n2} and {n3}. {n2} reported that sales rose to ${a1} from ${a2} last year. "
     "{n3} will write the press release by {d1}. Next meeting: {d2}.",
     ["name | Who has to write the press release? | n3 | n1 n2", "name | Who reported on sales? | n2 | n1 n3",
      "amount | How high were sales this year? | a1 | a2", "amount | What were last year's sales? | a2 | a1",
      "date | When is the next meeting? | d2 | d1", "date | When is the press release due? | d1 | d2"]),
    ("a1=420-680 a2=800-1400",
     "Room to let in shared flat, 18 square meters, rent ${a1} incl. heating, deposit ${a2}. Free from {d1}. "
     "You'd live with {n1}, a student, and {n2}, who works as a cook. Visit us at {s1} or write to {m1}.",
     ["name | Which flatmate is a student? | n1 | n2", "name | Who of them works as a cook? | n2 | n1",
      "amount | How much is the rent? | a1 | a2", "amount | What's the deposit? | a2 | a1",
      "date | From when is the room free? | d1 | ", "contact | Where is the flat? | s1 | ",
      "contact | What's the mail address to write to? | m1 | ",
      "detail | How big is the room in square meters? | 18 / eighteen | 80 / 28",
      "detail | Is heating included in the rent, yes or no? | yes / included / includes / incl | no / not"]),
    ("a1=60-90 a2=20-45",
     "Contact list, chess club\nChair: {n1}, {p1}, {m1}\nTreasurer: {n2}, {p2}, {m2}\nFee: ${a1} a year, "
     "${a2} for under 18s. Payable by {d1}.",
     ["name | Who's the treasurer? | n2 | n1", "name | Who chairs the club? | n1 | n2",
      "amount | What's the fee for those under 18? | a2 | a1", "date | When is the fee due? | d1 | ",
      "contact | What is the treasurer's phone number? | p2 | p1",
      "contact | What's the email of the chair? | m1 | m2", "contact | What is the treasurer's email? | m2 | m1",
      "contact | On which phone number do I reach the chair? | p1 | p2",
      "detail | What kind of club is this? | chess | tennis / book"]),
    ("a1=110-480 a2=50-99",
     "Thank you for your donation of ${a1} to Green Paws, received on {d1}. With ${a2} we can feed a dog for "
     "a month. Your receipt will be sent by {d2}. For changes of address write to {e1}, for adoptions to "
     "{e2}.\n{n1}, Green Paws",
     ["name | Who signed the letter? | n1 | ", "amount | How much was donated? | a1 | a2",
      "amount | How much does it take to feed a dog for a month? | a2 | a1",
      "date | When was the donation received? | d1 | d2", "date | By when will the receipt be sent? | d2 | d1",
      "contact | Where do I write about adoptions? | e2 | e1",
      "contact | Which mail is for a change of address? | e1 | e2",
      "detail | What's the charity called? | Green Paws | Red Cross"]),
    ("a1=130-390 a2=40-95",
     "Flight change: Dear {n1}, your flight from Oslo to Porto on {d1} has been moved to {d2}. New departure "
     "17:25, gate B9. A refund of ${a1} is possible, rebooking costs ${a2}. Hotline {p1}, {u1}.",
     ["name | Who is the passenger? | n1 | ", "amount | What does rebooking cost? | a2 | a1",
      "amount | How high is the possible refund? | a1 | a2", "date | What's the new date of the flight? | d2 | d1",
      "date | When was the flight planned at first? | d1 | d2", "contact | What's the hotline's number? | p1 | ",
      "contact | What's the airline's website? | u1 | ", "detail | Where does the flight go to? | Porto | Oslo",
      "detail | From which city does the plane start? | Oslo | Porto",
      "detail | Which gate is it? | B9 / B 9 | A9 / 17",
      "detail | At what time does it depart now? | 17:25 / 5:25 pm | 15:25 / 9:00"]),
    ("a1=21000-48000 a2=6000-15000",
     "{n1} (1921-1998) was a Danish painter of ships and harbors. Her best known work, 'Grey Morning', sold "
     "for ${a1} on {d1}, far above the guess of ${a2}. It now hangs in Aarhus. Her student {n2} wrote a book "
     "about her.",
     ["name | Who wrote a book about the painter? | n2 | n1", "name | Who is the painter? | n1 | n2",
      "amount | For how much did the painting sell? | a1 | a2",
      "amount | At how much was it estimated before? | a2 | a1", "date | On what date was it sold? | d1 | ",
      "detail | In which year did the painter die? | 1998 | 1921",
      "detail | What nationality did the painter have? | Danish / Denmark | Swedish",
      "detail | When was she born? | 1921 | 1998",
      "detail | What did she like to paint? | ships / harbors / harbours | flowers",
      "detail | In what city is the painting now? | Aarhus | Copenhagen",
      "detail | What's the name of her best known work? | Grey Morning | Ships"]),
    ("a1=110-160 a2=12-19",
     "Yoga with {n1}: Mondays 6 pm, Fridays 8 am. Ten classes ${a1}, single class ${a2}. First class free on "
     "{d1}! Mats are provided, bring a towel. {s1}, sign up: {m1}.",
     ["name | Who teaches the yoga class? | n1 | ", "amount | What do ten classes cost? | a1 | a2",
      "amount | How much is a single class? | a2 | a1", "date | When is the free class? | d1 | ",
      "contact | Where does the yoga class take place? | s1 | ", "contact | Where do I sign up by mail? | m1 | ",
      "detail | What should I bring along? | towel / a towel | mat / mats",
      "detail | On what day is the morning class? | Friday / Fridays | Monday / Mondays",
      "detail | When on Mondays does the class begin? | 6 pm / 6:00 pm / 6 p.m. / 18:00 | 8 am / 8 a.m."]),
    ("a1=28-65 a2=2-6",
     "Dear Sir or Madam, on {d1} I bought a kettle in your shop for ${a1}. It leaks. Your colleague {n1} "
     "refused to take it back on {d2}. Please refund me and also the ${a2} I paid for the "
     "bus.\n{n2}\n{s1}\n{p1}",
     ["name | Who wrote the complaint? | n2 | n1", "name | Which employee refused to take it back? | n1 | n2",
      "amount | How much did the kettle cost? | a1 | a2", "amount | What did the bus cost? | a2 | a1",
      "date | When was the kettle bought? | d1 | d2", "date | When did the shop refuse? | d2 | d1",
      "contact | What's the customer's address? | s1 | ", "contact | What is the customer's phone number? | p1 | ",
      "detail | What's wrong with the kettle? | leaks / leak / leaking / leaky | broken handle",
      "detail | What product is the complaint about? | kettle | toaster / bus"]),
    ("a1=3-9",
     "Found: black backpack with a laptop and a blue water bottle, on bus 12, {d1}. Handed in by {n1}. Claim "
     "it at the lost and found office, {s1}, by {d2}. Fee ${a1}. Ask for {n2}, {p1}.",
     ["name | Who handed the bag in? | n1 | n2", "name | Who do I ask for at the office? | n2 | n1",
      "amount | What's the fee? | a1 | ", "date | When was the bag found? | d1 | d2",
      "date | Until when can I claim it? | d2 | d1", "contact | Where's the lost and found office? | s1 | ",
      "contact | What number does the office have? | p1 | ", "detail | On which bus was it found? | 12 / bus 12 | 21",
      "detail | What color is the bottle? | blue | black",
      "detail | Which device is in the backpack? | laptop | tablet / camera"]),
]

LAYOUTS = ["{q}\n\n{t}", "{t}\n\n{q}", "{q}\n\"{t}\"", "Here is a text:\n{t}\n\n{q}", "I got this:\n\n{t}\n\n{q}",
           "Text: {t}\nQuestion: {q}",
           "Read this and answer: {q}\n---\n{t}\n---", "{t}\n---\n{q}", "From the text below: {q}\n\n{t}"]
COPIES = {"name": 2, "amount": 2, "date": 2, "contact": 2, "detail": 1}


def one_sum(rng, low, high):
    """A price, with cents where it is small."""
    if high < 100:
        return rng.randint(low, high - 1) + rng.choice([0.2, 0.25, 0.49, 0.5, 0.75, 0.8, 0.9, 0.95])
    return rng.randint(low, high) if high < 1000 else rng.randrange(low, high, 50)


def sums(rng, ranges):
    """A sum of money for each `slot=low-high`; `slot=more+` is that more than all before."""
    found = {}
    for slot, bounds in (one.split("=") for one in ranges.split()):
        if bounds.endswith("+"):
            found[slot] = round(float(bounds[:-1]) + sum(found.values()), 2)
        else:
            found[slot] = one_sum(rng, *map(int, bounds.split("-")))
    written = {slot: f"{one:,.2f}" if isinstance(one, float) and one % 1 else f"{one:,.0f}" for slot,
               one in found.items()}
    parts = [part for one in written.values() for part in {one, *re.split("[.,]", one)} if len(part) > 2]
    return written if len(set(parts)) == len(parts) else sums(rng, ranges)


def spellings(one):
    return [one, one.replace(",", "")] if "," in one else [one, one.rstrip("0")] if "." in one else [one]


def people(rng):
    """Three people, a woman first and then a man, and how to reach them."""
    slots = {}
    firsts = [*zip(rng.sample(WOMEN, 2), rng.sample(MEN, 2))]
    firsts = [*firsts[0], rng.choice(firsts[1])]
    for i, (first, last) in enumerate(zip(firsts, rng.sample(LAST, 3)), 1):
        slots[f"n{i}"] = [f"{first} {last}", first, last]
        slots[f"m{i}"] = [f"{rng.choice([first[0], first])}.{last}@{rng.choice(HOSTS)}".lower()]
        number = [rng.randint(201, 989), rng.randint(10, 99), rng.randint(1000, 9999)]
        slots[f"p{i}"] = [f"{number[0]}-5{number[1]}-{number[2]}", "{}5{}{}".format(*number),
                          "({}) 5{}-{}".format(*number)]
    return slots


def days(rng):
    """Two days of a year, some days or weeks apart."""
    first = datetime.date(2023, 1, 10) + datetime.timedelta(days=rng.randrange(300))
    for slot, day in (("d1", first), ("d2", first + datetime.timedelta(days=rng.randint(4, 30)))):
        yield slot, list(dict.fromkeys([f"{MONTHS[day.month - 1]} {day.day}", *date_said(day)]))


def filled(rng, ranges):
    """What stands in each slot, in all its spellings."""
    slots = {**people(rng), **dict(days(rng))}
    slots.update((slot, spellings(one)) for slot, one in sums(rng, ranges).items())
    for i, desk in enumerate(rng.sample(DESKS, 2), 1):
        slots[f"e{i}"] = [f"{desk}@{rng.choice(HOSTS)}"]
    slots["u1"] = [rng.choice(SITES)]
    slots["s1"] = [f"{rng.randint(2, 98)} {rng.choice(STREETS)}"]
    return slots


def words(text):
    return len(text.split())


def place(one, text):
    found = re.search(rf"(?<!\w){re.escape(one)}(?!\w)", text, re.I)
    return found.start() if found else len(text)


def checked(text, answers, others):
    """The answer comes before the others; where it does in the text too, the text must not be repeated."""
    first = min([*answers, *others], key=lambda one: place(one, text))
    check = first_named(answers, others)
    return both(check, shape(max_words=max(20, words(text) * 2 // 3))) if first in answers else check


def elsewhere(rng, ranges, slot, answers):
    """A value for a slot that is not the answer."""
    while True:
        one = filled(rng, ranges)[slot][0]
        if all(place(answer, one) == len(one) for answer in answers):
            return one


def extracted(rng, text, question, answers, others, other):
    """A question on a text, and the answers to it; `other` is a wrong one."""
    asked = put(rng, question)
    prompt = rng.choice(LAYOUTS).format(q=asked if asked[-1] in "?.!" or rng.random() < 0.7 else asked + "?", t=text)
    return Question(prompt, checked(text, answers, others), framed(rng, answers[0]), framed(rng, other))


def split(texts):
    return [one.strip() for one in texts.split(" / ") if one.strip()]


def asked(rng, kind, ranges, template, question, answer, other):
    """A question on a text, with its slots filled in."""
    slots = filled(rng, ranges)
    text = template.format(**{slot: said[0] for slot, said in slots.items()})
    if kind == "detail":
        return extracted(rng, text, question, split(answer), split(other), rng.choice(split(other)))
    others = [slots[slot] for slot in other.split()]
    wrong = rng.choice(others)[0] if others else elsewhere(rng, ranges, answer, slots[answer])
    return extracted(rng, text, question, slots[answer], sum(others, []), wrong)


def find(kind):
    """All questions of a kind, each with its text filled in some ways."""
    def make(rng):
        for ranges, template, lines in TEXTS:
            for line in lines:
                sort, question, answer, other = (part.strip() for part in line.split(" |"))
                for _ in range(COPIES[kind] if sort == kind else 0):
                    yield asked(rng, kind, ranges, template, question, answer, other)
    return make


KINDS = {f"find-{kind}": find(kind) for kind in COPIES}
