"""Facts that people look up: capitals, science, history, culture and nature.

A line of a table is `question | answer / other spelling | wrong answer`.
"""

import re

from compound import first_named, framed, put
from question import Question, says

CAPITALS = """
France | Paris | Lyon
Germany | Berlin | Munich
Italy | Rome / Roma | Milan
Spain | Madrid | Barcelona
Portugal | Lisbon / Lisboa | Porto
the United Kingdom | London | Manchester
Ireland | Dublin | Cork
Japan | Tokyo | Osaka
China | Beijing / Peking | Shanghai
Russia | Moscow | Saint Petersburg
Canada | Ottawa | Toronto
Australia | Canberra | Sydney
India | New Delhi / Delhi | Mumbai
Brazil | Brasília / Brasilia | Rio de Janeiro
Argentina | Buenos Aires | Córdoba
Greece | Athens | Thessaloniki
Poland | Warsaw / Warszawa | Krakow
Sweden | Stockholm | Gothenburg
Norway | Oslo | Bergen
Denmark | Copenhagen | Aarhus
Finland | Helsinki | Tampere
Austria | Vienna / Wien | Salzburg
Switzerland | Bern / Berne | Zurich
Turkey | Ankara | Istanbul
Hungary | Budapest | Debrecen
Romania | Bucharest / București | Cluj
Ukraine | Kyiv / Kiev | Odesa
Thailand | Bangkok | Phuket
Vietnam | Hanoi / Ha Noi | Ho Chi Minh City
South Korea | Seoul | Busan
New Zealand | Wellington | Auckland
Morocco | Rabat | Casablanca
Kenya | Nairobi | Mombasa
Nigeria | Abuja | Lagos
Ethiopia | Addis Ababa | Asmara
Ghana | Accra | Kumasi
Senegal | Dakar | Bamako
Pakistan | Islamabad | Karachi
Bangladesh | Dhaka / Dacca | Chittagong
Nepal | Kathmandu | Pokhara
Mongolia | Ulaanbaatar / Ulan Bator | Astana
Uruguay | Montevideo | Asunción
Ecuador | Quito | Guayaquil
Colombia | Bogotá / Bogota | Medellín
Venezuela | Caracas | Maracaibo
Jamaica | Kingston | Montego Bay
Slovenia | Ljubljana | Bratislava
Latvia | Riga | Tallinn
Iceland | Reykjavik / Reykjavík | Akureyri
Albania | Tirana | Pristina
Burkina Faso | Ouagadougou | Niamey
Madagascar | Antananarivo | Maputo
Bhutan | Thimphu | Paro
Zambia | Lusaka | Harare
Suriname | Paramaribo | Georgetown
"""

COUNTRIES = """
Cairo | Egypt | Morocco
Santiago | Chile | Peru
Lima | Peru | Bolivia
Havana | Cuba | Haiti
Prague | Czech Republic / Czechia | Slovakia
Brussels | Belgium | the Netherlands
Manila | Philippines | Malaysia
Baghdad | Iraq | Iran
Tehran | Iran | Iraq
Kabul | Afghanistan | Pakistan
Riyadh | Saudi Arabia | Qatar
Sofia | Bulgaria | Romania
Belgrade | Serbia | Croatia
Zagreb | Croatia | Serbia
Vilnius | Lithuania | Latvia
Tallinn | Estonia | Finland
Minsk | Belarus | Ukraine
Tbilisi | Georgia | Armenia
Baku | Azerbaijan | Turkey
Tashkent | Uzbekistan | Kazakhstan
Doha | Qatar | Oman
Amman | Jordan | Syria
Beirut | Lebanon | Libya
Khartoum | Sudan | Chad
Kampala | Uganda | Rwanda
Windhoek | Namibia | Botswana
Phnom Penh | Cambodia | Laos
Suva | Fiji | Samoa
Valletta | Malta | Cyprus
Tegucigalpa | Honduras | Nicaragua
"""

