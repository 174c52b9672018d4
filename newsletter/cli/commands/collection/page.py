"""newsletter page: what is read from a saved article page."""

from pathlib import Path
from typing import Annotated

import typer

from newsletter.cli.context import AsJson, out, print_json
from newsletter.errors import InputError

app = typer.Typer(no_args_is_help=True, help="Article pages.")


@app.callback()
def page() -> None:
    """Article pages."""


@app.command(
    epilog="Example:  newsletter page extract saved.html --url https://example.org/a --json"
)
def extract(
    file: Annotated[Path, typer.Argument(help="The saved page.")],
    url: Annotated[str, typer.Option(help="The address that it was saved from.")],
    as_json: AsJson = False,
) -> None:
    """Print title, authors, time, section, image and text of an article page."""
    from newsletter.feeds.fetching.decompress import decompress
    from newsletter.feeds.pages.article_page import read_page

    try:
        body = file.read_bytes()
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror}.") from error
    entry = read_page(decompress(body), url=url)
    image = entry.image
    fields = {
        "title": entry.title,
        "authors": list(entry.authors),
        "published": entry.published_at.isoformat() if entry.published_at else None,
        "section": "; ".join(entry.sections),
        "image": image
        and {
            "url": image.url,
            "width": image.width,
            "height": image.height,
            "alt": image.alt,
            "caption": image.caption,
            "credit": image.credit,
        },
        "text": entry.text,
    }
    if as_json:
        print_json(fields)
        return
    for name, value in fields.items():
        text = "; ".join(value) if isinstance(value, list) else value
        out.print(f"{name:<10} {text or '–'}", markup=False)
