"""HTML pages out of templates/web."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from newsletter.locales.cldr import long_date, text_direction
from newsletter.locales.template_translations import add_translations
from newsletter.resources import templates
from newsletter.web.http_server.proxies import root_path

STATIC = Path(__file__).parent / "static"

_environment = Environment(
    loader=FileSystemLoader(templates("web")),
    undefined=StrictUndefined,
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)
add_translations(_environment)


def page(name: str, *, language: str = "en", status: int = 200, **values: Any) -> HTMLResponse:
    """The page of that name in a language; values are what its template asks for."""
    common = {
        "root": root_path(),
        "language": language,
        "dir": text_direction(language),
        "long_date": lambda on: long_date(on, language),
        "clock": _clock,
    }
    html = _environment.get_template(f"{name}.html").render(common | values)
    return HTMLResponse(html, status_code=status)


def _clock(moment: datetime | date, form: str = "%d %b %Y, %H:%M") -> str:
    return moment.strftime(form)
