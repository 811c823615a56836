"""Short texts to sort: by mood, subject, intent or language.

A line of a table is `label | text`.
"""

from compound import first_named
from question import Question, label

SENTIMENT = """
positive | I love this blender, it makes perfect smoothies every morning.
positive | The staff were so friendly and the room was spotless. We'll be back!
positive | Best pizza I've had in years.
positive | Five stars. Arrived early and works like a charm.
positive | My kids can't stop playing with it, worth every penny.
positive | Honestly the nicest dentist I have ever been to.
positive | What a beautiful film, I cried happy tears at the end.
positive | The new update made the app so much faster. Thank you!
positive | I was skeptical at first, but this vacuum cleaner has won me over completely.
positive | Not bad at all! I would happily order from them again.
positive | I can't recommend this book enough.
positive | Great sound, great battery, great price.
positive | Our guide was funny and knew everything. Highlight of the trip.
positive | Finally a jacket that keeps me warm. I'm thrilled.
positive | No complaints whatsoever, the delivery guy even carried it upstairs.
positive | So happy with my haircut!
positive | this game rocks, played it the whole weekend
positive | The soup was warm and delicious and the waiter made us laugh.
positive | It never lets me down. Seven years and still going strong.
positive | I expected little and got a lot. Wonderful service.
positive | We had the time of our lives at this campsite.
positive | The course was clear, well paced and I passed my exam. Fantastic.
positive | You won't find a better coffee in this town.
positive | My mother adores the flowers. Thanks for the lovely bouquet!
positive | Couldn't put it down until three in the morning. Brilliant.
positive | These shoes feel like walking on clouds.
positive | Shipping was quick and the seller answered all my questions kindly.
positive | I'm impressed by how quiet this fridge is.
positive | A delightful little museum, go if you can.
positive | Setup took two minutes and everything just worked. Love it.
negative | The screen broke after two days. Total waste of money.
negative | I hate the new design, nothing is where it should be.
negative | Worst hotel ever, there were bugs in the bed.
negative | The food was cold and the waiter was rude.
negative | Two hours on hold and nobody helped me.
negative | I want my money back, this is garbage.
negative | The movie was so boring that I fell asleep.
negative | It stopped charging after one week. Very disappointed.
negative | My order came late, and half of it was missing.
negative | Don't buy this, it smells awful.
negative | I wouldn't wish this airline on my worst enemy.
negative | Oh great, another update that deletes all my photos.
negative | The shirt shrank to doll size in the first wash.
negative | I really wanted to like it, but the ending ruined everything.
negative | Way too expensive for what you get.
negative | the app crashes all the time, useless
negative | The room was dirty and loud and nobody at the desk cared.
negative | Never again. The tour was a rip-off.
negative | Sadly, the cake was dry and tasted like cardboard.
negative | This chair hurts my back, I regret buying it.
negative | Customer service kept lying to me.
negative | If I could give zero stars, I would.
negative | What a letdown. The singer forgot her lyrics and left after 40 minutes.
negative | The instructions make no sense and a screw was missing.
negative | My coffee was weak and the milk was sour.
negative | Terrible wifi, terrible bed, terrible breakfast.
negative | The paint peeled off after the first rain. Cheap junk.
negative | I've seen better acting in a school play.
negative | He promised to call back. That was three weeks ago and I'm furious.
negative | The headphones hurt my ears and sound tinny.
neutral | The package arrived on Tuesday.
neutral | The phone is available in black and white.
neutral | The store opens at nine and closes at six.
neutral | I bought this lamp for my office.
neutral | It is a book about the history of trains, with 300 pages.
neutral | The hotel has 80 rooms and is two streets from the station.
neutral | The meeting was moved to room 12.
neutral | The bag has three pockets and a zipper.
neutral | Our bus leaves from platform four.
neutral | The manual is written in English and German.
neutral | I received the blue one, size M.
neutral | The film runs for 110 minutes.
neutral | This is the second edition of the cookbook.
neutral | The cable is 2 meters long and has a USB-C plug.
neutral | He works in the sales department.
neutral | The restaurant is on the second floor.
neutral | They changed the packaging last month.
neutral | You can pay by card or in cash.
neutral | The table is made of oak and is 80 cm high.
neutral | My subscription ends in October.
neutral | the show starts at 8
neutral | The printer uses two cartridges.
neutral | I went there with my brother on Sunday.
neutral | The app asks for a password when you start it.
"""

