"""Which addresses lead to the same page, and which parts of an address are tracking."""

import re
from urllib.parse import parse_qsl, quote, unquote_to_bytes, urlencode, urlsplit, urlunsplit

# What newsrooms and social sites append to count visits; none of it changes the page.
_TRACKING = re.compile(
    r"(?:utm_|at_|pk_|mtm_|ns_|mc_|ga_|hsa_|itm_|guce_|wt\.).*|.*clid"
    r"|ito|itid|cmp|cmpid|ocid|igshid|smid|smtyp|partner|emc|traffic_source|ref|ref_src|referrer"
    r"|rss|xtor|ftag|feedtype|feedname|sref|spm|outputtype|amp|amp_js_v|usqp|_ga|guccounter",
    re.IGNORECASE,
)
_SAME_HOST = re.compile(r"^(?:(?:www\d?|m|mobile|amp)\.)+(?=[^.]+\.)")
_AMP_FIRST = re.compile(r"^/amp(?=/)", re.IGNORECASE)
_SAME_PATH = re.compile(r"(?:/amp|\.amp|/index\.(?:html?|php))$", re.IGNORECASE)


def strip_tracking(url: str) -> str:
    """Return the address for a reader: as the source wrote it, without tracking and fragment."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, parts.path, _query(parts.query), ""))


def url_identity(url: str) -> str:
    """Return a key that is the same for all addresses of one page: http, AMP, mobile, tracking.

    url is an absolute web address. The key is not one: it is for comparing only.
    """
    parts = urlsplit(url)
    host = _SAME_HOST.sub("", (parts.hostname or "").removesuffix("."))
    port = f":{parts.port}" if parts.port not in {None, 80, 443} else ""
    # Bytes, because not every escaped path is UTF-8, and two that are not must stay two.
    path = quote(unquote_to_bytes(parts.path), safe="/:@!$&'()*+,;=~").rstrip("/")
    path = _SAME_PATH.sub("", _AMP_FIRST.sub("", path)).rstrip("/")
    escaped = quote(_query(parts.query), safe="%=&+;,/?:@!$'()*~")
    pairs = sorted(parse_qsl(escaped, keep_blank_values=True, encoding="latin-1"))
    query = urlencode(pairs, encoding="latin-1")
    return f"{host}{port}{path}" + (f"?{query}" if query else "")


def _query(query: str) -> str:
    pairs = query.split("&") if query else []
    return "&".join(pair for pair in pairs if not _TRACKING.fullmatch(pair.split("=", 1)[0]))