STATES = """
Texas | Austin | Houston
California | Sacramento | Los Angeles
New York | Albany | New York City
Florida | Tallahassee | Miami
Illinois | Springfield | Chicago
Washington | Olympia | Seattle
Colorado | Denver | Boulder
Massachusetts | Boston | Worcester
Georgia | Atlanta | Savannah
Arizona | Phoenix | Tucson
Nevada | Carson City | Las Vegas
Alaska | Juneau | Anchorage
Hawaii | Honolulu | Hilo
Ohio | Columbus | Cleveland
Pennsylvania | Harrisburg | Philadelphia
"""

CAPITAL_ASKED = ["What is the capital of {}?", "capital of {}", "Which city is the capital of {}?",
                 "whats the capital city of {}", "Can you tell me the capital of {}?", "Name the capital of {}.",
                 "Hi, my daughter asks what the capital of {} is. Do you know?", "I need the capital of {}, please.",
                 "We are flying to the capital of {} next month. Which city is that?",
                 "What's the name of the capital of {}? Just the city."]
COUNTRY_ASKED = ["{} is the capital of which country?", "Which country has {} as its capital?",
                 "what country is {} the capital of", "Name the country whose capital is {}.", "{} - capital of what?",
                 "My flight goes to {}. I know it's a capital, but of what country?",
                 "I heard a podcast about {}, the capital of... which country was it again?",
                 "In which country would I be if I was in the capital, {}?"]
STATE_ASKED = ["What is the capital of the US state of {}?", "State capital of {}?",
               "which city is the state capital of {}",
               "In the USA, what's the capital of {} (the state)?",
               "Please give me the capital city of the state of {}."]

