"""Tables of headlines, which read better than lists of parameters."""

from typing import Any

import pytest


def headlines(table: str) -> list[Any]:
    """Parameters of a title and its lead, which stands on the line below it."""
    lines = table.strip().splitlines()
    return [
        pytest.param(title, lead.strip(), id=title)
        for title, lead in zip(lines[::2], lines[1::2], strict=True)
    ]
