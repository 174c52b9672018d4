"""How long choosing an evening takes, beside the time feedparser needs to read the same feeds.

    python benchmarks/compose.py --json
    python benchmarks/compose.py --from saved-feeds/ --sizes 1000

Each size runs in a process of its own, so that its memory is its own. The feeds are made up: events
told by one to six articles each, one event in six about the topic, words as rare as in newspapers.
With --from, feeds of yours are read once and their entries repeated up to the size.
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from xml.sax.saxutils import escape

CLOSES = datetime(2026, 3, 2, 18, tzinfo=UTC)
SIZES = (1_000, 10_000, 50_000)
ALLOWED = 2.0  # Times what feedparser takes.
ENTRIES = 100  # Of one feed.
TITLE_WORDS, SUMMARY_WORDS, EVENT_WORDS = 9, 32, 14
VOCABULARY = 12_000
OURS = (
    "Iran",
    "Israel",
    "Gaza",
    "Syria",
    "Lebanon",
    "Yemen",
    "Saudi Arabia",
    "Turkey",
    "Iraq",
    "Egypt",
)
THEIRS = (
    "France",
    "Japan",
    "Brazil",
    "London",
    "Texas",
    "Kenya",
    "India",
    "Canada",
    "Peru",
    "Spain",
)


def words(rng: random.Random) -> tuple[list[str], list[float]]:
    """Made-up words and how often each is used: the n-th 1/n as often as the first (Zipf)."""
    syllables = [
        a + b for a in "bdfghklmnprstvw" for b in ("a", "e", "i", "o", "u", "ar", "en", "il")
    ]
    made = {"".join(rng.choices(syllables, k=rng.choice((2, 3, 3, 4)))) for _ in range(VOCABULARY)}
    vocabulary = sorted(made)
    rng.shuffle(vocabulary)
    return vocabulary, [1 / rank for rank in range(1, len(vocabulary) + 1)]


def entries(size: int) -> Iterator[tuple[str, str, datetime]]:
    """Title, summary and time of as many articles."""
    rng = random.Random(1)
    vocabulary, weights = words(rng)
    made = 0
    while made < size:
        about = rng.choices(vocabulary[200:], k=EVENT_WORDS)
        place = rng.choice(OURS) if rng.random() < 1 / 6 else rng.choice(THEIRS)
        broke_at = CLOSES - timedelta(hours=rng.uniform(1, 23))
        for _ in range(min(rng.choice((1, 1, 1, 2, 3, 6)), size - made)):
            title = [place, *rng.sample(about, 6), *rng.choices(vocabulary, weights, k=2)]
            summary = [
                *rng.sample(about, 9),
                *rng.choices(vocabulary, weights, k=SUMMARY_WORDS - 9),
            ]
            rng.shuffle(summary)
            yield (
                " ".join(title),
                " ".join(summary),
                broke_at + timedelta(hours=rng.uniform(0, 0.9)),
            )
            made += 1


def feeds(size: int) -> list[bytes]:
    """RSS documents with that many entries together."""
    items = [
        f"<item><title>{escape(title)}</title><link>https://outlet{at % 40}.example/{at}</link>"
        f"<guid>{at}</guid><description>{escape(summary)}</description>"
        f"<pubDate>{format_datetime(when)}</pubDate></item>"
        for at, (title, summary, when) in enumerate(entries(size))
    ]
    return [
        f"<rss version='2.0'><channel><title>Feed</title>{''.join(items[at : at + ENTRIES])}"
        "</channel></rss>".encode()
        for at in range(0, len(items), ENTRIES)
    ]


def saved(folder: Path, size: int) -> list[bytes]:
    """The documents in the folder, again and again until they hold that many entries."""
    import feedparser

    documents = [file.read_bytes() for file in sorted(folder.rglob("*.xml"))]
    counts = [len(feedparser.parse(document).entries) for document in documents]
    chosen, held = [], 0
    while held < size and sum(counts):
        at = len(chosen) % len(documents)
        chosen.append(documents[at])
        held += counts[at]
    return chosen


def articles(documents: Sequence[bytes]) -> list:
    """The feeds' entries as articles."""
    from newsletter.domain.articles.article import Article
    from newsletter.feeds.parsing.xml_feeds import parse_xml_feed

    found = []
    for number, document in enumerate(documents):
        url = f"https://outlet{number % 40}.example"
        for entry in parse_xml_feed(document, content_type="", url=f"{url}/feed").entries:
            at = len(found)
            when = entry.published_at or CLOSES
            found.append(
                Article(
                    id=at,
                    url=f"https://outlet{number % 40}.example/{at}",
                    title=entry.title,
                    summary=entry.summary,
                    text=entry.text,
                    source=f"Outlet {number % 40}",
                    published_at=when,
                    collected_at=when,
                    position=entry.position,
                )
            )
    return found


def measure(size: int, folder: Path | None) -> dict:
    """Seconds and memory for one size, in this process."""
    import feedparser

    from newsletter.domain.digest.builder import build_digest
    from newsletter.domain.relevance.classifier import TopicClassifier
    from newsletter.topics.load import bundled_topic

    classifier = TopicClassifier(bundled_topic("middle-east"))
    documents = saved(folder, size) if folder else feeds(size)
    started = time.perf_counter()
    for document in documents:
        feedparser.parse(document)
    parsing = time.perf_counter() - started
    given = articles(documents)[:size]
    before = peak_mb()
    started = time.perf_counter()
    digest = build_digest(
        given,
        classifier=classifier,
        window=(CLOSES - timedelta(days=1), CLOSES),
        language="en",
        max_stories=15,
    )
    choosing = time.perf_counter() - started
    return {
        "articles": len(given),
        "feedparser_s": round(parsing, 3),
        "choosing_s": round(choosing, 3),
        "ratio": round(choosing / parsing, 3),
        "ms_per_article": round(1_000 * choosing / len(given), 4),
        "stories": len(digest.stories),
        "peak_mb": round(peak_mb()),
        "added_mb": round(peak_mb() - before),
    }


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description="How long choosing an evening takes.")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=list(SIZES), help="how many articles"
    )
    parser.add_argument("--from", dest="folder", type=Path, help="feeds of yours")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(measure(asked.sizes[0], asked.folder)))
        return
    found = [alone(size, asked.folder) for size in asked.sizes]
    least, most = found[0], found[-1]
    document = {
        "sizes": found,
        "allowed_ratio": ALLOWED,
        "growth": round(
            (most["choosing_s"] / least["choosing_s"]) / (most["articles"] / least["articles"]), 3
        ),
    }
    if asked.json:
        print(json.dumps(document, indent=2))
        return
    for one in found:
        print(
            f"{one['articles']:>7,} articles  feedparser {one['feedparser_s']:7.2f} s  "
            f"choosing {one['choosing_s']:7.2f} s  {one['ratio']:.2f} ×  "
            f"{one['peak_mb']} MB, {one['added_mb']} of them for choosing"
        )
    print(f"Time for each article grows by {document['growth']:.2f} from the least to the most.")


def alone(size: int, folder: Path | None) -> dict:
    """One size, measured in a process of its own."""
    command = [sys.executable, __file__, "--one", "--sizes", str(size)]
    command += ["--from", str(folder)] if folder else []
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


if __name__ == "__main__":
    main()
