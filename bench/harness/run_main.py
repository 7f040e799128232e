"""bench/run: builds, measures, prints and writes."""

from __future__ import annotations

import argparse
import os
import pathlib
import resource
import sys
import time

from . import arguments, build, cores, machine, scenarios, table
from .errors import BenchError
from .plan import Plan
from .progress import Progress
from .results import Results
from .runner import Runner

_ROOT = pathlib.Path(__file__).resolve().parents[2]
_BUSY = 0.5  # A load average that says that others work here too.


def main() -> int:
    known = scenarios.all_scenarios()
    try:
        parsed = arguments.parse(None, [each.name for each in known],
                                 [each.name for each in known if each.is_default])
        if parsed.list:
            print(table.render(["scenario", "measures"], (
                [each.name, each.summary + ("" if each.is_default else " (only when named)")]
                for each in known)))
            return 0
    except BenchError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    try:
        return _measure(parsed, [each for each in known if each.name in parsed.scenarios])
    except BenchError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


def _measure(parsed: argparse.Namespace, wanted: list[scenarios.Scenario]) -> int:
    progress = Progress()
    load = os.getloadavg()[0]
    if load > _BUSY:
        progress.message(f"This machine is busy (load average {load:.1f}): ratios spread more than"
                         " they should, and latencies mean little.")
    if not parsed.no_build:
        build.build(_ROOT, progress)
    programs = build.find(_ROOT)
    _allow_descriptors()
    begin = time.monotonic()
    results = Results(machine.describe(_ROOT, build.folder(_ROOT), load), {
        "scenarios": parsed.scenarios, "quick": parsed.quick, "buses": list(parsed.buses)})
    if parsed.json is not None:
        results.write(parsed.json)  # So that a name that cannot be written to is noticed now.
    plan = Plan(parsed.quick, parsed.buses, parsed.minutes)
    for entry in Runner(plan, programs, cores.of_this_machine(), progress).run(wanted):
        results.entries.append(entry)
        if parsed.json is not None:
            results.write(parsed.json)
    print(table.of_results(results))
    progress.message(f"measured in {time.monotonic() - begin:.0f} s"
                     + (f"; all of it is in {parsed.json}" if parsed.json else ""))
    return 1 if any(entry.error for entry in results.entries) else 0


def _allow_descriptors() -> None:
    """As many as this machine lets one have, for all that is started."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


if __name__ == "__main__":
    sys.exit(main())
