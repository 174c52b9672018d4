"""What the formats say, read as one kind of entry."""

from newsletter.feeds.parsing.detect import parse_document

MEDIA = """<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"><channel>
<title>The Harbour Times</title><link>https://harbour-times.example/</link><item>
<title>Port reopens</title><link>https://harbour-times.example/1</link>
<description>&lt;p&gt;A ribbon was cut.&lt;/p&gt;</description>
<media:content url="https://harbour-times.example/a.jpg" medium="image" width="300" height="200"/>
<media:content url="https://harbour-times.example/b.jpg" medium="image" width="900" height="600">
<media:description>The minister and a ribbon</media:description>
<media:credit>Ana Roe</media:credit></media:content>
</item></channel></rss>"""


def test_what_is_said_of_a_photo_is_its_caption_and_not_the_text() -> None:
    (entry,) = parse_document(MEDIA.encode(), url="https://harbour-times.example/feed").entries

    assert entry.image is not None
    assert entry.image.url.endswith("/b.jpg")
    assert (entry.image.width, entry.image.height) == (900, 600)
    assert entry.image.caption == "The minister and a ribbon"
    assert entry.image.credit == "Ana Roe"
    assert entry.text == ""
    assert entry.summary == "A ribbon was cut."
