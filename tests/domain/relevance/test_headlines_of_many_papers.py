"""Headlines of our own as many papers write them, and those that only sound like the region."""

import pytest

from newsletter.domain.relevance.classifier import TopicClassifier
from newsletter.topics.load import bundled_topic
from tests.domain.tables import headlines

JUDGE = TopicClassifier(bundled_topic("middle-east"))

OURS = """
‘We had nothing left to burn’: winter in the tents of Khan Younis
    Families who have moved nine times since the bombing began describe a night of wind and floods
Six months after the fall of Assad, a baker rebuilds in Douma
    Ghouta’s ovens are lit again, but flour is dear
Settlers torch olive groves near Ramallah as army looks on
    Farmers in Turmus Ayya say soldiers blocked the fire engines
What is the Rapid Support plan for Taiz, and will the front lines move?
    Yemen’s third city has been besieged for a decade
Netanyahu Dissolves War Council After Gantz Exit
    The prime minister faces pressure from the right to widen the fight
U.S. Strikes Militia Depots After Drone Attack
    Kataib Hezbollah had claimed the assault on troops near Erbil
The Islamic Republic has run out of money and water
    Tehran’s taps are drying up and so is its treasury
Why Lebanon’s bankers fear an honest audit
    Depositors have waited six years
Germany halts arms exports that could be used in Gaza
    Chancellor Merz said the decision followed Israel's plan to take Gaza City
Macron arrives in Beirut to push for reforms
    The French president will meet Lebanese leaders
Tunisia's Saied sacks prime minister in overnight decree
    It is the third dismissal in two years
Saudi Arabia's PIF trims U.S. equity holdings
    The sovereign fund disclosed the cuts in a filing
IAEA chief Grossi says inspectors back at Fordow
    He spoke after talks with Iranian officials
Egypt unveils tomb of a scribe at Saqqara
    The burial shaft held 14 coffins
Iraq's parliament elects a speaker after months of deadlock
    Lawmakers in Baghdad voted in a second round
'Bodies everywhere': Inside the prison at Sednaya
    Our correspondent walks the cells that Assad's men left behind
Nasrallah's funeral draws vast crowd
    The militia leader was killed in an air strike last autumn
Sharaa vows to hold elections within four years
    The interim president spoke in an interview
Mossad chief flies to Paris for truce talks
    The spymaster will meet the CIA director and Qatar's prime minister
QatarEnergy signs 27-year LNG deal with Sinopec
    It is the longest such contract yet
ADNOC buys stake in Mozambique gas
    The Emirati oil giant said it would pay in cash
Peshmerga and army trade fire near Kirkuk
    Two soldiers were wounded in the Iraqi province
Kurdish-led SDF agrees to merge with Syrian army
    Mazloum Abdi signed in Damascus
Hajj begins in searing heat
    More than 1.6 million pilgrims have reached Mecca
Suez Canal revenue halves as ships go round the Cape
    Egypt has lost 7bn dollars to attacks by the Houthis
Oct. 7 inquiry opens with testimony from border kibbutz
    Survivors told of hours without help
Hezbollah's pagers: the plot behind the blasts
    A shell firm in Budapest sold the devices
Algeria recalls ambassador from Paris
    President Tebboune's office cited the Sahara
Oman's sultan pardons 300 prisoners
    The decree marks National Day
Bahrain jails cleric for sermon
    A court in the capital passed the sentence
Jordan shoots down drones that crossed its airspace
    The army said debris fell near Irbid
Damascus church bombing kills 22
    The interior ministry blamed Islamic State
Oslo accords: thirty years of a broken promise
    Rabin and Arafat never saw the final status talks
Madrid's foreign minister in Cairo to discuss Gaza rebuilding
    Spain will send engineers
Israel Police arrest 12 at draft protest
    Ultra-Orthodox men blocked a road in Bnei Brak
Northern Israel on edge as sirens return
    Schools stayed shut in Kiryat Shmona
Rockets hit southern Israel Monday
    No one was hurt, medics said
Yair Lapid quits as opposition leader
    He will not run again
Hakan Fidan in Moscow for talks on gas
    The minister meets his Russian counterpart
Druze fighters hold the road to Suwayda
    A ceasefire has mostly held
Muqtada al-Sadr to boycott the vote
    The cleric called all candidates corrupt
UNRWA schools reopen in tents
    The agency teaches 60,000 children
Dubai sweets maker sues over name
    A court in the emirate will hear the case
Yemeni al Qaeda leader is dead, group says
    Khalid Batarfi had led AQAP since 2020
The shah's last photographer tells his story
    He left Tehran on the same plane
Israel-Hamas war live: aid trucks enter through Kerem Shalom
    Follow the latest updates
Palestinian olive oil wins prize in Milan
    The farmers could not get visas
Trump to skip Jerusalem on regional tour
    He will stop in Riyadh, Doha and Abu Dhabi
Why is everyone talking about Qalibaf?
    Iran's parliament speaker has become its face
Gaza's last bakery shuts
    Flour ran out on Thursday, the WFP said
Barrack: sanctions relief is coming
    The envoy spoke in Damascus
A river of tents in Al-Mawasi
    Displaced families say there is no room left
Starmer recognises Palestinian state
    The UK joins France and Canada
UK sanctions settlers
    Four outposts in the West Bank were named
Mazloum Abdi: we will not lay down arms
    The commander spoke in Hasakah
Istanbul mayor's diploma ruling upheld
    The court said Imamoglu's transfer was irregular
Bazaar strikes spread as rial hits record low
    Shops in Tehran stayed shut for a third day
ICC issues warrants for Netanyahu and Gallant
    Judges cited starvation as a weapon
Settler violence hits record in October
    The UN counted 264 attacks on Palestinians
Red Sea cables cut; internet slows from Jeddah to Mumbai
    Repair ships are waiting for permits
Netanyahu asks Herzog for pardon
    The president said he would take advice
Yemen: UN staff held by the Houthis
    Fifty-nine are in detention in Sanaa
Sudan gold flows to Dubai despite ban
    Traders in the souk ask no questions
Kuwait strips 50,000 of citizenship
    Families learned from the gazette
Turkish drone maker buys Piaggio
    Baykar will keep the Italian plant
Grand Egyptian Museum opens at last
    Tutankhamun's treasures fill two halls
Egypt frees Alaa Abd el-Fattah
    The activist was pardoned by Sisi
Tunisia sentences opposition figures to decades
    Lawyers called it a farce
UNIFIL says tank fired on patrol
    No one was hurt
Pezeshkian: we may have to evacuate the capital
    There is no water behind the dams
Nowruz under fire
    Families in Tehran set the table by candlelight
Ahmed al-Sharaa at the White House
    He is the first Syrian leader to visit
Bibi's gamble
    Elections may come by spring as Likud splits
Opec+ pauses output increases
    Saudi Arabia and Russia cited weak demand
Khamenei rejects talks
    “It is not a negotiation but a diktat,” he said
"""
OTHERS = """
Jordan Whitfield Breaks School Record in the 400 Meters
    Jordan Whitfield, a junior, ran it in 47.1 seconds.
Jordan Peele to produce remake
    The director says he has wanted to do it for years
Where to buy a Thanksgiving turkey
    Prices are down this year
Turkey trot draws 4,000 runners in Dallas
    The Thanksgiving race is in its 50th year
Lebanon, New Hampshire, gets a new rail trail
    The path runs along the river
Storm forms in the Gulf of Mexico
    It may reach Louisiana by Friday
Gulf Coast braces for hurricane
    Mobile and Biloxi ordered people inland
Cyprus reunification talks set for March
    The two leaders met in Nicosia
Chad Morton is named coach of the year
    Morton took over in 2021
Persian cats are back in fashion
    Breeders say the flat face is out
How to clean a Persian rug
    Never use hot water
Cairo, Illinois, gets its first grocery in a decade
    The cooperative opens in June
Palestine, Texas, votes to keep its mayor
    Turnout was 31 percent
East Palestine residents get new water tests
    A train burned in the Ohio town
Bethlehem, Pa., turns steel mill into arts campus
    The plant shut in 1995
The Iliad, retold from the walls of Troy
    A novelist gives Helen the last word
Doha round of trade talks is dead, says WTO veteran
    Members in Geneva could not agree on farm subsidies
Manchester City’s owners approve stadium plan
    The club wants 7,000 more seats
Verstappen on pole for Bahrain Grand Prix
    The champion was a tenth clear
Argentina win World Cup in Qatar after shootout
    Messi lifts the trophy at last
Synagogue in Lyon daubed with swastikas
    France has seen a rise in antisemitic acts since the war in Gaza
Crude slides on China demand worries
    Brent fell below $70 as traders shrugged off OPEC cuts
Berlin integration course: ten years on
    Germany took in a million people, many of them Syrians
Turkey bacon is not healthier, dietitians say
    It has as much salt
Michael Jordan's rookie card sells for $2m
    The auction was in New Jersey
Wild Turkey distillery to expand in Kentucky
    The bourbon maker will add a still
Turkey Point reactor shut for repairs
    The Florida plant will be back in a week
Best Sharm and Dubai getaways for half-term
    Holiday deals from Gatwick
Petra Novak wins Prague mayoral race
    She took 54 percent
Egypt Valley trail reopens
    The Ohio park was flooded
The Papers: 'Iran on the brink' and 'Tax bombshell'
    A review of Tuesday's front pages
Your Tuesday briefing: Floods in Spain, strikes on Iran
    Here's what you need to know
Hummus recipe: the secret is ice
    Serve with flatbread
Al Hilal beat Manchester City in seven-goal thriller
    The striker hit the winner in extra time
Salah signs new deal at Liverpool
    The Egyptian forward stays until 2027
Iraq war veteran elected mayor of Tulsa
    He served two tours and ran on roads and schools.
Kabul's women runners train in secret
    The Taliban banned sport for girls
Nigeria: ISIS-linked fighters raid army base
    Troops in Borno were killed
Sudan: el-Fasher falls
    The RSF took the city after an 18-month siege
Palestine Action defendants go on trial in London
    They are accused of breaking into an arms factory
Bollywood star rings in new year in Dubai
    The actor posted photos from a yacht
Emirates Stadium expansion gets go-ahead
    Arsenal will add 10,000 seats
Cedar Rapids Lebanon fire hall sold
    The Iowa building dates from 1910
Mount Lebanon school board elects chair
    The Pittsburgh suburb voted for a newcomer
Oil rises on storm in the Gulf of Mexico
    Platforms were cleared
Afghan earthquake kills 800
    Helicopters reached Kunar on Monday
Pakistan and Afghanistan agree to truce
    Talks were hosted in Doha
Morocco Gen Z protests spread
    Young people want hospitals, not stadiums
Dubai chocolate is everywhere. Why?
    Pistachio prices have doubled in Europe
Lebanon County farmers count frost losses
    Orchards in Pennsylvania were hit
Turkey prices hit record ahead of holiday
    Bird flu cut flocks in Minnesota
F1: Norris takes title in Abu Dhabi
    McLaren celebrate
"""


@pytest.mark.parametrize(("title", "lead"), headlines(OURS))
def test_a_headline_about_the_region_is_found(title, lead):
    assert JUDGE.classify(title, lead).is_on_topic


@pytest.mark.parametrize(("title", "lead"), headlines(OTHERS))
def test_a_headline_about_something_else_is_not(title, lead):
    assert not JUDGE.classify(title, lead).is_on_topic
