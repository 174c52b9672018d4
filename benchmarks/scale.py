"""What grows with the number of readers: a worker's memory, and the time that one message takes.

    python -m benchmarks.scale --json

The same house sends an edition to few and to many; the ratios are of one run.
"""

import argparse
import json
from statistics import median
from typing import Any

from benchmarks.house import House, house
from benchmarks.send import Sent, plan, send

FEW, MANY = 10_000, 1_000_000
RUNS_OF_FEW = 5  # Two seconds each; the many take minutes, and are their own median.


def main() -> None:
    """Run it, and print what was measured."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--few", type=int, default=FEW)
    parser.add_argument("--many", type=int, default=MANY)
    parser.add_argument("--json", action="store_true")
    told = parser.parse_args()
    with house() as here:
        result = measured(here, few=told.few, many=told.many)
    if told.json:
        print(json.dumps(result, indent=2))
        return
    for name, value in result.items():
        print(f"{name:<32}{value}")


def measured(here: House, *, few: int, many: int) -> dict[str, Any]:
    """Both, in one house; the workers of the many are new, as those of the few were."""
    here.subscribe(few)
    with here.workers():
        send(here)
        small = [send(here) for _ in range(RUNS_OF_FEW)]
    here.subscribe(many)
    rows_per_second = plan(here)
    with here.workers():
        large = send(here)
    few_us = median(_microseconds(one) for one in small)
    few_peak = max(one.peak_bytes for one in small)
    return {
        "recipients": [few, many],
        "messages_per_second": [round(1e6 / few_us), round(large.per_second)],
        "time_per_message_ratio": round(_microseconds(large) / few_us, 3),
        "worker_peak_mb": [round(few_peak / 1e6, 1), round(large.peak_bytes / 1e6, 1)],
        "worker_peak_ratio": round(large.peak_bytes / few_peak, 3),
        "worker_resident_peak_mb": round(large.resident_peak_bytes / 1e6, 1),
        "plan_rows_per_second": round(rows_per_second),
    }


def _microseconds(sent: Sent) -> float:
    return 1e6 / sent.per_second


if __name__ == "__main__":
    main()
