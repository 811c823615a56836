"""Words, phrases and short sentences to translate, from those of a first lesson to harder ones."""

import re

from question import Question, both, says
from wording import options, pairs, shuffled, table, ways

WORDS_FROM = {
    "French": """chien=dog, fromage=cheese, maison=house/home, livre=book, rouge=red, cuillère=spoon,
    papillon=butterfly,
        bibliothèque=library, pomme=apple, hiver=winter, fenêtre=window, oiseau=bird, lundi=Monday, poisson=fish,
        jambe=leg, épaule=shoulder, parapluie=umbrella, grenouille=frog, chaussette=sock/socks, église=church,
        écureuil=squirrel, demain=tomorrow, merci=thank you/thanks""",
    "Spanish": """gato=cat, agua=water, amigo=friend, perro=dog, leche=milk, libro=book, noche=night/evening,
    playa=beach,
        zapato=shoe, ventana=window, huevo=egg, mariposa=butterfly, cuchara=spoon, abuela=grandmother/grandma,
        lluvia=rain,
        feliz=happy, gracias=thank you/thanks, manzana=apple, cebolla=onion, tenedor=fork, rodilla=knee,
        escalera=stairs/
        staircase/ladder/stairway, martes=Tuesday""",
    "German": """Hund=dog, Wasser=water, Brot=bread, Schule=school, danke=thank you/thanks, Apfel=apple, Kirche=church,
        Schmetterling=butterfly, Löffel=spoon, Fenster=window, Freund=friend/boyfriend, Kartoffel=potato, Schlüssel=key,
        Vogel=bird, Krankenhaus=hospital, Zug=train, Donnerstag=Thursday, Schildkröte=turtle/tortoise""",
    "Italian": """gatto=cat, latte=milk, casa=house/home, acqua=water, mela=apple, uccello=bird, formaggio=cheese,
        scarpa=shoe, finestra=window, mercoledì=Wednesday, cucchiaio=spoon, neve=snow, pioggia=rain, spiaggia=beach""",
    "Portuguese": "obrigado=thank you/thanks, cachorro=dog/puppy, leite=milk, pão=bread, livro=book, janela=window, "
    "frango=chicken",
    "Chinese": "水=water, 猫=cat, 谢谢=thank you/thanks, 朋友=friend/friends, 苹果=apple",
    "Japanese": "arigato=thank you/thanks, neko=cat, 犬=dog, mizu=water, 本=book/books",
}
FROM_ASKED = ["What does the {language} word \"{word}\" mean in English?",
              "Translate \"{word}\" from {language} to English.",
              "{word} - what is that in english? it's {language}", "what's {word} in english ({language})",
              "I saw the word \"{word}\" in a {language} text. What does it mean?", "{language} to English: {word}",
              "Could you please tell me what \"{word}\" means? I think it's {language}.",
              "meaning of {word} in {language}?",
              "My {language} friend keeps saying \"{word}\". What is it in English?", "How would you translate the "
              "{language} word '{word}' into English? One word is enough."]
FROM_ANSWERS = ["The {language} word \"{word}\" means **{right}** in English.", "{right}", "\"{right}\".",
                "Sure! \"{word}\" translates to \"{right}\" in English.", "It means {right}."]

