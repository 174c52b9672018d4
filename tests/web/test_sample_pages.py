"""What a demo links to is there while somebody looks at the demo, and nowhere else."""

from pathlib import Path

import pytest

from newsletter.cli.demo_folder import mark_demo, shown_folder
from newsletter.config import Settings
from newsletter.sample.newsroom import articles, image_url, outlets
from tests.web.browsers import Browser, Pages

BASE = "http://127.0.0.1:8000"


@pytest.fixture
def shown(pages: Pages, tmp_path: Path, now) -> Browser:
    mark_demo(tmp_path, now)
    return pages(data_dir=tmp_path)


def test_every_article_and_photo_of_the_demo_is_there(shown: Browser) -> None:
    every = [(outlet, one) for outlet in outlets(BASE) for one in articles(outlet)]

    pages = {
        f"{outlet.site}{one.path}": shown.get(f"{outlet.site}{one.path}") for outlet, one in every
    }
    photos = [shown.get(image_url(outlet, one)) for outlet, one in every if one.image]

    assert {url for url, answer in pages.items() if answer.status_code != 200} == set()
    assert all(one.title.split("’")[0] in pages[f"{o.site}{one.path}"].text for o, one in every)
    assert {answer.headers["content-type"] for answer in photos} == {"image/jpeg"}


@pytest.mark.parametrize(
    "path",
    ["/newsroom/meridian/none", "/newsroom/none/world/x", "/newsroom/meridian/photos/none.jpg"],
)
def test_what_is_not_in_the_newsroom_is_not_there(shown: Browser, path: str) -> None:
    assert shown.get(path).status_code == 404


def test_a_house_of_ones_own_has_no_newsroom(pages: Pages, tmp_path: Path) -> None:
    browser = pages(data_dir=tmp_path)

    assert browser.get("/newsroom/meridian/world/lebanon-budget-passes").status_code == 404


def test_the_demo_is_served_until_there_is_something_else(tmp_path: Path, now) -> None:
    settings = Settings(data_dir=tmp_path)
    before = shown_folder(settings)
    (tmp_path / "demo").mkdir()
    mark_demo(tmp_path / "demo", now)
    demo = shown_folder(settings)
    other = shown_folder(settings.model_copy(update={"database_url": "postgresql://db/news"}))
    (tmp_path / "database").mkdir()
    own = shown_folder(settings)

    assert (before, demo, other, own) == (tmp_path, tmp_path / "demo", tmp_path, tmp_path)
