"""Headlines of our own in seven languages: what is about the topic, and what is not."""

import pytest

from newsletter.domain.relevance import Judge
from newsletter.topics.load import shipped

JUDGE = Judge(shipped("middle-east"))

OURS = {
    "en": [
        "Houthis free crew of seized tanker",
        "Kuwaitis vote on a new assembly",
        "UAE's central bank holds rates",
        "LEBANESE BANKS REOPEN AFTER STRIKE",
    ],
    "ar": [
        "الجيش الإسرائيلي يعلن فتح المعبر",
        "احتجاجات في طهران على الأسعار",
        "وصول مساعدات إلى غزّة عبر رفح",
        "الرئيس السوري يزور الدوحة",
        "أسعار النفط ترتفع في الخليج العربي",
    ],
    "he": [
        "ראש הממשלה נתניהו ביקר בקהיר",
        "הפלסטינים דורשים לפתוח את המעבר",
        "חיזבאללה הודיע על הפסקת אש",
        "הנשיא הסורי נפגש עם שליחים",
        "רעידת אדמה באיסטנבול",
    ],
    "tr": [
        "Gazze'de ateşkes görüşmeleri sürüyor",
        "Lübnanlı bakan Şam'a gitti, Suriye memnun",
        "İsrailli rehinelerin aileleri yürüdü",
        "Erdoğan Katarlı mevkidaşıyla görüştü",
    ],
    "fa": [
        "اعتراض بازاریان تهران به گرانی",
        "وزیر خارجه ایران به بغداد رفت",
        "نتانیاهو با فرستاده ویژه دیدار کرد",
        "آتش‌بس در غزه تمدید شد",
    ],
    "fr": [
        "L'armée israélienne se retire du couloir",
        "À Téhéran, les bazaris ferment boutique",
        "Les Libanaises descendent dans la rue",
        "Cisjordanie : une route rouverte",
        "Le président turc en visite",
    ],
    "ru": [
        "Израильские самолёты вернулись на базу",
        "В Тегеране закрылся базар",
        "Хезболла заявила о прекращении огня",
        "Сирийские беженцы возвращаются домой",
        "Эрдоган прибыл в Баку",
    ],
}
OTHERS = {
    "en": ["Mayor opens a bakery in Leeds", "Turkey prices rise before Thanksgiving"],
    "ar": ["البرلمان الفرنسي يناقش الميزانية", "زلزال قرب سواحل اليابان"],
    "he": ["ממשלת צרפת התפטרה", "בחירות ביפן ביום ראשון"],
    "tr": ["Fransa'da hükümet istifa etti", "Japonya kıyılarında deprem"],
    "fa": ["دولت فرانسه استعفا کرد", "زلزله در سواحل ژاپن"],
    "fr": ["Le gouvernement présente son budget", "Séisme au large du Japon"],
    "ru": ["Правительство Франции ушло в отставку", "Цена газа в Европе выросла"],
}


def cases(by_language: dict[str, list[str]]):
    return [
        pytest.param(title, id=f"{language} {number}")
        for language, titles in by_language.items()
        for number, title in enumerate(titles, 1)
    ]


@pytest.mark.parametrize("title", cases(OURS))
def test_a_headline_about_the_region_is_found_in_its_language(title):
    assert JUDGE.judge(title).is_about


@pytest.mark.parametrize("title", cases(OTHERS))
def test_a_headline_about_elsewhere_is_not(title):
    assert not JUDGE.judge(title).is_about