WORDS_TO = {
    "French": """cat=chat/chatte, water=eau, bread=pain, friend=ami/amie, night=nuit, milk=lait, black=noir/noire,
        car=voiture/auto/automobile, school=école, egg=œuf/oeuf, strawberry=fraise, key=clé/clef, bridge=pont,
        snow=neige, Sunday=dimanche, knife=couteau, mother=mère/maman, yesterday=hier, hospital=hôpital, horse=cheval,
        shoe=chaussure/soulier, pencil=crayon, summer=été""",
    "Spanish": """house=casa, red=rojo/roja, book=libro, sun=sol, dog=perro/perra, cheese=queso, bread=pan,
    school=escuela/colegio,
        thank you=gracias, bird=pájaro/ave, chair=silla, rain=lluvia, brother=hermano, tomorrow=mañana, blue=azul,
        strawberry=fresa/frutilla, kitchen=cocina, to sleep=dormir, Thursday=jueves, winter=invierno, key=llave,
        chicken=pollo/gallina, white=blanco/blanca, butterfly=mariposa""",
    "German": """cat=Katze/Kater, house=Haus, water=Wasser, milk=Milch, red=rot, cheese=Käse, tree=Baum, book=Buch,
    dog=Hund,
        thank you=danke/dankeschön/danke schön, girl=Mädchen, train=Zug, egg=Ei, moon=Mond, Monday=Montag,
        pharmacy=Apotheke, horse=Pferd, shoe=Schuh, tomorrow=morgen, knife=Messer,
        doctor=Arzt/Ärztin/Doktor/Doktorin""",
    "Italian": """bread=pane, dog=cane, thank you=grazie, red=rosso/rossa, book=libro, sun=sole, friend=amico/amica,
        good morning=buongiorno/buon giorno, water=acqua, moon=luna, horse=cavallo, strawberry=fragola, Friday=venerdì,
        brother=fratello, key=chiave, yesterday=ieri, knife=coltello, tree=albero""",
}
TO_ASKED = ["How do you say \"{word}\" in {language}?", "Translate \"{word}\" into {language}.",
            "{word} in {language}?",
            "what is the {language} word for {word}", "What's the word for \"{word}\" in {language}, please?",
            "I'm learning {language}. How do I say {word}?", "english to {language}: {word}",
            "Give me the {language} translation of \"{word}\".",
            "Quick question, what do {language} speakers say for \"{word}\"?",
            "I forgot the {language} for \"{word}\", can you remind me?"]
TO_ANSWERS = ["The {language} word for \"{word}\" is **{right}**.", "{right}",
              "\"{word}\" in {language} is \"{right}\".",
              "You would say \"{right}\".", "In {language}: {right}."]