SENTIMENT_ASKED = [
    "Is this review {labels}?\n\n\"{text}\"", "What is the sentiment of this text: {labels}?\n{text}",
    "Classify the sentiment as {labels}: {text}", "\"{text}\" - {labels}?",
    "A customer wrote: \"{text}\" Would you call that {labels}?",
                   "Tell me in one word whether this is {labels}. {text}",
    "sentiment of \"{text}\" ({labels})", "Please label the following comment as {labels}.\n\nComment: {text}",
    "I'm sorting feedback into {labels}. Where does this go? \"{text}\""]

TOPIC = """
sports | Late goal sends the home team into the cup final
sports | Tennis star out for six months after knee surgery
sports | Marathon draws 20,000 runners despite the rain
sports | Coach fired after seventh defeat in a row
sports | Swimmer takes third gold medal at the championships
sports | Rookie pitcher strikes out twelve batters in first game
sports | Cyclist breaks away on the last climb to win the stage
sports | Club signs young striker from Brazil
sports | Skiers complain about soft snow before the downhill race
sports | Basketball league changes its playoff format
sports | Goalkeeper saves two penalties in derby
sports | Boxer says the rematch will be in Las Vegas
politics | Parliament votes on new tax law tonight
politics | President meets foreign leaders at the summit
politics | Mayor announces she will not run for another term
politics | Opposition demands minister's resignation
politics | Voters go to the polls in three states
politics | Senate passes bill on border rules
politics | Coalition talks collapse after a dispute over pensions
politics | Government and unions agree on a new labor law
politics | Party picks its candidate for governor
politics | Ambassador called home after diplomatic row
politics | Referendum on the constitution set for May
politics | Lawmakers debate lowering the voting age to 16
business | Shares of the carmaker fall after weak earnings
business | Bank raises interest rates for savings accounts
business | Supermarket chain buys smaller rival for 2 billion
business | Airline cuts 500 jobs to save costs
business | Oil prices climb for the third week
business | Start-up goes public at 20 dollars a share
business | Toy company reports record profits before Christmas
business | Factory orders drop as exports slow down
business | Chief executive steps down after merger
business | Inflation eases as food gets cheaper
business | Retailer files for bankruptcy and closes 80 stores
business | Investors bet on a recovery of the housing market
science | Telescope spots water vapor on a distant planet
science | Researchers find new frog species in the rainforest
science | Study explains why cats purr
science | Fossil of giant shark found in the desert
science | Physicists measure the mass of a tiny particle more exactly
science | Ice cores show what the climate was like 100,000 years ago
science | Spacecraft sends first pictures of the asteroid
science | Biologists decode the genome of the octopus
science | Chemists make plastic that dissolves in sea water
science | Astronomers see two black holes merge
science | Ancient DNA tells the story of the first farmers
science | Experiment shows bees can count to four
health | Doctors advise a flu shot before winter
health | Walking 20 minutes a day lowers blood pressure
health | Hospital opens new ward for children with asthma
health | Too little sleep raises the risk of diabetes
health | How to treat a sunburn at home
health | Patients wait longer for an appointment with a dentist
health | New drug helps people with migraine
health | Measles cases rise as fewer children are vaccinated
health | Five stretches against back pain
health | Nurses warn of allergy season starting early
health | Surgeon performs first double hand transplant in the country
health | Why eating more fiber is good for your gut
entertainment | Singer announces world tour and a new album
entertainment | Superhero movie tops the box office again
entertainment | Actor wins award for his role as a clown
entertainment | Hit series returns for a final season
entertainment | Band splits up after fifteen years
entertainment | Comedy festival brings stars to town
entertainment | Sequel to the popular dragon film gets a trailer
entertainment | TV host says goodbye after 30 years on air
entertainment | Pop star surprises fans at a karaoke bar
entertainment | Musical about a baker opens on Broadway
entertainment | Director reveals who plays the new secret agent
entertainment | Dance show crowns its youngest winner
"""