SCIENCE = r"""
How many planets are in our solar system? | 8 / eight | 9
Which planet is closest to the sun? | Mercury | Venus
Which planet is called the Red Planet? | Mars | Jupiter
What is the largest planet in the solar system? | Jupiter | Saturn
Which planet is famous for its rings? | Saturn | Mars
Which planet is the farthest from the sun? | Neptune | Pluto
What star is at the center of our solar system? | the Sun / Sun | the North Star
What is the name of our galaxy? | Milky Way | Andromeda
What does the moon orbit? | Earth | Mars
How many moons does Earth have? | 1 / one | two
Roughly how many days does the Moon need for one orbit around the Earth? | 27 / 28 / 29 / 27.3 / 29.5 | 14
What is the chemical symbol for gold? | Au | Go
What is the chemical symbol for silver? | Ag | Si
What is the chemical symbol of iron? | Fe | Ir
What is the chemical symbol for sodium? | Na | So
What is the chemical symbol for potassium? | K | P
Which element has the symbol O? | oxygen | osmium
Which element has the symbol Pb? | lead | phosphorus
Which element has the symbol Hg? | mercury | hydrogen
Which element has the symbol C? | carbon | calcium
Which element has atomic number 1? | hydrogen | helium
What is the formula of water? | H2O / H₂O / H_2O / \text{H}_2\text{O} | HO2
What is the chemical name for table salt? | sodium chloride / NaCl | sodium bicarbonate
What is water made of, which two elements? | hydrogen | carbon and oxygen
What is frozen water called? | ice | steam
At what temperature in Celsius does water boil at sea level? | 100 | 90
At what temperature in Celsius does water freeze? | 0 / zero | 10
At what temperature in Fahrenheit does water freeze? | 32 | 0
What gas do plants take in from the air to make their food? | carbon dioxide / CO2 / CO₂ | oxygen
Which gas makes up most of the air around us? | nitrogen / N2 | oxygen
Which gas do we need to breathe to stay alive? | oxygen / O2 | nitrogen
What is the process called by which plants make food from sunlight? | photosynthesis | respiration
What force pulls things down to the ground? | gravity / gravitation / gravitational | magnetism
What is the unit of electrical resistance? | ohm / ohms | volt
What is the unit of electric current? | ampere / amperes / amp / amps | watt
What is the unit of force named after an English scientist? | newton / newtons | joule
In which unit do we measure electric power? | watt / watts / kilowatt / kilowatts | ohm
What is the SI unit of temperature? | kelvin / kelvins | Fahrenheit
What is faster, light or sound? | light | sound
What do you call the center of an atom? | nucleus | electron
Which particle in an atom has a negative charge? | electron / electrons | proton
Which particle in an atom has a positive charge? | proton / protons | electron
Which particle in the nucleus carries no charge? | neutron / neutrons | electron
What is the hardest natural material? | diamond / diamonds | granite
What is the only metal that is liquid at room temperature? | mercury | lead
What does DNA stand for? | deoxyribonucleic acid | dinucleic acid
What is the powerhouse of the cell? | mitochondria / mitochondrion | nucleus
What instrument is used to look at very small things like cells? | microscope | telescope
What instrument do we use to look at distant stars? | telescope / telescopes | microscope
What instrument measures air pressure? | barometer | thermometer
Which instrument shows where north is? | compass | barometer
What instrument is used to measure temperature? | thermometer | barometer
What device records earthquakes? | seismograph / seismometer | barometer
What is the pH of pure water? | 7 / seven / 7.0 | 5
Is a pH of 3 acidic or alkaline? | acidic / acid | alkaline
What kind of rock forms from cooled lava? | igneous / basalt | sedimentary
What type of rock is marble? | metamorphic | igneous
What do we call the change from a liquid to a gas? | evaporation / vaporization / vaporisation / boiling | melting
What do we call the change from a gas to a liquid? | condensation / condensing / condenses | evaporation
What do we call the change straight from solid to gas? | sublimation | evaporation
What is the speed of light in km/s, roughly? | 300,000 / 300000 / 300 000 / 299,792 / 299792 | 30,000
About how many minutes does sunlight take to reach Earth? | 8 / eight / 8.3 / 8.33 | 20
How many bits are in a byte? | 8 / eight | 16
What does CPU stand for? | central processing unit | computer power unit
What number base does binary use? | 2 / two / base-2 | 10
What is the study of living things called? | biology | geology
What is the study of earthquakes called? | seismology | geology
What do you call a scientist who studies the weather? | meteorologist | astrologer
What science studies stars and planets? | astronomy | astrology
What vitamin does our skin make in sunlight? | vitamin D / D3 | vitamin C
Which vitamin are oranges famous for? | vitamin C / C | vitamin A
What mineral do bones need most, also found in milk? | calcium | iron
Which metal is in steel besides a bit of carbon? | iron | copper
Bronze is a mix of copper and which other metal? | tin | zinc
Brass is copper mixed with what? | zinc | tin
Which noble gas makes balloons float? | helium | neon
What gas makes the bubbles in soda? | carbon dioxide / CO2 / CO₂ | oxygen
What do magnets attract most, wood, iron or glass? | iron | wood
What are the three usual states of matter? Solid, liquid and...? | gas / gases | ice
Through which does sound travel faster, air or water? | water | air
What color of the rainbow comes between yellow and blue? | green | orange
What happens to most materials when heated: do they expand or shrink? | expand / they expand / expands | shrink
How long does the Earth need for a trip around the sun? | 365 / 365.25 / 365.24 / one year / a year / 1 year | 24 hours
How long does one rotation of the Earth take, about? | 24 / 23 / one day / a day / 1 day | 365 days
"""