PHRASES_TO = table("""
Spanish | good morning | buenos días/buenos dias/buen día
Spanish | how are you? | cómo estás/como estas/cómo está/qué tal/como está/cómo están/como estás
Spanish | I love you | te amo/te quiero/te adoro
Spanish | see you tomorrow | hasta mañana/nos vemos mañana/te veo mañana
Spanish | where is the bathroom? | dónde está el baño/dónde está el lavabo/donde está el baño/dónde están los \
baños/donde esta el baño
Spanish | good night | buenas noches
Spanish | my name is Anna | me llamo Anna/mi nombre es Anna/me llamo Ana/mi nombre es Ana
Spanish | happy birthday | feliz cumpleaños
Spanish | I'm hungry | tengo hambre/estoy hambriento/estoy hambrienta
Spanish | please | por favor
Spanish | excuse me | perdón/disculpe/con permiso/perdone/disculpa/perdona
Spanish | how much does it cost? | cuánto cuesta/cuánto vale/cuanto cuesta/qué precio tiene
Spanish | I don't understand | no entiendo/no comprendo
French | good morning | bonjour
French | good evening | bonsoir
French | I love you | je t'aime/je vous aime
French | please | s'il vous plaît/s'il te plaît/s'il vous plait/s'il te plait
French | see you soon | à bientôt/a bientôt
French | how are you? | comment ça va/comment allez-vous/comment vas-tu/ça va/comment vas tu/comment allez \
vous/comment tu vas
French | happy birthday | joyeux anniversaire/bon anniversaire
French | my name is Paul | je m'appelle Paul/mon nom est Paul
French | thank you very much | merci beaucoup
French | I'm hungry | j'ai faim
French | enjoy your meal | bon appétit/bon appetit
French | where is the train station? | où est la gare/où se trouve la gare/où se situe la gare
German | good morning | guten Morgen
German | how are you? | wie geht es dir/wie geht es Ihnen/wie geht's/wie geht's dir/wie gehts
German | I love you | ich liebe dich
German | goodbye | auf Wiedersehen/tschüss/auf Wiederhören
German | good night | gute Nacht
German | happy birthday | alles Gute zum Geburtstag/herzlichen Glückwunsch zum Geburtstag
German | I don't know | ich weiß nicht/ich weiß es nicht/ich weiss nicht/keine Ahnung
German | my name is Peter | ich heiße Peter/mein Name ist Peter/ich heisse Peter
German | you're welcome | bitte/bitteschön/bitte schön/gern geschehen/gerne
Italian | good evening | buonasera/buona sera
Italian | I love you | ti amo/ti voglio bene
Italian | good night | buonanotte/buona notte
Italian | how are you? | come stai/come sta/come va
Italian | happy birthday | buon compleanno
Italian | please | per favore/per piacere/per cortesia
""")
PHRASES_FROM = table("""
French | je ne sais pas | I don't know/I do not know/don't know
French | bonne nuit | good night/goodnight
French | comment ça va ? | how are you/how's it going/how is it going/how are things/how are you doing
French | je suis fatigué | I am tired/I'm tired
French | bon voyage | good trip/nice trip/safe travels/good journey/have a good/safe trip/pleasant journey/safe journey
French | quelle heure est-il ? | what time is it/what is the time/what's the time
French | je t'aime | I love you
French | à demain | see you tomorrow/until tomorrow/till tomorrow
French | bonne année | happy new year/good year
French | c'est la vie | that's life/such is life/that is life/it's life/this is life/it is life
French | il fait froid | it is cold/it's cold/it's cold outside/the weather is cold
Spanish | buenas noches | good night/good evening/goodnight
Spanish | ¿cómo te llamas? | what's your name/what is your name/what are you called
Spanish | tengo sed | I am thirsty/I'm thirsty
Spanish | hasta luego | see you later/goodbye/until later/see you soon/until then
Spanish | lo siento | I'm sorry/I am sorry/sorry
Spanish | de nada | you're welcome/you are welcome
Spanish | ¿qué hora es? | what time is it/what is the time/what's the time
Spanish | no hablo español | I don't speak Spanish/I do not speak Spanish
Spanish | mi casa es tu casa | my house is your house/my home is your home
Spanish | hace calor | it's hot/it is hot/the weather is hot
Spanish | feliz navidad | merry Christmas/happy Christmas
German | guten Tag | good day/hello/good afternoon
German | ich liebe dich | I love you
German | wie heißt du? | what's your name/what is your name/what are you called
German | ich habe Hunger | I'm hungry/I am hungry
German | keine Ahnung | no idea/don't know/no clue/do not know
German | frohe Weihnachten | merry Christmas/happy Christmas
German | bis bald | see you soon/until soon/see you later
German | wo wohnst du? | where do you live
Italian | buongiorno | good morning/good day/hello
Italian | come ti chiami? | what's your name/what is your name/what are you called
Italian | mi dispiace | I'm sorry/I am sorry/sorry
Italian | a domani | see you tomorrow/until tomorrow/till tomorrow
Italian | ho fame | I'm hungry/I am hungry
Portuguese | bom dia | good morning/good day
Portuguese | boa noite | good night/good evening/goodnight
Portuguese | eu te amo | I love you
Portuguese | tudo bem? | how are you/all good/everything okay/everything good/everything ok/everything well/is \
everything/all well
Japanese | ohayou gozaimasu | good morning
Chinese | 你好 | hello/hi
Chinese | 我爱你 | I love you
""")
PHRASE_FROM_ASKED = ["What does \"{text}\" mean?", "Translate this {language} phrase to English: {text}",
                     "what does {text} mean in english",
                     "Somebody wrote me \"{text}\" in {language}. What are they saying?", "{text} ({language}) = ?",
                     "Please translate \"{text}\" from {language}.", "How would you put \"{text}\" in English?",
                     "i got a message saying {text}, what is it in english?",
                     "English for the {language} \"{text}\", please."]
