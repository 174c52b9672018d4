"""Headlines of our own in the style of a news wire of 1987: capitals, datelines, markets."""

import pytest

from newsletter.domain.relevance.classifier import TopicClassifier
from newsletter.topics.load import bundled_topic
from tests.domain.tables import headlines

JUDGE = TopicClassifier(bundled_topic("middle-east"))

OURS = """
BAHRAIN BANK SEES HIGHER PROFIT THIS YEAR
    MANAMA, March 10 - Al-Noor Investment Bank expects profit to rise by a tenth.
SAUDI RIYAL DEPOSIT RATES STEADY IN THIN TRADE
    BAHRAIN, April 2 - Interbank deposit rates were little changed as banks wound down.
TANKER HIT BY ROCKETS, SHIPPING SOURCES SAY
    DUBAI, June 14 - A Liberian-flag supertanker was set ablaze.
KHOMEINI SAYS WAR WILL GO ON
    TEHRAN, May 3 - The leader told volunteers that there would be no compromise.
RAFSANJANI SAYS NO TALKS WITH WASHINGTON
    NICOSIA, Feb 21 - The speaker of the Majlis said on Tehran radio.
WAITE STILL MISSING, DRUZE OFFICIAL SAYS
    BEIRUT, Feb 5 - The militia said it did not know where the Anglican envoy was being held.
PLO FACTIONS AGREE TO MEET IN ALGIERS
    TUNIS, April 11 - Rival guerrilla groups will hold talks on reconciliation.
TURKEY SEEKS 200,000 TONNES OF WHEAT
    ANKARA, March 3 - The state grains board TMO called a tender for March 17, traders said.
JORDAN TO BUY 50,000 TONNES HARD WINTER WHEAT
    KANSAS CITY, March 12 - The country tenders Tuesday.
OMAN RAISES CRUDE PRICE BY 20 CENTS
    MUSCAT, Aug 4 - The oil ministry told customers of the new price for July liftings.
EGYPT AUTHORIZED TO BUY PL-480 WHEAT FLOUR
    WASHINGTON, March 19 - The U.S. Agriculture Department issued the purchase authorization.
W. BANK CURFEW LIFTED AFTER TWO DAYS
    JERUSALEM, Dec 20 - The army reopened three refugee camps near Nablus.
MIDEAST PEACE CONFERENCE IDEA WINS BACKING
    BRUSSELS, Feb 23 - European Community foreign ministers endorsed an international conference.
U.A.E. CENTRAL BANK TIGHTENS RULES ON LOANS
    ABU DHABI, Oct 6 - Banks must set aside more against doubtful debt.
KUWAIT ASKS SUPERPOWERS TO ESCORT TANKERS
    WASHINGTON, April 9 - The emirate wants eleven of its ships to fly the U.S. flag in the Gulf.
USS STARK CREW PRAISED AT HEARING
    WASHINGTON, May 29 - The frigate was struck by two Exocet missiles of an Iraqi jet.
S.ARABIA CUTS OUTPUT TO DEFEND 18 DLR PRICE
    BAHRAIN, March 16 - Production fell below the kingdom's quota, oil industry sources said.
SAUDIS WILL NOT SELL BELOW OFFICIAL PRICE, NAZER SAYS
    RIYADH, March 2 - The oil minister repeated the kingdom's commitment to the December accord.
QATAR GAS PROJECT TO START IN 1990
    DOHA, Jan 14 - The North Field will supply industry at Umm Said.
IRAQI OIL PIPELINE THROUGH TURKEY NEARS COMPLETION
    ANKARA, July 8 - The second line to Yumurtalik will carry half a million barrels a day.
ARAB LEAGUE TO DISCUSS TRUCE CALL
    TUNIS, Aug 20 - Foreign ministers meet on Sunday.
GCC STATES AGREE COMMON TARIFF
    ABU DHABI, June 8 - Ministers of the six Gulf Cooperation Council states signed on Monday.
REAGAN SAYS HE DID NOT KNOW OF CONTRA MONEY
    WASHINGTON, March 19 - Arms sold to Iran were traded for hostages in Lebanon, he said.
NORTH TESTIFIES ON ARMS FOR IRAN
    WASHINGTON, July 7 - The former aide told the committees.
CAPE SHIPPING RATES RISE ON GULF FEARS
    LONDON, July 27 - War risk premiums for vessels calling at Iranian ports have doubled.
LIBYAN TROOPS LEAVE DESERT BASE
    N'DJAMENA, March 27 - Gaddafi's forces abandoned Faya-Largeau after the fall of Ouadi Doum.
ISRAEL'S PERES CALLS FOR EARLY ELECTIONS
    TEL AVIV, May 12 - The foreign minister said the Cabinet was split.
BANK OF ISRAEL CUTS DISCOUNT RATE
    JERUSALEM, Feb 1 - Governor Michael Bruno said inflation was slowing.
YEMEN OIL STRIKE IS COMMERCIAL, HUNT SAYS
    DALLAS, Feb 11 - The field in Marib province can yield 200,000 barrels a day.
SYRIAN TROOPS TAKE UP POSITIONS IN WEST BEIRUT
    BEIRUT, Feb 22 - Thousands of soldiers in tanks rolled in to end militia street battles.
IRAN CLAIMS NEW OFFENSIVE NEAR BASRA
    LONDON, Jan 9 - Revolutionary Guards crossed the Shatt al-Arab at night.
U.S. REFLAGS KUWAITI TANKERS
    WASHINGTON, July 21 - Warships will escort the first convoy through the Strait of Hormuz.
SUMED PIPELINE THROUGHPUT RISES
    CAIRO, Sept 3 - The line between the Red Sea and the Mediterranean carried more Saudi crude.
TUNISIA EXPELS DIPLOMATS
    TUNIS, March 26 - The government of President Bourguiba broke ties with Tehran.
BAGHDAD SAYS JETS HIT KHARG ISLAND
    BAGHDAD, Sept 18 - A military spokesman said all planes returned.
KUWAITI DINAR FIXED LOWER
    KUWAIT, Nov 9 - The central bank set a rate of 0.27 to the dollar.
IRAQ AND TURKEY SIGN TRADE ACCORD
    BAGHDAD, April 29 - The two neighbours will raise the oil line's capacity.
CYPRUS FERRY BRINGS BEIRUT FAMILIES TO SAFETY
    LARNACA, Feb 25 - More than 300 Lebanese arrived overnight from the Christian port of Jounieh.
SOVIET SHIP STRIKES MINE OFF KUWAIT
    MOSCOW, May 17 - The tanker Marshal Chuikov was damaged as it neared the oil terminal.
GOLD SOUK TRADERS IN DUBAI SEE SLOW SUMMER
    DUBAI, July 2 - Demand from expatriates has weakened.
IRAN TO BUY SUGAR FROM CUBA, TRADERS SAY
    LONDON, May 12 - Tehran is seeking four cargoes for June shipment.
GULF SHIPPING SOURCES SAY SUPERTANKER ON FIRE
    BAHRAIN, Aug 11 - The vessel struck a mine off Fujairah, salvage officials said.
OPEC MINISTER SUBROTO DUE IN RIYADH FOR TALKS
    JAKARTA, April 3 - He will discuss output quotas with the Saudi oil minister.
WEINBERGER SAYS U.S. TO PROTECT GULF SHIPS
    WASHINGTON, June 2 - Iran's missiles threaten the Strait of Hormuz, the defense secretary said.
BRITISH MINESWEEPERS TO SAIL FOR GULF
    LONDON, Aug 12 - The navy will guard the Armilla Patrol.
FRANCE BREAKS TIES WITH TEHRAN OVER EMBASSY SIEGE
    PARIS, July 17 - Police still ring the Iranian mission, where Wahid Gordji has taken refuge.
GLASS KIDNAPPED IN BEIRUT SUBURB
    BEIRUT, June 18 - The American journalist was seized with a minister's son.
SHULTZ, SHAMIR DISCUSS SOVIET ROLE IN PEACE TALKS
    WASHINGTON, Feb 18 - The Israeli prime minister opposed an international conference.
SOUTH YEMEN SENTENCES 35 TO DEATH
    ADEN, Dec 12 - Former president Ali Nasser Mohammed was tried in absence.
CUKUROVA TO EXPORT STEEL
    ISTANBUL, April 7 - The Turkish group will ship 60,000 tonnes to China.
OZAL ARRIVES FOR BYPASS SURGERY
    HOUSTON, Feb 9 - The Turkish prime minister will stay two weeks.
ALGERIA, SONATRACH SIGN GAS PACT WITH DISTRIGAZ
    ALGIERS, May 4 - The price was not disclosed.
KUWAIT'S KPC SEES STEADY EXPORTS
    KUWAIT, Sept 28 - Product sales from Mina Abdulla and Shuaiba are up.
REAGAN PANEL FAULTS REGAN FOR CHAOS
    WASHINGTON, Feb 26 - Arms went to Iran to free captives in Lebanon, the commission found.
UAE BANKS TO MERGE
    DUBAI, June 21 - Three Ras al-Khaimah lenders agreed terms.
IRAQ REPORTS DOWNING IRANIAN F-4
    BAGHDAD, April 14 - The plane fell near Fao.
PEREZ DE CUELLAR TO VISIT TEHRAN, BAGHDAD
    UNITED NATIONS, Sept 4 - The secretary-general will press for compliance with resolution 598.
JAPAN'S CRUDE IMPORTS FROM MIDEAST RISE
    TOKYO, March 30 - Arabian Light made up a fifth.
SAUDI BANK PROFITS UP
    JEDDAH, Jan 31 - Al-Jazira earned 12 mln riyals.
MECCA RIOT TOLL PUT AT 402
    BAHRAIN, Aug 1 - Most of the dead were Iranian pilgrims, Riyadh said.
LIBYA SAYS CHAD RAIDED AIRBASE
    TRIPOLI, Sept 6 - Maaten es-Sarra lies inside the border.
EGYPT REFERENDUM ON PARLIAMENT
    CAIRO, Feb 12 - Mubarak called the vote.
SYRIA CUTS INFLATION TARGET
    DAMASCUS, Nov 8 - The pound fell on the black market.
IRAN SPEEDBOATS ATTACK NORWEGIAN TANKER
    OSLO, June 27 - Owners said Mia Margrethe was hit by grenades off Jubail.
U.S. HELICOPTERS FIRE ON MINELAYING SHIP
    WASHINGTON, Sept 21 - The Iran Ajr was caught in the act northeast of Bahrain.
"""
OTHERS = """
GULF CANADA SEES LOWER SPENDING
    CALGARY, March 4 - The company cut its drilling budget by a third.
GULF STATES UTILITIES SEEKS RATE RELIEF
    BEAUMONT, Texas, March 3 - The utility asked regulators for an emergency increase.
GULF AND WESTERN UNIT TO BUY PUBLISHER
    NEW YORK, April 6 - The conglomerate's book arm will pay 200 mln dlrs.
U.S. GULF BARGE RATES FIRM ON CORN DEMAND
    CHICAGO, March 18 - Soybean and corn barges to New Orleans traded higher.
TURKEY HATCH UP SEVEN PCT, USDA SAYS
    WASHINGTON, March 16 - Poults placed for slaughter rose; broiler eggs set were also higher.
SHARON STEEL FILES FOR PROTECTION
    PITTSBURGH, April 18 - The producer listed debts of 742 mln dlrs.
JORDAN MARSH STORES TO ADD SUNDAY HOURS
    BOSTON, Nov 2 - The Allied unit said clerks would be paid extra.
BRAZIL SUSPENDS INTEREST PAYMENTS
    BRASILIA, Feb 20 - The country owes banks 68 billion dlrs.
CAIRO, ILL., RIVER STAGE FALLS BELOW TWO FEET
    ST. LOUIS, July 9 - Barge tows were shortened on the lower Mississippi.
MOBIL RAISES CRUDE POSTINGS BY 50 CENTS
    NEW YORK, May 20 - West Texas Intermediate is now 18.75 dlrs.
RIG COUNT RISES BY NINE, HUGHES SAYS
    HOUSTON, July 6 - There were 767 rigs working.
LEBANON, PA., FOUNDRY STRIKE ENDS
    LEBANON, Pa., May 3 - Steelworkers voted to return.
GULF APPLIED TECH SELLS UNIT
    HOUSTON, March 11 - The company sold its pipeline unit for 12 mln dlrs.
GULF RESOURCES DIRECTOR LEAVES
    BOSTON, April 2 - The company gave no reason.
USDA REPORTS 10.4 MLN ACRES IN CONSERVATION PROGRAM
    WASHINGTON, March 20 - Enrolment closed last week.
ECUADOR QUAKE CUTS OIL EXPORTS
    QUITO, March 8 - The OPEC member asked for a loan of crude from Venezuela.
NIGERIA OIL OUTPUT BELOW QUOTA
    LAGOS, March 2 - Its OPEC ceiling is 1.24 mln barrels a day.
CRUDE FUTURES END LOWER
    NEW YORK, March 9 - Traders took profits as OPEC cohesion was doubted.
TURKEY FEED PRICES RISE IN MINNESOTA
    MINNEAPOLIS, Sept 9 - Growers expect fewer poults.
"""


@pytest.mark.parametrize(("title", "lead"), headlines(OURS))
def test_a_wire_story_about_the_region_is_found(title, lead):
    assert JUDGE.classify(title, lead).is_on_topic


@pytest.mark.parametrize(("title", "lead"), headlines(OTHERS))
def test_a_wire_story_about_something_else_is_not(title, lead):
    assert not JUDGE.classify(title, lead).is_on_topic