MAIL = """
work | Minutes of Monday's team meeting and next steps
work | Please review my slides before the client call
work | Your vacation request was approved by your manager
work | Deadline for the quarterly report is Friday
work | Shift plan for next week
travel | Your boarding pass for flight LH 442
travel | Hotel booking confirmed: 3 nights in Rome
travel | Gate change for your train to Lyon
travel | Rental car pick-up at the airport
travel | Visa documents for your trip to India
shopping | Your parcel is on its way
shopping | Order confirmed: 2 pairs of jeans
shopping | You left something in your cart
shopping | 20% off all sneakers this weekend
shopping | Return label for your lamp
family | Grandma's 80th birthday, who brings the cake?
family | Pictures of the baby
family | Mom asks if you come for dinner on Sunday
family | Cousin Tim's wedding: where do we all sleep?
family | Dad found your old school books in the attic
"""

TOPIC_ASKED = ["Which topic fits this headline: {labels}?\n\n{text}", "Topic of \"{text}\"? Choose from {labels}.",
               "Sort this headline into one of these sections: {labels}.\nHeadline: {text}",
               "{text}\n\nIs that {labels}?", "in which section of the paper does \"{text}\" belong, {labels}",
               "Classify: \"{text}\". Categories: {labels}.", "Pick the best category ({labels}) for: {text}",
               "A headline says \"{text}\". What's it about: {labels}? One word please."]
MAIL_ASKED = ["Mail subject: \"{text}\". Which folder, {labels}?",
              "I sort my mail into {labels}. Where does \"{text}\" go?",
              "Which label fits an email with the subject \"{text}\": {labels}?",
              "email folder for \"{text}\"? {labels}"]

SPAM = """
spam | CONGRATULATIONS!!! You have won $1,000,000. Click here to claim your prize now!
spam | Your account will be closed. Confirm your password at http://secure-bank-login.xyz today.
spam | Hot singles in your area want to meet you tonight
spam | Lose 20 kg in 2 weeks with this one weird trick. Order now, limited offer!!!
spam | Dear friend, I am a prince and need your help to move 15 million dollars.
spam | FREE iPhone! You are visitor number 100000. Enter your card number to pay the shipping.
spam | Make $5000 a week from home, no experience needed. Reply YES.
spam | Cheap meds without prescription, best price, discreet shipping
spam | URGENT: unpaid customs fee for your parcel, pay 1.99 now: bit.ly/xy7pay
spam | Double your bitcoin in 24 hours, guaranteed. Send to this wallet.
spam | You have been selected for a free cruise! Call now, only today
spam | Hi mum, my phone broke, this is my new number. Can you send me 800 euros quickly?
spam | We detected a virus on your computer. Call Microsoft support at this number immediately.
spam | Last chance!!! Replica watches 90% off!!!
spam | Get a university degree without exams, pay and receive it in 5 days
spam | You owe taxes. Pay with gift cards in the next hour or you will be arrested.
spam | Win big at our online casino, 200 free spins waiting for you $$$
spam | Your mailbox is full. Log in here with your password to keep your mails: mailbox-upgrade.top
spam | I recorded you with your webcam. Pay 500 in bitcoin or I send the video to your friends.
spam | No credit check! Instant loan of 50,000, click the link and send your ID
spam | Earn money by liking videos, 300 a day, write me on WhatsApp
spam | This stock will EXPLODE tomorrow, buy before it's too late!!!
spam | Dear beneficiary, your inheritance of 8.5 million is ready, send 200 for the lawyer's fee
spam | You won our supermarket voucher of 500! Just fill in your bank details.
spam | Miracle cream removes wrinkles overnight, doctors hate it
spam | Netflx: payment failed. Update your card here within 12 hours: netflx-billing.info
spam | FREE FREE FREE ringtones, text WIN to 80888 now
spam | Buy 10,000 real followers for 9.99, instant delivery
spam | Invest 250 and get 7500 back every month, as seen on TV!!!
spam | Dear customer you are the lucky winner of a new BMW, send us your name, address and bank account
spam | Work as a secret shopper, we send you a check, you wire the rest back
spam | Claim your refund of 432.10 from the tax office, enter card details here
spam | Grow your business with 5 million email addresses for only $49
spam | Your parcel could not be delivered. Install this app to reschedule: track-app.apk
spam | Singles over 50 are waiting for you, join free, no card needed!!!
spam | Act now: miracle pill, stronger hair in 3 days or money back
spam | ur number won 2000 pounds in the weekly draw, call 0906 to claim
spam | Secret method banks don't want you to know, 3 spots left
not spam | Hi Anna, are we still on for lunch at 12 tomorrow?
not spam | Your library book is due on March 14. You can renew it at the desk.
not spam | Hey, can you pick up milk on the way home?
not spam | Attached are the minutes of yesterday's meeting. Best, Tom
not spam | Your dentist appointment is on Thursday at 9:30. Please call us if you can't come.
not spam | Happy birthday! Hope you have a great day. Hugs, Lisa
not spam | The train is 10 minutes late, I'll be there soon
not spam | Dear parents, the school trip to the zoo is on Friday. Please pack a lunch.
not spam | Thanks for your order of two notebooks. We will ship it tomorrow.
not spam | Could you send me the slides from Monday? Thanks, Raj
not spam | Your verification code is 482913. Do not share it with anyone.
not spam | Reminder: parking in our street is closed on Saturday because of the market.
not spam | I left my umbrella at your place, can I get it on Sunday?
not spam | The plumber comes between 2 and 4, can you let him in?
not spam | Mom says dinner is at 7
not spam | Hi team, the server will be down for maintenance tonight from 22:00 to 23:00.
not spam | Thank you for applying. We would like to invite you to an interview on Tuesday.
not spam | The yoga class on Wednesday is cancelled because Julia is ill.
not spam | Your prescription is ready for pick-up at the pharmacy on Main Street.
not spam | Here are the photos from our hike. What a view!
not spam | Hi, I'm interested in the bike you're selling. Is it still available?
not spam | lol yes see you there
not spam | Please find my invoice for April attached. Let me know if you have any questions.
not spam | Dear neighbor, we are having a party on Saturday. If it gets too loud, just ring the bell.
not spam | Your table for four is booked for 19:30. We look forward to seeing you.
not spam | I won my chess game today, so happy!
not spam | The money for the rent is on your account now. Thanks for waiting.
not spam | Grandpa is out of hospital and feels much better.
not spam | Could we move our call to 3 pm? The client is late.
not spam | Your electricity bill for May is 62.40. It will be debited on June 3 as usual.
not spam | The free concert in the park starts at six. Wanna go?
not spam | We changed the password of the meeting room wifi, ask me at the desk.
not spam | Professor Lind moved the exam to room B12.
not spam | Can you feed the cat while we're away next week?
not spam | The book club meets at Maria's. Please read up to chapter 9.
not spam | Don't forget to bring your swimsuit tomorrow
"""

