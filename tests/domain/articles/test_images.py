"""Which image is an article's own photo, and how large it is."""

import pytest

from newsletter.domain.articles.article import Image
from newsletter.domain.articles.images import pick_photo, with_size_from_url
from tests.cases import for_each

HOST = "https://images.example"
PHOTO = Image(url=f"{HOST}/2026/bridge.jpg", width=1200, height=800, alt="A bridge", credit="Ann")


@for_each(
    "image",
    [
        pytest.param(Image(url=f"{HOST}/assets/logo.png", width=600, height=600), id="a logo"),
        pytest.param(Image(url=f"{HOST}/site-logo-large.jpg", width=1200), id="a logo by a hyphen"),
        pytest.param(Image(url=f"{HOST}/default.jpg", width=1200), id="what stands for no photo"),
        pytest.param(Image(url=f"{HOST}/og-default.png", width=1200), id="what is shared for any"),
        pytest.param(Image(url=f"{HOST}/a.jpg", width=1, height=1), id="a pixel"),
        pytest.param(Image(url="https://pixel.counter.example/p.jpg"), id="a counter's host"),
        pytest.param(Image(url=f"{HOST}/b.gif", width=600, height=400), id="an animation"),
        pytest.param(Image(url=f"{HOST}/b.svg"), id="a drawing"),
        pytest.param(Image(url=f"{HOST}/b.jpg", width=140, height=84), id="a thumbnail"),
        pytest.param(Image(url=f"{HOST}/b.jpg?width=140&q=85"), id="a thumbnail by its address"),
        pytest.param(Image(url=f"{HOST}/b.jpg", width=1200, height=90), id="a banner"),
        pytest.param(Image(url="https://feeds.example/~ff/world?d=yIl2"), id="a feed's button"),
        pytest.param(Image(url=f"{HOST}/authors/avatar/ann.jpg", width=400), id="a face"),
    ],
)
def test_what_is_no_photo_of_the_article_is_left_out(image):
    assert pick_photo([image]) is None


def test_a_photo_keeps_what_is_said_of_it():
    assert pick_photo([PHOTO]) == PHOTO


def test_of_several_the_first_whose_size_is_known_is_taken():
    unsized = Image(url=f"{HOST}/river.jpg")

    assert pick_photo([unsized, PHOTO]) == PHOTO
    assert pick_photo([unsized]) == unsized


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("catalogos/bridge.jpg", id="a word that ends so"),
        pytest.param("iconic-bridge.jpg", id="a word that begins so"),
        pytest.param("pixels-of-light.jpg", id="another"),
    ],
)
def test_a_name_that_only_looks_like_a_logo_is_a_photo(name):
    assert pick_photo([Image(url=f"{HOST}/{name}", width=900)]) is not None


@pytest.mark.parametrize(
    ("address", "width", "height"),
    [
        pytest.param("/a.jpg?resize=770%2C513", 770, 513, id="resized"),
        pytest.param(
            "/crop/3014x1695/resize/1440x810/a.jpg", 1440, 810, id="cropped, then resized"
        ),
        pytest.param("/a.jpg?width=1200&quality=85", 1200, None, id="a width"),
        pytest.param("/a.jpg?w=640", 640, None, id="a short width"),
        pytest.param("/resize/?url=https%3A%2F%2Fx%2F2000x1000.jpg", None, None, id="another's"),
        pytest.param("/2026/03/02/bridge.jpg", None, None, id="a date"),
        pytest.param("/bridge-1234567x12345678.jpg", None, None, id="no size"),
    ],
)
def test_a_size_is_read_from_the_address(address, width, height):
    found = with_size_from_url(Image(url=f"{HOST}{address}"))

    assert (found.width, found.height) == (width, height)


def test_what_the_source_says_of_the_size_stands():
    said = Image(url=f"{HOST}/a.jpg?width=140", width=1000)

    assert with_size_from_url(said) == said