PHRASE_TO_ASKED = ["How do you say \"{text}\" in {language}?", "Translate to {language}: {text}",
                   "{language} for \"{text}\"?",
                   "how can i say {text} in {language}",
                   "I'm travelling soon, how would I say \"{text}\" in {language}?",
                   "What's \"{text}\" in {language}?", "Please give me the {language} for \"{text}\".",
                   "say \"{text}\" in {language}", "I want to tell someone \"{text}\" in {language}. What do I say?"]
PHRASE_ANSWERS = ["\"{right}\"", "**{right}**", "{right}", "It is \"{right}\".", "Sure! That would be \"{right}\".",
                  "\"{text}\" translates to \"{right}\"."]

# The key words, with `;` between them, show that a sentence is understood.
SENTENCES_FROM = table("""
French | Le chat dort sur le lit. | The cat sleeps on the bed. | cat; sleeps/sleeping/asleep; bed
French | Je mange une pomme. | I am eating an apple. | eat/eating; apple
French | Mon frère habite à Paris. | My brother lives in Paris. | brother; lives/living
French | Nous allons à la plage demain. | We are going to the beach tomorrow. | beach; tomorrow
French | Elle a deux chiens noirs. | She has two black dogs. | she; two/2; black; dogs
French | Il pleut beaucoup en automne. | It rains a lot in autumn. | rains/raining/rain/rainy; autumn/fall
French | J'ai oublié mes clés au bureau. | I forgot my keys at the office. | forgot/forgotten/left; keys; \
office/desk/work
French | Les enfants jouent dans le jardin. | The children are playing in the garden. | children/kids; play/playing; \
garden/yard
French | Ma voiture est en panne. | My car has broken down. | car; broken/down/broke/breakdown
French | Le livre est sur la table. | The book is on the table. | book; on
French | Je voudrais un café, s'il vous plaît. | I would like a coffee, please. | would like/I'd like/want/could I; \
please
French | Elle travaille à l'hôpital. | She works at the hospital. | works/working/work; hospital
French | Mon père lit le journal tous les matins. | My father reads the newspaper every morning. | father/dad; \
reads/reading; newspaper/paper; morning/mornings
Spanish | El perro corre en el parque. | The dog runs in the park. | dog; runs/running
Spanish | Me gusta el chocolate. | I like chocolate. | I like/I love/I enjoy
Spanish | Mi hermana tiene tres gatos. | My sister has three cats. | sister; three/3; cats
Spanish | Hoy hace mucho frío. | It is very cold today. | today; cold
Spanish | ¿Dónde está la biblioteca? | Where is the library? | where; library
Spanish | Ella bebe leche por la mañana. | She drinks milk in the morning. | drinks/drinking; milk; morning
Spanish | La ventana está abierta. | The window is open. | window; open
Spanish | Ayer compré un coche nuevo. | Yesterday I bought a new car. | yesterday; bought/purchased; new; car
Spanish | El médico llega a las ocho. | The doctor arrives at eight. | doctor; eight/8
Spanish | Mañana voy a visitar a mi abuela. | Tomorrow I am going to visit my grandmother. | tomorrow; visit/see; \
grandmother/grandma
Spanish | No tengo dinero. | I don't have any money. | money; don't/no/do not
Spanish | El tren sale a medianoche. | The train leaves at midnight. | train; midnight
Spanish | Los niños comen pan con queso. | The children eat bread with cheese. | children/kids/boys; bread; cheese
Spanish | Se me perdió el paraguas en el autobús. | I lost my umbrella on the bus. | lost; umbrella; bus
German | Das Haus ist groß. | The house is big. | house; big/large
German | Ich trinke Wasser. | I drink water. | drink/drinking; water
German | Meine Mutter kocht Suppe. | My mother is cooking soup. | mother/mom/mum; cooks/cooking/makes/making; soup
German | Der Zug kommt um neun Uhr. | The train comes at nine o'clock. | train; nine/9
German | Wir haben keine Milch mehr. | We have no more milk. | milk; no/don't/any/out of
German | Heute ist das Wetter schön. | The weather is nice today. | weather; today; \
nice/beautiful/fine/lovely/good/great
German | Er liest ein Buch im Garten. | He is reading a book in the garden. | reads/reading; book; garden/yard
German | Die Kinder gehen zur Schule. | The children go to school. | children/kids; school
German | Ich habe meinen Schlüssel verloren. | I have lost my key. | lost; key/keys
German | Das Mädchen spielt mit dem Hund. | The girl plays with the dog. | girl; plays/playing; dog
Italian | Il bambino mangia una mela. | The child is eating an apple. | child/boy/baby/kid; eats/eating; apple
Italian | Domani andiamo al mare. | Tomorrow we are going to the sea. | tomorrow; sea/seaside/beach
Italian | La mia casa è piccola. | My house is small. | house/home; small/little
Italian | Vorrei un bicchiere di vino rosso. | I would like a glass of red wine. | glass; red; wine
Italian | Mio fratello suona il pianoforte. | My brother plays the piano. | brother; plays/playing
Portuguese | Eu gosto de café com leite. | I like coffee with milk. | like/love; coffee; milk
Portuguese | O gato está na cozinha. | The cat is in the kitchen. | cat; kitchen
Chinese | 我喜欢喝茶。 | I like to drink tea. | like/love/enjoy; tea
""")
SENTENCES_TO = table("""
Spanish | The cat is black. | El gato es negro. | gato/gata; negro/negra
Spanish | I have two brothers. | Tengo dos hermanos. | tengo; dos; hermanos
Spanish | We eat bread with cheese. | Comemos pan con queso. | pan; queso
Spanish | My mother works in a school. | Mi madre trabaja en una escuela. | madre/mamá; trabaja; escuela/colegio
Spanish | The house is very big. | La casa es muy grande. | casa; grande
Spanish | The girl drinks water. | La niña bebe agua. | niña/chica/muchacha; bebe/toma/está bebiendo; agua
Spanish | Tomorrow I will buy a new book. | Mañana compraré un libro nuevo. | mañana; libro; nuevo
Spanish | The children are playing in the street. | Los niños están jugando en la calle. | niños/chicos; \
jugando/juegan; calle
Spanish | It rained all night. | Llovió toda la noche. | llovió/lloviendo/llovido/llovía; noche
French | The dog is white. | Le chien est blanc. | chien/chienne; blanc/blanche
French | I drink coffee in the morning. | Je bois du café le matin. | bois/prends; café; matin
French | She has a red car. | Elle a une voiture rouge. | elle; voiture; rouge
French | My sister lives in London. | Ma sœur habite à Londres. | sœur/soeur; habite/vit; Londres
French | We are going to the beach. | Nous allons à la plage. | allons/va; plage
French | The book is under the bed. | Le livre est sous le lit. | livre; sous; lit
French | He doesn't like fish. | Il n'aime pas le poisson. | aime pas; poisson/poissons
French | I lost my keys yesterday. | J'ai perdu mes clés hier. | perdu; clés/clefs; hier
French | The sky is blue today. | Le ciel est bleu aujourd'hui. | ciel; bleu
German | The dog is small. | Der Hund ist klein. | Hund; klein
German | I drink milk. | Ich trinke Milch. | trinke; Milch
German | My father reads a book. | Mein Vater liest ein Buch. | Vater; liest; Buch
German | The house has a red door. | Das Haus hat eine rote Tür. | Haus; rote; Tür
German | We are going to school today. | Wir gehen heute zur Schule. | gehen; heute; Schule
German | The train is late. | Der Zug hat Verspätung. | Zug; spät/Verspätung/verspätet/zu spät
Italian | The cat drinks milk. | Il gatto beve il latte. | gatto; beve/sta bevendo; latte
Italian | The house is big. | La casa è grande. | casa; grande
Italian | I have a black dog. | Ho un cane nero. | ho; cane; nero
Italian | Tomorrow I am going to Rome. | Domani vado a Roma. | domani; vado/andrò; Roma
""")
SENTENCE_ASKED = ["Translate to {target}: {text}", "Translate this {source} sentence into {target}: \"{text}\"",
                  "{text} -> {target}",
                  "How would you say this in {target}? \"{text}\"",
                  "Can you translate this for me into {target}?\n\n{text}",
                  "Please put the following {source} sentence in {target}: {text}", "what is \"{text}\" in {target}",
                  "I need this in {target}: {text}", "Give me the {target} translation of \"{text}\"",
                  "{source} to {target} please: {text}"]
