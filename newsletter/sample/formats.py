"""An outlet's articles in the format in which it offers them."""

import json
from collections.abc import Callable
from datetime import datetime
from email.utils import format_datetime
from html import escape
from typing import Any

from newsletter.sample.newsroom import IMAGE_PX, Outlet, SampleArticle, articles, image_url

# What sites put into their feeds for their own ends; readers must never see any of it.
_LITTER = (
    '<script>count("visit")</script><img src="https://count.example/1.gif" width="1" height="1">'
)
_RSS = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel><title>{title}</title><link>{site}/</link><description/><language>{language}</language>
{items}
</channel></rss>
"""
_ATOM = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{language}">
<title>{title}</title><id>{site}/</id><link href="{site}/"/><updated>{now}</updated>
{items}
</feed>
"""
_RDF = """<?xml version="1.0" encoding="UTF-8"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="{site}/"><title>{title}</title><link>{site}/</link><description/></channel>
{items}
</rdf:RDF>
"""


def feed(outlet: Outlet, now: datetime) -> tuple[str, str]:
    """The outlet's feed as it stands at now: its media type and its text."""
    media_type, write = _FORMATS[outlet.format]
    listed = [article for article in articles(outlet) if not article.is_page]
    return media_type, write(outlet, listed, now)


def page(outlet: Outlet, article: SampleArticle, now: datetime) -> str:
    """The article's own page, with what pages say of themselves in JSON-LD and meta elements."""
    at = article.published_at(now).isoformat()
    told = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": article.title,
        "datePublished": at,
        "articleSection": list(article.sections),
        "author": [{"@type": "Person", "name": article.author}],
    }
    body = "".join(
        f"<p>{escape(line)}</p>" for line in (article.text or article.summary).split("\n")
    )
    return (
        f'<!DOCTYPE html><html lang="{outlet.language}"><head><meta charset="utf-8">'
        f"<title>{escape(article.title)} | {escape(outlet.name)}</title>"
        f'<meta property="og:site_name" content="{escape(outlet.name)}">'
        f'<meta property="og:title" content="{escape(article.title)}">'
        f'<meta property="og:description" content="{escape(article.summary)}">'
        f'<link rel="canonical" href="{outlet.site}{article.path}">'
        f'<script type="application/ld+json">{json.dumps(told)}</script></head>'
        f"<body><main><article><h1>{escape(article.title)}</h1>{body}</article></main></body></html>"
    )


def _rss(outlet: Outlet, listed: list[SampleArticle], now: datetime) -> str:
    return _fill(_RSS, outlet, now, [_rss_item(outlet, one, now) for one in listed])


def _rss_item(outlet: Outlet, one: SampleArticle, now: datetime) -> str:
    link = f"{outlet.site}{one.path}?utm_source=rss&amp;utm_medium=feed"
    categories = "".join(f"<category>{escape(name)}</category>" for name in one.sections)
    photo = ""
    if one.image:
        width, height = IMAGE_PX
        photo = (
            f'<media:content url="{image_url(outlet, one)}" medium="image" width="{width}" '
            f'height="{height}"><media:description>{escape(one.image_alt)}</media:description>'
            f"<media:credit>{escape(one.image_credit)}</media:credit></media:content>"
        )
    return (
        f"<item><title>{escape(one.title)}</title><link>{link}</link><guid>{link}</guid>"
        f"<description>{escape(f'<p>{escape(one.summary)}</p>{_LITTER}')}</description>"
        f"<dc:creator>{escape(one.author)}</dc:creator>{categories}{photo}"
        f"<pubDate>{format_datetime(one.published_at(now))}</pubDate></item>"
    )


def _atom(outlet: Outlet, listed: list[SampleArticle], now: datetime) -> str:
    return _fill(_ATOM, outlet, now, [_atom_entry(outlet, one, now) for one in listed])


def _atom_entry(outlet: Outlet, one: SampleArticle, now: datetime) -> str:
    at = one.published_at(now).isoformat()
    link = f"{outlet.site}{one.path}"
    terms = "".join(f'<category term="{escape(name)}"/>' for name in one.sections)
    return (
        f'<entry><title>{escape(one.title)}</title><id>{link}</id><link href="{link}"/>'
        f"<author><name>{escape(one.author)}</name></author>{terms}"
        f'<summary type="html">{escape(escape(one.summary))}</summary>'
        f"<published>{at}</published><updated>{at}</updated></entry>"
    )


def _rdf(outlet: Outlet, listed: list[SampleArticle], now: datetime) -> str:
    return _fill(_RDF, outlet, now, [_rdf_item(outlet, one, now) for one in listed])


def _rdf_item(outlet: Outlet, one: SampleArticle, now: datetime) -> str:
    link = f"{outlet.site}{one.path}"
    subject = escape("; ".join(one.sections))
    return (
        f'<item rdf:about="{link}"><title>{escape(one.title)}</title><link>{link}</link>'
        f"<description>{escape(one.summary)}</description><dc:creator>{escape(one.author)}"
        f"</dc:creator><dc:subject>{subject}</dc:subject>"
        f"<dc:date>{one.published_at(now).isoformat()}</dc:date></item>"
    )


def _json_feed(outlet: Outlet, listed: list[SampleArticle], now: datetime) -> str:
    items = [
        {
            "id": f"{outlet.slug}:{one.path}",
            "url": f"{outlet.site}{one.path}",
            "title": one.title,
            "summary": one.summary,
            "content_html": f"<p>{escape(one.summary)}</p>",
            "authors": [{"name": one.author}],
            "tags": list(one.sections),
            "date_published": one.published_at(now).isoformat(),
        }
        for one in listed
    ]
    document: dict[str, Any] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": outlet.name,
        "home_page_url": f"{outlet.site}/",
        "language": outlet.language,
        "items": items,
    }
    return json.dumps(document, ensure_ascii=False)


def _wordpress(outlet: Outlet, listed: list[SampleArticle], now: datetime) -> str:
    posts = [
        {
            "id": number,
            "date_gmt": one.published_at(now).strftime("%Y-%m-%dT%H:%M:%S"),
            "link": f"{outlet.site}{one.path}",
            "title": {"rendered": escape(one.title)},
            "excerpt": {"rendered": f"<p>{escape(one.summary)}</p>"},
            "content": {"rendered": f"<p>{escape(one.summary)}</p>{_LITTER}"},
            "_embedded": {
                "author": [{"name": one.author}],
                "wp:term": [[{"name": name, "taxonomy": "category"} for name in one.sections]],
            },
        }
        for number, one in enumerate(listed, start=100)
    ]
    return json.dumps(posts, ensure_ascii=False)


def _fill(template: str, outlet: Outlet, now: datetime, items: list[str]) -> str:
    return template.format(
        title=escape(outlet.name),
        site=outlet.site,
        language=outlet.language,
        now=now.isoformat(),
        items="\n".join(items),
    )


_FORMATS: dict[str, tuple[str, Callable[[Outlet, list[SampleArticle], datetime], str]]] = {
    "rss": ("application/rss+xml", _rss),
    "atom": ("application/atom+xml", _atom),
    "rdf": ("application/rdf+xml", _rdf),
    "json": ("application/feed+json", _json_feed),
    "wordpress": ("application/json", _wordpress),
}
