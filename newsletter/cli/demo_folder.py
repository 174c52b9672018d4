"""Where a demo lies, so that what it made can be looked at afterwards."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter.embedded import EmbeddedService
from newsletter.sample.newsroom import MARK

if TYPE_CHECKING:
    from newsletter.config import Settings


NAME = "demo"  # Its folder in the data folder.


def mark_demo(folder: Path, now: datetime) -> None:
    """Have whoever serves the folder show the sample newsroom too, as it stood at now."""
    (folder / MARK).write_text(now.isoformat())


def shown_folder(settings: "Settings") -> Path:
    """Return the data folder to serve: the demo's, where there is nothing else yet.

    A database of yours, or an embedded one with a newsletter of yours, comes first.
    """
    folder: Path = settings.data_dir
    demo = folder / NAME
    is_own = settings.database_url or (folder / EmbeddedService.DATABASE.value).exists()
    return demo if not is_own and (demo / MARK).exists() else folder
