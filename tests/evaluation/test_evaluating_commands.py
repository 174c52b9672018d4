"""The measuring commands: their figures, their files, what they refuse."""

import csv
import io
import json
import sys
from dataclasses import dataclass

import pytest

from newsletter.cli.main import main


@dataclass(frozen=True, slots=True)
class Called:
    returncode: int | str
    stdout: str
    stderr: str


TOPIC = """title,text,label,note
Rain floods Basra in Iraq,,1,=1+1
Rain in Leeds,,0,
A bakery opens,It is a &amp;quot;small&amp;quot; one in Iran.,0,
Nobody knows,,,
"""
STORIES = """id,title,text,published,cluster
1,Bridge over the Shatt reopens in Basra,,2026-03-02T10:00:00Z,a
2,Basra bridge over the Shatt reopened to lorries,,2026-03-02 11:00:00,a
3,Teachers strike closes schools across Jordan,,"Mon, 02 Mar 2026 11:00:00 GMT",b
"""


@pytest.fixture
def newsletter(monkeypatch, capsys):
    """Calls the command line as the installed script does, in this process."""

    def call(*arguments, stdin: str = "") -> Called:
        monkeypatch.setattr(sys, "argv", ["newsletter", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        with pytest.raises(SystemExit) as ended:
            main()
        written = capsys.readouterr()
        return Called(ended.value.code or 0, written.out, written.err)

    return call


@pytest.fixture
def labelled(tmp_path):
    file = tmp_path / "labelled.csv"
    file.write_text(TOPIC, encoding="utf-8")
    return file


@pytest.fixture
def clusters(tmp_path):
    file = tmp_path / "clusters.csv"
    file.write_text(STORIES, encoding="utf-8")
    return file


def test_topic_evaluate_prints_its_figures_beside_a_baseline(newsletter, labelled):
    told = json.loads(newsletter("topic", "evaluate", labelled, "--json").stdout)

    assert {"n", "precision", "recall", "f1", "seconds"} <= set(told)
    assert (told["n"], told["precision"], told["recall"]) == (3, 0.5, 1.0)
    assert set(told["baseline"]) == {"precision", "recall", "f1"}


def test_the_wrong_rows_are_written_with_the_score_and_the_reason(newsletter, labelled, tmp_path):
    wrong = tmp_path / "wrong.csv"
    newsletter("topic", "evaluate", labelled, "--errors", wrong, "--json")

    (row,) = csv.DictReader(wrong.read_text(encoding="utf-8").splitlines())
    assert (row["title"], row["label"], row["decided"]) == ("A bakery opens", "0", "1")
    assert row["text"] == 'It is a "small" one in Iran.'
    assert (float(row["score"]), row["reason"]) == (2.5, "“Iran” in the lead.")


def test_a_cell_that_a_spreadsheet_would_run_is_quoted(newsletter, tmp_path):
    wrong = tmp_path / "wrong.csv"
    rows = TOPIC.replace("Iraq,,1,", "Iraq,,0,")
    newsletter("topic", "evaluate", "-", "--errors", wrong, stdin=rows)

    assert "'=1+1" in wrong.read_text(encoding="utf-8")


def test_stories_evaluate_prints_its_figures_beside_a_baseline(newsletter, clusters):
    told = json.loads(newsletter("stories", "evaluate", clusters, "--json").stdout)

    assert (told["n"], told["clusters_found"], told["clusters_true"]) == (3, 2, 2)
    assert (told["precision"], told["recall"], told["f1"], told["pairs_f1"]) == (1, 1, 1, 1)
    assert told["baseline"]["clusters_true"] == 2


def test_stories_without_a_time_are_of_one_day(newsletter, clusters):
    undated = "".join(
        line.replace("2026-03-02T10:00:00Z", "").replace("2026-03-02 11:00:00", "")
        for line in STORIES.splitlines(keepends=True)[:3]
    )

    told = json.loads(newsletter("stories", "evaluate", "-", "--json", stdin=undated).stdout)

    assert told["clusters_found"] == 1


def test_page_extract_prints_what_is_read_of_a_saved_page(newsletter, tmp_path):
    page = tmp_path / "page.html"
    page.write_text(
        "<html lang=en><head><title>A bridge opens</title>"
        '<meta property="og:image" content="/bridge.jpg"><meta name="author" content="Ann Rahim">'
        '<meta property="og:image:width" content="1200">'
        '<meta property="og:image:height" content="800">'
        '<meta property="article:published_time" content="2026-03-02T10:00:00Z">'
        '<meta property="article:section" content="World"></head><body><article><p>'
        + "The crossing over the river is open to lorries again after eleven years. " * 5
        + "</p></article></body></html>",
        encoding="utf-8",
    )

    told = json.loads(
        newsletter("page", "extract", page, "--url", "https://post.example/a", "--json").stdout
    )

    assert set(told) == {"title", "authors", "published", "section", "image", "text"}
    assert (told["title"], told["authors"], told["section"]) == (
        "A bridge opens",
        ["Ann Rahim"],
        "World",
    )
    assert told["published"] == "2026-03-02T10:00:00+00:00"
    assert told["image"]["url"] == "https://post.example/bridge.jpg"
    assert told["text"].startswith("The crossing over the river")


@pytest.mark.parametrize(
    ("arguments", "stdin", "said"),
    [
        pytest.param(
            ["topic", "evaluate", "-"], "title,text\na,b\n", "column 'label'", id="column"
        ),
        pytest.param(
            ["topic", "evaluate", "-"], "title,text,label\na,b,yes\n", "line 2", id="label"
        ),
        pytest.param(["topic", "evaluate", "/no/such.csv"], "", "cannot be read", id="no file"),
        pytest.param(["topic", "evaluate", "-"], "", "column 'title'", id="an empty file"),
        pytest.param(
            ["topic", "evaluate", "-"], "title;text;label\na;b;1\n", "commas", id="semicolons"
        ),
        pytest.param(
            ["topic", "evaluate", "-"], "title,text,label\na,b,\n", "nothing to", id="no label"
        ),
        pytest.param(
            ["topic", "evaluate", "-", "--errors", "/no/such/folder/wrong.csv"],
            "title,text,label\na,b,1\n",
            "/no/such/folder/wrong.csv cannot be written: No such file",
            id="nowhere to write",
        ),
        pytest.param(
            ["stories", "evaluate", "-"],
            "id,title,text,published,cluster\n",
            "nothing to measure",
            id="no stories",
        ),
        pytest.param(
            ["stories", "evaluate", "-"],
            "id,title,text,published,cluster\n1,a,b,soon,c\n",
            "line 2 of -, 'soon' is not a time",
            id="no time",
        ),
        pytest.param(
            ["page", "extract", "/no/such.html", "--url", "https://post.example/a"],
            "",
            "cannot be read",
            id="no page",
        ),
    ],
)
def test_what_cannot_be_measured_is_refused_in_a_sentence(newsletter, arguments, stdin, said):
    refused = newsletter(*arguments, stdin=stdin)

    assert refused.returncode == 2
    assert said in refused.stderr.replace("\n", " ")
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    "row",
    [
        pytest.param('"","",0', id="empty"),
        pytest.param("Rain,,0", id="one word"),
        pytest.param(f"Rain,{'word ' * 400_000},0", id="two megabytes"),
        pytest.param("RAIN FLOODS ТОКИО باريس פריז,,0", id="mixed scripts in capitals"),
        pytest.param("IRAN REOPENS A BRIDGE,,1", id="capitals"),
        pytest.param("&amp;#73;ran reopens a bridge,,1", id="entities twice over"),
        pytest.param("I\u200br\u200ba\u200bn reopens a bridge,,1", id="zero-width"),
        pytest.param("\u0406r\u0430n reopens a bridge,,1", id="homoglyphs"),
    ],
)
def test_a_hostile_row_is_judged_as_it_reads(newsletter, row):
    told = newsletter("topic", "evaluate", "-", "--json", stdin=f"title,text,label\n{row}\n")

    assert json.loads(told.stdout)["f1"] == 1
