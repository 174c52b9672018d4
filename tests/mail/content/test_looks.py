"""The inlined digest in a browser: each element looks, and stands, as the sheet says."""

import shutil

import pytest
from playwright.sync_api import sync_playwright

from newsletter.mail.content import render
from tests.mail.examples import digest, newsletter

CHROMIUM = shutil.which("chromium")
if CHROMIUM is None:
    pytest.skip("no chromium on this machine", allow_module_level=True)

pytestmark = pytest.mark.browser

PHOTO = '<svg xmlns="http://www.w3.org/2000/svg" width="1072" height="600"/>'

# What an element looks like, and where: boxes rounded to a tenth of a pixel.
LOOK = """() => [...document.body.querySelectorAll("*")].map(element => {
  const box = element.getBoundingClientRect(), style = getComputedStyle(element);
  return [
    element.tagName, element.className,
    ...[box.x, box.y, box.width, box.height].map(number => Math.round(number * 10) / 10),
    style.color, style.backgroundColor, style.fontSize, style.fontWeight, style.fontFamily,
    style.lineHeight, style.padding, style.margin, style.display, style.textAlign,
  ].join(" | ");
})"""


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def looks(browser, html: str, *, width: int, scheme: str) -> list[str]:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    context.route("**/*", lambda route: route.fulfill(body=PHOTO, content_type="image/svg+xml"))
    page = context.new_page()
    page.set_content(html, wait_until="load")
    found = page.evaluate(LOOK)
    context.close()
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize(
    ("width", "scheme"),
    [
        pytest.param(800, "light", id="wide"),
        pytest.param(390, "light", id="a telephone"),
        pytest.param(390, "dark", id="a telephone at night"),
    ],
)
def test_the_inlined_digest_looks_as_the_sheet_says(browser, monkeypatch, language, width, scheme):
    product = newsletter(language=language)
    inlined = digest(product).html
    monkeypatch.setattr(render, "inline", lambda html: html)
    plain = digest(product).html

    there = looks(browser, plain, width=width, scheme=scheme)
    here = looks(browser, inlined, width=width, scheme=scheme)

    assert plain.count("style=") == 0 < inlined.count("style=")
    assert len(here) > 50
    assert here == there


def test_a_telephone_and_the_night_change_the_inlined_digest(browser):
    html = digest().html

    wide, narrow, dark = (
        looks(browser, html, width=width, scheme=scheme)
        for width, scheme in ((800, "light"), (390, "light"), (390, "dark"))
    )

    def of(found: list[str], name: str) -> str:
        return next(one for one in found if f" | {name} | " in one)

    assert "30px" in of(wide, "lead-title")
    assert "26px" in of(narrow, "lead-title")
    assert "rgb(241, 238, 231)" in of(narrow, "outer")
    assert "rgb(19, 18, 16)" in of(dark, "outer")
