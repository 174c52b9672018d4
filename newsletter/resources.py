"""Where the files that travel with the code lie, in a checkout and in an installed wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).parent


def templates(folder: str) -> Path:
    """The folder templates/{folder}: inside the package when installed, beside it in a checkout."""
    installed = _PACKAGE / "templates"
    return (installed if installed.is_dir() else _PACKAGE.parent / "templates") / folder
