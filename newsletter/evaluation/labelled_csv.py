"""CSV files with labels, as the evaluating commands read them."""

import csv
import io
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from newsletter.errors import InputError
from newsletter.evaluation.metrics import PrecisionRecall

MAX_FIELD_CHARS = 10_000_000  # A field of a whole article page; csv's own limit is 131,072.
READ_CHARS = 20_000  # Of a text: more than any rule looks at.
DIGITS = 4  # Of a share: one row in ten thousand.


def rows(path: Path, *, needed: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield each row with the number of the line it ends at; - reads standard input.

    Raises InputError when the file cannot be read, or lacks one of the needed columns.
    """
    csv.field_size_limit(MAX_FIELD_CHARS)
    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8-sig")
        reader = csv.DictReader(io.StringIO(text, newline=""), restval="")
        missing = [name for name in needed if name not in (reader.fieldnames or ())]
        if missing:
            raise InputError(
                f"{path} has no column {missing[0]!r}; its first line must name "
                f"{', '.join(needed)}, with commas between."
            )
        for row in reader:
            yield reader.line_num, {name: row[name] for name in row if isinstance(name, str)}
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is no text in UTF-8; save it as CSV in UTF-8.") from error
    except csv.Error as error:
        raise InputError(f"{path} cannot be read as CSV: {error}.") from error


def parse_time(text: str, *, path: Path, line: int) -> datetime | None:
    """Return the time in a field, UTC where it names no zone; None when it is empty.

    Raises InputError naming the line when it is none.
    """
    text = text.strip()
    if not text:
        return None
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            time = read(text)
        except ValueError:
            continue
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    raise InputError(f"In line {line} of {path}, {text!r} is not a time.")


def score_figures(scores: PrecisionRecall) -> dict[str, Any]:
    return {
        "precision": round(scores.precision, DIGITS),
        "recall": round(scores.recall, DIGITS),
        "f1": round(scores.f1, DIGITS),
    }
