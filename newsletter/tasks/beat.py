"""The beat: each minute, in UTC, five questions to SQL. Two beats at once, or none for an hour, are
both harmless.
"""

from datetime import UTC, datetime
from typing import Any

_A_MINUTE_S = 60.0
# Each is asked at once when beat starts, and then each minute: Celery would wait for the first one.
_LONG_AGO = datetime.fromtimestamp(0, UTC)
# A tick that nobody took within a minute is worth nothing: the next one asks the same question.
_STALE = {"expires": 55}

_EACH_MINUTE = {"schedule": _A_MINUTE_S, "options": _STALE, "last_run_at": _LONG_AGO}

SCHEDULE: dict[str, dict[str, Any]] = {
    # Read the feeds whose time has come; each feed says itself when that is.
    "collect": {"task": "feeds.collect", **_EACH_MINUTE},
    # An hour before an edition goes out, compose it; also one that was missed while beat was away.
    # Anew when news came, until then and while there is too little to say. Feeds are read first.
    "compose": {"task": "editions.compose", **_EACH_MINUTE},
    # At its minute send an edition off, or hold or skip it and say why.
    "dispatch": {"task": "editions.dispatch", **_EACH_MINUTE},
    # Find what a dead worker or a lost task left behind, and put it right.
    "recover": {"task": "deliveries.recover", **_EACH_MINUTE},
    # Let go of the months of the ledger that are old enough, and of journals that say nothing any
    # more: none, but for once a month, or after a machine was started anew.
    "retain": {"task": "ledger.retain", **_EACH_MINUTE},
}