SENTENCE_ANSWERS = ["{right}", "\"{right}\"", "The translation is: \"{right}\"", "**{right}**",
                    "Sure! In {target}: {right}"]


def different(rows, i):
    """The right answer of another row, not one of row i's own."""
    own = {one.lower() for one in options(rows[i][1])}
    others = [options(row[1])[0] for row in rows[i + 1:] + rows[:i]]
    return next(one for one in others if one.lower() not in own)


def words(rng, tables, phrasings, answers):
    rows = [(word, rights, language) for language, text in tables.items() for word, rights in pairs(text)]
    asked, answered = ways(rng, phrasings), ways(rng, answers)
    for i, (word, rights, language) in enumerate(rows):
        said, answer = {"word": word, "language": language}, next(answered)
        yield Question(next(asked).format(**said), says(*options(rights)),
                       answer.format(right=options(rights)[0], **said),
                       answer.format(right=different(rows, i), **said))


def words_from(rng):
    yield from words(rng, WORDS_FROM, FROM_ASKED, FROM_ANSWERS)


def words_to(rng):
    yield from words(rng, WORDS_TO, TO_ASKED, TO_ANSWERS)


def phrases(rng):
    for rows, phrasings in ((PHRASES_TO, PHRASE_TO_ASKED), (PHRASES_FROM, PHRASE_FROM_ASKED)):
        asked, answered = ways(rng, phrasings), ways(rng, PHRASE_ANSWERS)
        for i, (language, text, rights) in enumerate(rows):
            said, answer = {"text": text, "language": language}, next(answered)
            wrong = different([row[1:] for row in rows], i)
            yield Question(next(asked).format(**said), says(*options(rights)),
                           answer.format(right=options(rights)[0], **said), answer.format(right=wrong, **said))


def mistaken(right, key, other):
    """The translation with another word for one of its key words."""
    for one in options(key):
        right = re.sub(rf"\b{re.escape(one)}\b", other, right, flags=re.I)
    return right


def translated(rng, rows, to_english):
    asked, answered = ways(rng, SENTENCE_ASKED), ways(rng, SENTENCE_ANSWERS)
    for language, text, right, keys in shuffled(rng, rows):
        source, target = (language, "English") if to_english else ("English", language)
        words_of = [key.strip() for key in keys.split(";")]
        wrong = mistaken(right, words_of[-1], "thing" if to_english else "bla")
        said = {"text": text, "source": source, "target": target}
        answer = next(answered)
        yield Question(next(asked).format(**said), both(*(says(*options(key)) for key in words_of)),
                       answer.format(right=right, **said), answer.format(right=wrong, **said))


def sentences(rng):
    yield from translated(rng, SENTENCES_FROM, to_english=True)
    yield from translated(rng, SENTENCES_TO, to_english=False)


KINDS = {"translate-word-from": words_from, "translate-word-to": words_to, "translate-phrase": phrases,
         "translate-sentence": sentences}