SPAM_ASKED = ["Is this message {labels}?\n\n{text}", "{labels}?\n\"{text}\"", "I got this: \"{text}\" Is it {labels}?",
              "Classify as {labels}: {text}", "Please check this mail and answer with {labels}.\n{text}",
              "Would a mail filter mark this as {labels}? \"{text}\"", "is it {labels}: {text}",
              "Label the text below as {labels}.\n---\n{text}\n---",
              "Got a text from an unknown number, {labels}? {text}"]

INTENT = """
refund | I sent the shoes back two weeks ago and still don't have my money.
refund | I'd like my money back, the toaster doesn't work.
refund | You charged me for a cancelled concert, when do I get it back?
refund | how long until the amount is back on my credit card after a return
refund | The dress doesn't fit. Can I return it and be paid back?
refund | I was promised 30 euros back for the broken vase.
refund | The course was cancelled, please return what I paid.
refund | Give me back the deposit please, the rental is over.
refund | Only half of the price was returned to me after I sent back both books.
shipping | Where is my parcel? It should have been here on Monday.
shipping | How long does delivery to Norway take?
shipping | The tracking number you sent me doesn't show anything.
shipping | Can you send it to my office instead of my home?
shipping | my package says delivered but theres nothing here
shipping | Do you deliver on Saturdays?
shipping | What does express delivery cost?
shipping | The courier left my box in the rain.
shipping | When will my order leave your warehouse?
login | I forgot my password.
login | The site says my username doesn't exist.
login | I can't sign in since I changed my phone.
login | the code for two-factor sign in never arrives
login | My account is locked after three wrong attempts.
login | How do I reset my password?
login | It keeps sending me back to the sign-in page.
login | I'm locked out, the email for resetting doesn't come.
login | Every time I enter my PIN to get into my account it says invalid.
cancellation | Please end my subscription at the end of the month.
cancellation | I don't want the newspaper anymore, how do I stop it?
cancellation | I need to call off my hotel booking for next week.
cancellation | How can I quit my membership at the gym?
cancellation | stop my plan please, i no longer need it
cancellation | I ordered the wrong phone case a minute ago, please don't process the order.
cancellation | I'm moving abroad and have to terminate my contract.
cancellation | What is the notice period if I want to leave?
cancellation | Please take me off the premium plan, I won't renew.
billing | Why are there two charges on my invoice this month?
billing | My bill is 20 dollars higher than last month.
billing | I need an invoice with my company's name on it.
billing | The VAT on the invoice is wrong.
billing | When will the monthly fee be taken from my account?
billing | I don't understand the item 'service fee' on my statement.
billing | Can I get last year's invoices as PDFs?
billing | you billed me for three users but we are only two
billing | Could I pay the invoice in two parts?
technical problem | The app crashes when I open the camera.
technical problem | My printer shows error 52.
technical problem | The video has no sound since the update.
technical problem | The page stays white in my browser.
technical problem | My router's light is red and there's no internet.
technical problem | the screen flickers all the time
technical problem | The export button does nothing when I click it.
technical problem | The watch doesn't connect to my phone any more over Bluetooth.
technical problem | My files don't sync between the laptop and the tablet.
order food | I'd like two large pepperoni pizzas.
order food | Can I get a cheeseburger with fries delivered?
order food | one chicken curry, extra spicy, and a mango lassi please
order food | Put me down for a veggie wrap and a cola.
book a table | Do you have space for four people tonight at eight?
book a table | We'd like to reserve the spot by the window for Saturday.
book a table | party of six, sunday brunch, is that possible
book a table | Can I reserve for two on Valentine's Day?
opening hours | Are you open on Easter Monday?
opening hours | Until when can I come by tonight?
opening hours | what time do you close on sundays
opening hours | When does the kitchen start serving?
play music | Put on something by the Beatles.
play music | I want to hear some relaxing jazz.
play music | next song please
set an alarm | Wake me up at 6:30 tomorrow.
set an alarm | I need to get up at seven, make sure I do.
set an alarm | ring me in the morning at quarter to eight
weather | Will I need an umbrella tomorrow?
weather | How cold is it going to be tonight?
weather | is it sunny in lisbon at the weekend
turn on the lights | It's too dark in here.
turn on the lights | I can't see a thing in the kitchen, do something.
"""

