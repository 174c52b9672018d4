"""Whether an article is in the newsletter's language, as far as can be told."""

import re

from newsletter.domain.articles.article import Article

_SCRIPTS = {
    "Arabic": re.compile("[\u0600-\u06ff]"),
    "Hebrew": re.compile("[\u0590-\u05ff]"),
    "Cyrillic": re.compile("[\u0400-\u04ff]"),
    "Latin": re.compile("[A-Za-z\u00c0-\u024f]"),
}
_SCRIPT_OF = {
    **dict.fromkeys(("ar", "fa", "ur", "ps", "ckb", "sd", "ug"), "Arabic"),
    **dict.fromkeys(("he", "yi"), "Hebrew"),
    **dict.fromkeys(("ru", "uk", "be", "bg", "sr", "mk", "kk", "ky", "tg", "mn"), "Cyrillic"),
}


def language_mismatch(article: Article, language: str) -> str:
    """Return why the article is not in that language (BCP 47), in words; "" when it is."""
    expected, declared = _base(language), _base(article.language)
    if declared and declared != expected:
        return f"It is in another language ({declared}); this newsletter is in {expected}."
    script = _script(article.title)
    if script and script != _SCRIPT_OF.get(expected, "Latin"):
        return f"It is written in {script} letters; this newsletter is in {expected}."
    return ""


def _script(text: str) -> str:
    """Return the script of most letters, or "" where there are none that we know."""
    counts = {name: len(letters.findall(text)) for name, letters in _SCRIPTS.items()}
    best = max(counts, key=lambda name: counts[name])
    return best if counts[best] else ""


def _base(language: str) -> str:
    return re.split(r"[-_]", language.strip().lower())[0]