HISTORY = """
Who was the first president of the United States? | Washington | Thomas Jefferson
Which US president ended slavery and was shot in a theater? | Lincoln | George Washington
Who was the first man on the moon? | Armstrong | Buzz Aldrin
In what year did people first land on the moon? | 1969 | 1959
Who was the first human in space? | Gagarin | John Glenn
When did World War II end? | 1945 | 1939
When did the Second World War begin in Europe? | 1939 | 1941
In which year did World War I start? | 1914 | 1918
What year did the First World War end? | 1918 | 1914
In which year did the Berlin Wall fall? | 1989 | 1991
When did Columbus first reach the Americas? | 1492 | 1776
What year is on the US Declaration of Independence? | 1776 | 1812
In which year did the French Revolution begin? | 1789 | 1815
When did the Titanic sink? | 1912 | 1905
In which year was the Battle of Hastings? | 1066 | 1166
When was the Magna Carta sealed? | 1215 | 1315
In what year did the Soviet Union break up? | 1991 | 1985
When did Hitler come to power in Germany? | 1933 | 1939
In which year was John F. Kennedy shot? | 1963 | 1968
In what year was Martin Luther King killed? | 1968 | 1963
When did India become independent from Britain? | 1947 | 1957
What year did the euro notes and coins come into use? | 2002 | 1995
In which year were the World Trade Center towers in New York destroyed? | 2001 | 1999
When was the great fire of London? | 1666 | 1766
In which year did Constantinople fall to the Ottomans? | 1453 | 1553
Who was emperor of the French and lost at Waterloo? | Napoleon / Bonaparte | Louis XIV
When was the battle of Waterloo? | 1815 | 1715
Who led Britain as prime minister for most of World War II? | Churchill | Neville Chamberlain
Who was the president of South Africa after many years in prison? | Mandela | Desmond Tutu
Who led the Indian independence movement with nonviolence? | Gandhi | Nehru
Which queen ruled Britain for most of the 19th century? | Victoria | Elizabeth I
Which king of England had six wives? | Henry VIII / Henry the Eighth / Henry the 8th / Henry 8 | Charles I
Who was the last pharaoh of Egypt, loved by Caesar and Mark Antony? | Cleopatra | Nefertiti
Which Roman leader was murdered on the Ides of March? | Caesar | Nero
Who was the first emperor of Rome? | Augustus / Octavian | Nero
Which city was buried by Mount Vesuvius in the year 79? | Pompeii / Herculaneum | Rome
Who crossed the Alps with elephants to fight Rome? | Hannibal | Attila
Who was the teacher of Alexander the Great? | Aristotle | Socrates
Which Greek philosopher had to drink poison? | Socrates | Plato
Who was the famous leader of the Huns? | Attila | Genghis Khan
Who founded the Mongol Empire? | Genghis Khan / Genghis / Chinggis / Temujin / Temüjin | Marco Polo
Which Venetian traveler wrote about his journey to China? | Marco Polo / Polo | Columbus
Whose expedition was the first to sail around the world? | Magellan / Elcano / Magellan's | Columbus
Which Portuguese sailor found the sea route to India? | da Gama | Magellan
Who led the Spanish conquest of the Aztecs? | Cortés / Cortes / Cortez | Pizarro
Who conquered the Inca empire for Spain? | Pizarro | Cortés
In which country did the Inca city Machu Picchu lie? | Peru | Mexico
Which people built the pyramids at Giza? | Egyptians / Egyptian / ancient Egypt | the Romans
Who built the Colosseum, the Greeks or the Romans? | Romans / Roman | the Greeks
Which Roman wall in England was built against the tribes of Scotland? | Hadrian's / Hadrians / Hadrian | the Berlin Wall
Which ship brought the Pilgrims to America in 1620? | Mayflower | Santa Maria
Which country gave the Statue of Liberty to the USA? | France / French | England
Who nailed the 95 theses to a church door? | Luther | John Calvin
Which woman led French soldiers and was burned at the stake in 1431? | Joan / Jeanne d'Arc | Marie Antoinette
Which French queen was beheaded in 1793? | Marie Antoinette / Antoinette | Joan of Arc
Which French king was called the Sun King? | Louis XIV / Louis the Fourteenth / Louis 14 | Louis XVI
Who was the leader of the Soviet Union during World War II? | Stalin | Lenin
Who led the October Revolution in Russia in 1917? | Lenin | Stalin
Who was the last tsar of Russia? | Nicholas II / Nicholas the Second / Nicholas / Nikolai II | Ivan the Terrible
Which empress of Russia, born in Germany, is called the Great? | Catherine / Catherine II | Anastasia
Who was the fascist dictator of Italy? | Mussolini | Franco
Who ruled Spain as a dictator until 1975? | Franco | Mussolini
Which revolutionary led Cuba from 1959? | Castro | Che Guevara
Who was the first chancellor of the German Empire? | Bismarck | Adenauer
Who founded the Turkish republic? | Atatürk / Ataturk / Mustafa Kemal | Erdogan
Which Chinese leader founded the People's Republic in 1949? | Mao / Mao Zedong / Mao Tse-tung | Sun Yat-sen
Which US president was in office during the Great Depression and most of World War II? | Roosevelt / FDR | Truman
Which US president resigned because of Watergate? | Nixon | Carter
Who was the US president right after Kennedy was killed? | Johnson / LBJ | Nixon
On which city was the first atomic bomb dropped in war? | Hiroshima | Nagasaki
Which harbor in Hawaii did Japan attack in 1941? | Pearl Harbor / Pearl Harbour | Honolulu Bay
In which region of France did the Allies land on D-Day? | Normandy / Normandie | Brittany
Who was the girl who wrote a diary while hiding in Amsterdam? | Anne Frank / Frank | Sophie Scholl
Who refused to give up her bus seat in Montgomery in 1955? | Rosa Parks / Parks | Harriet Tubman
Who was the nurse known as the lady with the lamp? | Nightingale | Clara Barton
Which disease was called the Black Death? | plague / bubonic | cholera
In which century was the Black Death in Europe? | 14th / fourteenth / 1300s | 17th century
Which war was fought between the North and the South of the USA? | Civil War | War of Independence
In what year did the American Civil War end? | 1865 | 1861
Which country did the US fight in the War of Independence? | Britain / England / British / United Kingdom / UK | France
Where did the ancient Olympic Games begin, in which country? | Greece | Italy
In which year were the first modern Olympic Games held? | 1896 | 1924
What is the picture writing of ancient Egypt called? | hieroglyphs / hieroglyphics / hieroglyphic | cuneiform
Which empire did Charlemagne rule, the Franks or the Ottomans? | Franks / Frankish / Carolingian | the Ottomans
What were Japanese warriors with swords called? | samurai | ninjas
Where did the Vikings come from? | Scandinavia / Norway / Denmark / Sweden / Scandinavian | Italy
"""

