"""The entry point: runs a command, and turns what goes wrong into a sentence and an exit code."""

import json
import os
import sys

import typer

from newsletter.cli.app import app
from newsletter.cli.termination import TerminationError, raise_on_signals
from newsletter.errors import NewsletterError

USAGE = 2  # As the shell's own commands: wrong arguments.
UNEXPECTED = 70  # EX_SOFTWARE of sysexits.h: a fault of ours.
INTERRUPTED = 130  # What a shell reports for Ctrl-C.


def main() -> None:
    """Run the command line; never returns."""
    code = None
    raise_on_signals()
    try:
        code = app(standalone_mode=False)  # what typer.Exit carried, None after a usual end
        sys.stdout.flush()
    except NewsletterError as error:
        _say(str(error), code=error.code)
        sys.exit(error.exit_code)
    except (typer.Abort, KeyboardInterrupt):
        _say("Stopped.")
        sys.exit(INTERRUPTED)
    except TerminationError as error:
        _say("Stopped.")
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # Whoever read our output has had enough: nothing to say, and no more to write.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:  # noqa: BLE001  # the last resort: no traceback reaches a user
        _unexpected(error)
    sys.exit(code)


def _unexpected(error: Exception) -> None:
    # What the command line library raises for wrong arguments; it has moved from click to typer.
    format_message = getattr(error, "format_message", None)
    if format_message is not None:
        # Without a command the help itself was the answer, and there is nothing to add.
        if message := format_message():
            _say(f"{message} See --help.")
        sys.exit(USAGE)
    if os.environ.get("NEWSLETTER_LOG_LEVEL", "").upper() == "DEBUG":
        raise error
    _say(
        f"Something unforeseen happened ({type(error).__name__}: {error}). "
        "Run it again with NEWSLETTER_LOG_LEVEL=DEBUG to see where, and report it."
    )
    sys.exit(UNEXPECTED)


def _say(sentence: str, *, code: str = "") -> None:
    if "--json" in sys.argv[1:]:
        document = {"error": sentence} | ({"code": code} if code else {})
        sys.stderr.write(json.dumps(document, ensure_ascii=False) + "\n")
        return
    is_colour = sys.stderr.isatty() and "NO_COLOR" not in os.environ
    start, end = ("\033[31m", "\033[0m") if is_colour else ("", "")
    sys.stderr.write(f"{start}{sentence}{end}\n")
