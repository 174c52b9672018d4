"""The beat: each minute, in UTC, five questions to SQL. Two beats at once, or none for an hour, are
both harmless.
"""

from typing import Any

_A_MINUTE_S = 60.0
# A tick that nobody took within a minute is worth nothing: the next one asks the same question.
_STALE = {"expires": 55}

SCHEDULE: dict[str, dict[str, Any]] = {
    # Read the feeds whose time has come; each feed says itself when that is.
    "collect": {"task": "feeds.collect", "schedule": _A_MINUTE_S, "options": _STALE},
    # An hour before an edition goes out, compose it; also one that was missed while beat was away.
    "compose": {"task": "editions.compose", "schedule": _A_MINUTE_S, "options": _STALE},
    # At its minute send an edition off, or hold it and say why.
    "dispatch": {"task": "editions.dispatch", "schedule": _A_MINUTE_S, "options": _STALE},
    # Find what a dead worker or a lost task left behind, and put it right.
    "recover": {"task": "deliveries.recover", "schedule": _A_MINUTE_S, "options": _STALE},
    # Let go of the months of the ledger that are old enough, and of journals that say nothing any
    # more: none, but for once a month, or after a machine was started anew.
    "retain": {"task": "ledger.retain", "schedule": _A_MINUTE_S, "options": _STALE},
}