CULTURE = """
Who wrote Romeo and Juliet? | Shakespeare | Charles Dickens
Who wrote the Harry Potter books? | Rowling | Tolkien
Who wrote The Lord of the Rings? | Tolkien | C. S. Lewis
Who is the author of Oliver Twist? | Dickens | Mark Twain
Who wrote Pride and Prejudice? | Austen | Charlotte Brontë
Who wrote 1984? | Orwell | Aldous Huxley
Who wrote the novel Brave New World? | Huxley | George Orwell
Who wrote Moby-Dick? | Melville | Ernest Hemingway
Who wrote The Old Man and the Sea? | Hemingway | Melville
Who is the author of War and Peace? | Tolstoy / Tolstoi | Dostoevsky
Who wrote Crime and Punishment? | Dostoevsky / Dostoyevsky / Dostoevskii | Tolstoy
Who wrote Don Quixote? | Cervantes | Lope de Vega
Who wrote Faust, the German play? | Goethe / Marlowe | Schiller
Who wrote The Metamorphosis, where a man wakes up as an insect? | Kafka | Thomas Mann
Who wrote the Divine Comedy? | Dante / Alighieri | Petrarch
Who is said to have written the Odyssey? | Homer | Virgil
Who wrote Frankenstein? | Shelley | Bram Stoker
Who wrote Dracula? | Stoker | Mary Shelley
Who created Sherlock Holmes? | Conan Doyle / Doyle | Agatha Christie
Who invented the detective Hercule Poirot in her novels? | Christie | Conan Doyle
Who wrote Alice in Wonderland? | Carroll / Dodgson | J. M. Barrie
Who wrote The Little Prince? | Exupéry / Exupery | Jules Verne
Who wrote Around the World in Eighty Days? | Verne | Victor Hugo
Who is the author of Les Misérables? | Hugo | Balzac
Who wrote The Three Musketeers? | Dumas | Victor Hugo
Who wrote The Adventures of Tom Sawyer? | Twain / Clemens | Jack London
Who wrote To Kill a Mockingbird? | Harper Lee / Lee | Toni Morrison
Who wrote The Great Gatsby? | Fitzgerald | Hemingway
Who wrote The Catcher in the Rye? | Salinger | Steinbeck
Who wrote One Hundred Years of Solitude? | García Márquez / Garcia Marquez / Márquez / Marquez | Vargas Llosa
Who wrote the play A Doll's House? | Ibsen | Strindberg
Who wrote The Jungle Book? | Kipling | Roald Dahl
Who wrote Charlie and the Chocolate Factory? | Dahl | Dr. Seuss
Who wrote The Cat in the Hat? | Seuss / Geisel | Roald Dahl
Who wrote the story The Little Mermaid? | Andersen | the Brothers Grimm
Who painted the Mona Lisa? | Leonardo / da Vinci | Michelangelo
Who painted The Starry Night? | van Gogh / Gogh | Monet
Who painted the ceiling of the Sistine Chapel? | Michelangelo | Raphael
Who painted Guernica? | Picasso | Dalí
Who painted The Scream? | Munch | van Gogh
Who painted Girl with a Pearl Earring? | Vermeer | Rembrandt
Who painted The Night Watch? | Rembrandt | Vermeer
Which painter is famous for water lilies? | Monet | Renoir
Who painted The Persistence of Memory with the melting clocks? | Dalí / Dali | Picasso
Who painted The Kiss, full of gold, in Vienna? | Klimt | Schiele
Who painted The Birth of Venus? | Botticelli | Raphael
Which Mexican painter made many self-portraits with flowers in her hair? | Kahlo / Frida | Georgia O'Keeffe
Which artist made prints of Campbell's soup cans? | Warhol | Jackson Pollock
Who made the statue The Thinker? | Rodin | Michelangelo
Who composed the Moonlight Sonata? | Beethoven | Mozart
Who composed The Magic Flute? | Mozart | Beethoven
Who composed The Four Seasons? | Vivaldi | Bach
Who wrote the music for Swan Lake? | Tchaikovsky / Tchaikovski / Tschaikowsky | Stravinsky
Who composed the Messiah with the Hallelujah chorus? | Handel / Händel / Haendel | Haydn
Who composed the Brandenburg Concertos? | Bach | Vivaldi
Who composed the opera Carmen? | Bizet | Verdi
Who composed the opera Aida? | Verdi | Puccini
Who composed The Rite of Spring? | Stravinsky | Shostakovich
Who composed Boléro? | Ravel | Debussy
Which composer is known for the Blue Danube waltz? | Strauss | Schubert
Which Polish composer wrote nocturnes for the piano? | Chopin | Liszt
Who composed the Ring cycle of operas? | Wagner | Verdi
Who invented the telephone? | Bell / Meucci | Thomas Edison
Who invented a practical electric light bulb in 1879? | Edison / Swan | Nikola Tesla
Which brothers made the first powered airplane flight? | Wright / Wrights | Montgolfier
Who brought printing with movable type to Europe? | Gutenberg | Luther
Who invented dynamite? | Nobel | Alfred Krupp
Who discovered penicillin? | Fleming | Louis Pasteur
Who came up with the theory of relativity? | Einstein | Isaac Newton
Who wrote On the Origin of Species? | Darwin | Mendel
Who invented the World Wide Web? | Berners-Lee / Berners Lee | Bill Gates
Who discovered radium together with her husband? | Curie | Rosalind Franklin
Who formulated the laws of motion and of gravity, supposedly after an apple fell? | Newton | Galileo
Which astronomer said that the Earth goes around the sun in a book of 1543? | Copernicus | Kepler
Who invented the reading system of raised dots for the blind? | Braille | Morse
Who made the first vaccine, against smallpox? | Jenner | Pasteur
Who invented the battery with metal discs in 1800? | Volta | Faraday
What instrument has 88 keys, black and white? | piano | guitar
How many strings does a violin have? | 4 / four | 6
How many strings does a normal guitar have? | 6 / six | 4
Which band sang Yesterday and Hey Jude? | Beatles | the Rolling Stones
Which band made Bohemian Rhapsody? | Queen | ABBA
Which Swedish group sang Dancing Queen? | ABBA | Roxette
Who is called the King of Pop? | Michael Jackson / Jackson | Elvis Presley
Who was known as the King of Rock and Roll? | Elvis / Presley | Michael Jackson
Who directed the film Jaws? | Spielberg | George Lucas
Who directed Psycho and The Birds? | Hitchcock | Stanley Kubrick
Which country does sushi come from? | Japan | China
From which country does pizza come? | Italy | Greece
In which city is the Eiffel Tower? | Paris | London
In which city is the Louvre? | Paris | Rome
In what city is the Sagrada Família? | Barcelona | Madrid
Where is the Taj Mahal, in which country? | India | Pakistan
"""