INTENTS = [["refund", "shipping", "login", "cancellation", "billing", "technical problem"],
           ["order food", "book a table", "opening hours"],
           ["play music", "set an alarm", "weather", "turn on the lights"]]
INTENT_ASKED = ["Which of these does the customer want: {labels}?\n\n\"{text}\"",
                "Intent of this message ({labels}): {text}",
                "Classify the request as {labels}.\nRequest: {text}", "\"{text}\" Is this about {labels}?",
                "Our bot knows these intents: {labels}. Which one is \"{text}\"?", "{text}\n\nChoose one: {labels}",
                "what's the intent here, {labels}? \"{text}\"", "Route this message to one of: {labels}.\n{text}",
                "A user says: {text} Pick the matching label from {labels} and reply with it only."]

LANGUAGES = """
Spanish / Español / Castilian | ¿Dónde está la estación de tren?
Spanish / Español / Castilian | Mañana vamos a la playa con los niños.
Spanish / Español / Castilian | Me gustaría reservar una mesa para dos.
Spanish / Español / Castilian | El perro duerme debajo de la mesa.
French / Français | Bonjour, comment allez-vous aujourd'hui ?
French / Français | Je voudrais un café et un croissant, s'il vous plaît.
French / Français | Il pleut depuis trois jours.
French / Français | Mon frère habite près de la gare.
German / Deutsch | Guten Morgen, ich hätte gern zwei Brötchen.
German / Deutsch | Wo ist die nächste Apotheke?
German / Deutsch | Das Wetter ist heute sehr schön.
German / Deutsch | Wir haben unseren Schlüssel verloren.
Italian / Italiano | Buongiorno, vorrei un gelato al limone.
Italian / Italiano | Domani andiamo al mare con gli amici.
Italian / Italiano | Quanto costa questa giacca?
Italian / Italiano | La mia sorella abita a Firenze.
Portuguese / Português | Bom dia, tudo bem com você?
Portuguese / Português | Não sei onde deixei as minhas chaves.
Portuguese / Português | Eles estão à espera do autocarro.
Dutch / Flemish / Nederlands | Goedemorgen, hoe gaat het met jou?
Dutch / Flemish / Nederlands | Ik heb gisteren een nieuwe fiets gekocht.
Dutch / Flemish / Nederlands | Het boek ligt op de tafel.
Swedish / Svenska | Jag tycker om att läsa böcker på kvällen.
Swedish / Svenska | Var är närmaste tågstation?
Swedish / Svenska | Vi åker till sommarstugan i morgon.
Danish / Dansk / Norwegian | Jeg vil gerne have en kop kaffe, tak.
Danish / Dansk | Hvad hedder du, og hvor kommer du fra?
Norwegian / Norsk / Bokmål / Danish | Jeg heter Kari og bor i Bergen sammen med mannen min.
Finnish / Suomi | Hyvää huomenta, mitä kuuluu?
Finnish / Suomi | Minulla on kaksi kissaa ja yksi koira.
Finnish / Suomi | Missä on lähin kauppa?
Polish / Polski | Dzień dobry, jak się masz?
Polish / Polski | Chciałbym kupić dwa bilety do Krakowa.
Polish / Polski | Moja siostra mieszka w małym mieście.
Czech / Čeština | Dobrý den, kde je nádraží?
Czech / Čeština | Můj bratr má nové auto a třetí kočku.
Hungarian / Magyar | Jó napot kívánok, hol van a pályaudvar?
Hungarian / Magyar | Szeretem a meleg nyári estéket.
Romanian / Română | Bună ziua, unde este gara?
Romanian / Română | Îmi place să citesc cărți seara.
Turkish / Türkçe | Günaydın, nasılsın?
Turkish / Türkçe | Yarın annemle çarşıya gideceğim.
Turkish / Türkçe | Bu çanta ne kadar?
Russian / Русский | Доброе утро, как дела?
Russian / Русский | Где находится ближайшая аптека?
Russian / Русский | Мой брат живёт в большом городе.
Ukrainian / Українська | Доброго ранку, як ваші справи?
Ukrainian / Українська | Моя сестра живе у Києві і вивчає історію.
Bulgarian / Български | Добро утро, къде е гарата?
Greek / Ελληνικά | Καλημέρα, τι κάνεις;
Greek / Ελληνικά | Πού είναι ο σταθμός του τρένου;
Arabic / العربية | صباح الخير، كيف حالك؟
Arabic / العربية | أين تقع محطة القطار؟
Hebrew / עברית | בוקר טוב, מה שלומך?
Hebrew / עברית | איפה תחנת הרכבת?
Persian / Farsi / فارسی | صبح بخیر، حال شما چطور است؟
Hindi / हिन्दी | आप कैसे हैं?
Hindi / हिन्दी | मेरा भाई दिल्ली में रहता है।
Bengali / Bangla / বাংলা | আপনি কেমন আছেন?
Tamil / தமிழ் | நீங்கள் எப்படி இருக்கிறீர்கள்?
Thai / ไทย | สวัสดีครับ สบายดีไหม
Thai / ไทย | ห้องน้ำอยู่ที่ไหน
Chinese / Mandarin / 中文 | 你好,今天天气很好。
Chinese / Mandarin / 中文 | 请问火车站在哪里?
Chinese / Mandarin / 中文 | 我喜欢喝绿茶。
Japanese / 日本語 | おはようございます。元気ですか?
Japanese / 日本語 | 駅はどこですか。
Japanese / 日本語 | 昨日、友達と映画を見ました。
Korean / 한국어 | 안녕하세요, 잘 지내세요?
Korean / 한국어 | 기차역이 어디에 있습니까?
Vietnamese / Tiếng Việt | Xin chào, bạn có khỏe không?
Vietnamese / Tiếng Việt | Tôi thích uống cà phê vào buổi sáng.
Indonesian / Malay / Bahasa | Selamat pagi, apa kabar?
Indonesian / Malay / Bahasa | Saya tinggal di rumah kecil dekat pasar.
Tagalog / Filipino | Magandang umaga, kumusta ka?
Swahili / Kiswahili | Habari ya asubuhi, rafiki yangu?
Latin / Latina | Gallia est omnis divisa in partes tres.
Latin / Latina | Veni, vidi, vici.
Catalan / Català | Bon dia, m'agradaria un cafè amb llet, si us plau.
Icelandic / Íslenska | Góðan daginn, hvað heitir þú?
Irish / Gaelic / Gaeilge | Dia duit, conas atá tú?
Welsh / Cymraeg | Bore da, sut wyt ti?
Croatian / Serbian / Bosnian | Dobar dan, gdje je željeznički kolodvor?
Lithuanian / Lietuvių | Labas rytas, kaip sekasi?
Estonian / Eesti | Tere hommikust, kuidas läheb?
Esperanto | Bonan matenon, kiel vi fartas hodiaŭ?
Afrikaans | Goeie môre, hoe gaan dit met jou vandag?
"""

