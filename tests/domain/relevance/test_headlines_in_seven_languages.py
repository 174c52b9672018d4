"""Headlines of our own in seven languages: what is about the topic, and what is not."""

import pytest

from newsletter.domain.relevance.classifier import TopicClassifier
from newsletter.topics.load import bundled_topic

JUDGE = TopicClassifier(bundled_topic("middle-east"))

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
        "نتنياهو يلتقي المبعوث في القدس",
        "الجيش السوري يدخل الرقة",
        "السيسي يفتتح المتحف الكبير",
        "الأمم المتحدة تحذر من مجاعة في خان يونس",
        "قيس سعيد يقيل رئيسة الحكومة",
        "عراقجي: لا مفاوضات تحت التهديد",
        "الحوثيون يعلنون استهداف سفينة",
    ],
    "he": [
        "ראש הממשלה נתניהו ביקר בקהיר",
        "הפלסטינים דורשים לפתוח את המעבר",
        "חיזבאללה הודיע על הפסקת אש",
        "הנשיא הסורי נפגש עם שליחים",
        "רעידת אדמה באיסטנבול",
        "סמוטריץ' מאיים לפרוש מהקואליציה",
        "נסראללה חוסל בביירות",
        "ח'אן יונס: חייל נהרג",
        "הכור בפורדו הושמד",
        'הרמטכ"ל: נמשיך ללחוץ',
    ],
    "tr": [
        "Gazze'de ateşkes görüşmeleri sürüyor",
        "Lübnanlı bakan Şam'a gitti, Suriye memnun",
        "İsrailli rehinelerin aileleri yürüdü",
        "Erdoğan Katarlı mevkidaşıyla görüştü",
        "İmamoğlu davası ertelendi",
        "Halep'te çatışma: SDG geri çekildi",
        "Beştepe'de kritik toplantı",
    ],
    "fa": [
        "اعتراض بازاریان تهران به گرانی",
        "وزیر خارجه ایران به بغداد رفت",
        "نتانیاهو با فرستاده ویژه دیدار کرد",
        "آتش‌بس در غزه تمدید شد",
        "قالیباف: مجلس تصمیم می‌گیرد",
        "عراقچی و فرستاده آمریکا در مسقط دیدار کردند",
        "حزب‌الله مسئولیت حمله را پذیرفت",
        "زلزله در کرمانشاه",
        "سپاه از رزمایش خبر داد",
    ],
    "fr": [
        "L'armée israélienne se retire du couloir",
        "À Téhéran, les bazaris ferment boutique",
        "Les Libanaises descendent dans la rue",
        "Cisjordanie : une route rouverte",
        "Le président turc en visite",
        "Nétanyahou défie la Cour suprême",
        "Mer Rouge : un cargo coulé par les houthistes",
        "Kaïs Saïed réélu",
        "Le Caire relance la médiation",
    ],
    "ru": [
        "Израильские самолёты вернулись на базу",
        "В Тегеране закрылся базар",
        "Хезболла заявила о прекращении огня",
        "Сирийские беженцы возвращаются домой",
        "Эрдоган прибыл в Баку",
        "Аракчи прилетел в Москву на переговоры",
        "ЦАХАЛ нанёс удар по окраинам",
        "Аш-Шараа встретился с Путиным",
        "Судно сгорело в Красном море",
    ],
}
OTHERS = {
    "en": ["Mayor opens a bakery in Leeds", "Turkey prices rise before Thanksgiving"],
    "ar": [
        "البرلمان الفرنسي يناقش الميزانية",
        "زلزال قرب سواحل اليابان",
        "مسقط رأس الشاعر في إسبانيا",
        "فيضانات في إسبانيا",
        "عاصفة في خليج المكسيك",
        "الأدب الأدبي الحديث",
    ],
    "he": ["ממשלת צרפת התפטרה", "בחירות ביפן ביום ראשון", "סופה פגעה במילאנו"],
    "tr": [
        "Fransa'da hükümet istifa etti",
        "Japonya kıyılarında deprem",
        "Berlin'de grev ikinci gününde",
        "Meksika Körfezi'nde fırtına",
    ],
    "fa": ["دولت فرانسه استعفا کرد", "زلزله در سواحل ژاپن", "انتخابات آلمان برگزار شد"],
    "fr": [
        "Le gouvernement présente son budget",
        "Séisme au large du Japon",
        "La dinde de Noël coûte plus cher",
    ],
    "ru": [
        "Правительство Франции ушло в отставку",
        "Цена газа в Европе выросла",
        "Друзей пригласили на пожар в Самаре",
        "Шторм в Мексиканском заливе",
    ],
}


def cases(by_language: dict[str, list[str]]):
    return [
        pytest.param(title, id=f"{language} {number}")
        for language, titles in by_language.items()
        for number, title in enumerate(titles, 1)
    ]


@pytest.mark.parametrize("title", cases(OURS))
def test_a_headline_about_the_region_is_found_in_its_language(title):
    assert JUDGE.classify(title).is_on_topic


@pytest.mark.parametrize("title", cases(OTHERS))
def test_a_headline_about_elsewhere_is_not(title):
    assert not JUDGE.classify(title).is_on_topic