NATURE = """
How many legs does a spider have? | 8 / eight | 6
How many legs does an insect have? | 6 / six | 8
What is the largest animal on Earth? | blue whale / blue whales / whale | the elephant
What is the tallest animal? | giraffe / giraffes | the elephant
What is the fastest land animal? | cheetah / cheetahs | the lion
What is the biggest bird in the world? | ostrich / ostriches | the eagle
What do you call a baby cat? | kitten / kittens | a cub
What do you call a baby dog? | puppy / pup / puppies | a kitten
What is a baby sheep called? | lamb / lambs | a calf
What is a baby cow called? | calf / calves | a lamb
What is a young horse called? | foal / colt / filly | a calf
What is a baby kangaroo called? | joey / joeys | a cub
What is a baby swan called? | cygnet / cygnets | a duckling
What is a baby frog called? | tadpole / tadpoles / froglet | a caterpillar
What do you call a female fox? | vixen / vixens | a doe
What is a male chicken called? | rooster / cock / cockerel | a hen
What is a group of wolves called? | pack / packs | a herd
What do you call a group of lions? | pride / prides | a pack
What do caterpillars turn into? | butterfly / butterflies / moth / moths | bees
What do bees make that we eat? | honey | milk
What do pandas mostly eat? | bamboo | fish
What do koalas eat? | eucalyptus / gum leaves | bamboo
Which animal is known as the king of the jungle? | lion / lions | the tiger
Which black and white bird can't fly and lives in the Antarctic? | penguin / penguins | the seagull
Is a dolphin a fish or a mammal? | mammal / mammals | a fish
Is a frog an amphibian or a reptile? | amphibian / amphibians | a reptile
Which mammal can truly fly? | bat / bats | the squirrel
Which mammals lay eggs? Name one. | platypus / echidna / echidnas / platypuses | the kangaroo
What is the only continent where kangaroos live in the wild? | Australia / Oceania | Africa
How many arms does an octopus have? | 8 / eight | 10
How many hearts does an octopus have? | 3 / three | 1
Which animal has black and white stripes and looks like a horse? | zebra / zebras | the donkey
Which reptile changes its color? | chameleon / chameleons | the snake
What do you call animals that eat only plants? | herbivore / herbivores / herbivorous | carnivores
What do you call animals that eat only meat? | carnivore / carnivores / carnivorous | omnivores
What are animals with a backbone called? | vertebrate / vertebrates | invertebrates
Which tree do acorns grow on? | oak / oaks | the pine
What does a grape become when it is dried? | raisin / raisins | a prune
What is a dried plum called? | prune / prunes | a raisin
What tree gives us dates? | palm / date palm / palms | the oak
What plant is used to make linen? | flax | cotton
What plant is tequila made from? | agave | sugar cane
Which grain is whisky often made from, and beer too? | barley / malt | rice
What part of a plant takes up water from the soil? | root / roots | the leaves
What color is chlorophyll? | green | red
What is the sweet liquid in flowers called? | nectar | honey
What gets carried from flower to flower by bees? | pollen | water
How do we call trees that lose their leaves in autumn? | deciduous | evergreen
How do we call trees that keep their leaves or needles all year? | evergreen / evergreens | deciduous
What organ pumps blood through the body? | heart | the lungs
With which organ do we breathe? | lung / lungs | the heart
What organ cleans the blood and makes urine? | kidney / kidneys | the liver
What is the largest organ of the human body? | skin | the liver
What is the longest bone in the human body? | femur / thigh bone / thighbone | the spine
How many bones does an adult human have? | 206 | 300
How many teeth does an adult usually have, wisdom teeth included? | 32 | 28
How many chambers does the human heart have? | 4 / four | 2
What part of the eye is colored? | iris | the pupil
What is the black opening in the middle of the eye called? | pupil | the iris
What carries blood away from the heart? | artery / arteries / aorta | veins
What is the voice box called in medicine? | larynx | pharynx
What is the kneecap called in medicine? | patella | femur
What joint is in the middle of the leg? | knee | the elbow
In which part of the body is the smallest bone, the stapes? | ear / ears / middle ear | the nose
How many fingers are on one hand, the thumb included? | 5 / five | 4
What makes blood red? | hemoglobin / haemoglobin / iron | oxygen
What is the illness called where the body lacks insulin and blood sugar gets too high? | diabetes | anemia
Which organ makes insulin? | pancreas | the kidney
What is the largest ocean? | Pacific | the Atlantic
What is the longest river in Africa? | Nile | the Congo
Which river flows through London? | Thames | the Seine
Which river flows through Paris? | Seine | the Rhine
Which river runs through Vienna and Budapest? | Danube / Donau | the Rhine
What is the highest mountain in the world? | Everest / Mount Everest | K2
What is the highest mountain in Africa? | Kilimanjaro | Mount Kenya
What is the highest mountain of Japan? | Fuji / Mount Fuji | Mount Aso
What is the largest continent? | Asia | Africa
What is the smallest continent? | Australia / Oceania | Europe
How many continents are there, as taught in American schools? | 7 / seven | 5
What is the largest hot desert? | Sahara | the Gobi
What is the largest country by area? | Russia | China
What is the smallest country in the world? | Vatican | Monaco
Which country looks like a boot on the map? | Italy | Spain
Which island country lies south-east of India? | Sri Lanka | Madagascar
On which continent is Egypt? | Africa | Asia
On which continent is Brazil? | South America | Africa
In which country are the Great Pyramids? | Egypt | Mexico
What is the largest rainforest in the world? | Amazon | the Congo
Which sea lies between Europe and Africa? | Mediterranean | the Black Sea
Which mountains separate France and Spain? | Pyrenees | the Alps
Which canal links the Mediterranean and the Red Sea? | Suez | Panama
Which waterfall is on the border of the US and Canada? | Niagara | Victoria Falls
Which lake is the deepest in the world? | Baikal | Lake Superior
Do polar bears live in the Arctic or in the Antarctic? | Arctic | the Antarctic
What season comes after winter? | spring | summer
"""