LANGUAGE_ASKED = ["What language is this? {text}", "Which language is this sentence written in?\n\n{text}",
                  "what language is \"{text}\"",
                  "I got a message saying \"{text}\". Which language is that?", "Identify the language: {text}",
                  "Name the language of this text: \"{text}\"", "\"{text}\" - language?",
                  "Found this on a postcard: {text} Can you tell me the language?",
                  "Hi! My neighbor wrote \"{text}\". I don't need a translation, just the name of the language.",
                  "In what language is the following written? Just name it.\n{text}"]


def rows(table):
    return [tuple(part.strip() for part in line.split(" | ")) for line in table.strip().splitlines()]


def listed(rng, labels):
    """Labels in some order, as a list in a sentence."""
    labels = rng.sample(labels, len(labels))
    joint = rng.choice([" or ", " or ", ", "])
    return ", ".join(labels[:-1]) + (joint if len(labels) > 3 else " or ") + labels[-1]


def named(rng, label_):
    """A label as models answer with it."""
    said = label_ if rng.random() < 0.5 else label_.capitalize()
    return rng.choice(["{}", "**{}**", "This is {}.", "I would classify this as {}.", "The text is {}, I think.",
                       "Label: {}",
                       "It's {}, because of the words used."]).format(said)


def asked(rng, asked_, text, value, labels):
    """A question which of the labels a text has."""
    prompt = rng.choice(asked_).format(labels=listed(rng, labels), text=text)
    other = rng.choice([one for one in labels if one != value])
    return Question(prompt[0].upper() + prompt[1:] if prompt[0] != '"' and rng.random() < 0.8 else prompt,
                    label(value, labels), named(rng, value), named(rng, other))