def rows(table):
    """(question, answers, wrong answer) of each line of a table."""
    for line in table.strip().splitlines():
        question, answers, wrong = (part.strip() for part in line.split(" | "))
        yield question, [answer.strip() for answer in answers.split(" / ")], wrong


def named(rng, table, asked, sentence):
    """Questions on the names in a table, each in one of the ways of `asked`."""
    for name, answers, wrong in rows(table):
        prompt = rng.choice(asked).format(name)
        whole = rng.random() < 0.5
        right, bad = ((sentence.format(name, one) if whole else framed(rng, one)) for one in (answers[0], wrong))
        yield Question(prompt[0].upper() + prompt[1:] if rng.random() < 0.7 else prompt, says(*answers), right, bad)


def capitals(rng):
    yield from named(rng, CAPITALS, CAPITAL_ASKED, "The capital of {} is **{}**.")
    yield from named(rng, COUNTRIES, COUNTRY_ASKED, "{} is the capital of {}.")
    yield from named(rng, STATES, STATE_ASKED, "The state capital of {} is {}, not the biggest city as many think.")


def told(question, answers, wrong):
    """An answer is named; where the question names it already, before the wrong one."""
    given = any(re.search(rf"\b{re.escape(answer)}\b", question, re.I) for answer in answers)
    return first_named(answers, [wrong.removeprefix("the ")]) if given else says(*answers)


def facts(table):
    """Questions on a table, put as different people do."""
    def make(rng):
        for question, answers, wrong in rows(table):
            yield Question(put(rng, question), told(question, answers, wrong), framed(rng, answers[0]),
                           framed(rng, wrong))
    return make


KINDS = {"capitals": capitals, "science-facts": facts(SCIENCE), "history-facts": facts(HISTORY),
         "culture-facts": facts(CULTURE), "nature-facts": facts(NATURE)}