def sentiment(rng):
    for value, text in rows(SENTIMENT):
        two = value != "neutral" and rng.random() < 0.35
        yield asked(rng, SENTIMENT_ASKED, text, value, ["positive", "negative"] + ([] if two else ["neutral"]))


def some(rng, value, labels, least, most):
    """A few of the labels, the right one among them."""
    others = rng.sample([one for one in labels if one != value], min(rng.randint(least, most), len(labels)) - 1)
    return [value, *others]


def topic(rng):
    labels = ["sports", "politics", "business", "science", "health", "entertainment"]
    for value, text in rows(TOPIC):
        yield asked(rng, TOPIC_ASKED, text, value, some(rng, value, labels, 3, 5))
    for value, text in rows(MAIL):
        yield asked(rng, MAIL_ASKED, text, value, some(rng, value, ["work", "travel", "shopping", "family"], 3, 4))


def spam(rng):
    for value, text in rows(SPAM):
        good = rng.choice(["not spam", "not spam", "legitimate", "normal"])
        question = asked(rng, SPAM_ASKED, text, value if value == "spam" else good, ["spam", good])
        fine = {good, "not spam", "not a spam", "isn't spam", "isn't a spam", "is not likely spam",
                "not likely to be spam"}
        ways = (["spam"], sorted(fine)) if value == "spam" else (sorted(fine), ["spam"])
        question.check = first_named(*ways)
        yield question


def intent(rng):
    for value, text in rows(INTENT):
        labels = next(labels for labels in INTENTS if value in labels)
        yield asked(rng, INTENT_ASKED, text, value, some(rng, value, labels, 3, 5))


def language_name(rng):
    found = [(names.split(" / "), text) for names, text in rows(LANGUAGES)]
    every = sorted({name for names, _ in found for name in names} | {"English", "Slovak", "Serbian", "Urdu"})
    for names, text in found:
        others = [name for name in every if name not in names]
        frame = rng.choice(["{}", "This is {}.", "The sentence is written in **{}**.", "That's {}!",
                            "The language is {}."])
        wrong = rng.choice(["English", "Spanish", "French", "German", "Slovak"])
        wrong = "Urdu" if wrong in names else wrong
        yield Question(rng.choice(LANGUAGE_ASKED).format(text=text), first_named(names, others), frame.format(names[0]),
                       frame.format(wrong))


KINDS = {"sentiment": sentiment, "topic": topic, "spam-or-not": spam, "intent": intent, "language-name": language_name}
