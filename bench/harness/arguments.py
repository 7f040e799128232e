"""The command line of bench/run."""

from __future__ import annotations

import argparse
import pathlib
from collections.abc import Sequence

from .errors import BenchError
from .plan import BUSES

_DESCRIPTION = """Measures the gateway against the floor: a program that does nothing but send.
Installs what is missing, builds (Release), runs the scenarios, prints a table of ratios, and writes
JSON if asked to. No timing ever sets the exit code: it is 1 only if something could not be
measured, 2 if the command line is wrong."""


def parse(arguments: Sequence[str] | None, names: Sequence[str],
          default_names: Sequence[str]) -> argparse.Namespace:
    """`names` are the scenarios there are, `default_names` those that are run unless others are
    named. The answer's `scenarios` are in the order of `names`, each once."""
    parser = argparse.ArgumentParser(prog="bench/run", description=_DESCRIPTION)
    parser.add_argument("--scenario", action="append", metavar="NAME", default=[],
                        help="run this one; may be given more than once (--list shows them)")
    parser.add_argument("--quick", action="store_true",
                        help="fewer, shorter and smaller measurements: a minute for all scenarios")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE",
                        help="write all that was measured to this file")
    parser.add_argument("--bus", choices=[*BUSES, "both"],
                        help="what carries changes in the scenarios with one gateway; default:"
                        " both, with --quick in_process")
    parser.add_argument("--minutes", type=_minutes, default=5, metavar="N",
                        help="how long the scenario soak holds its load (default 5)")
    parser.add_argument("--list", action="store_true", help="print the scenarios, and end")
    parser.add_argument("--no-build", action="store_true",
                        help="use the programs of the last build, and install nothing")
    parsed = parser.parse_args(arguments)
    wanted = parsed.scenario or default_names
    unknown = [name for name in wanted if name not in names]
    if unknown:
        raise BenchError(f"there is no scenario {unknown[0]!r}; there are: {', '.join(names)}")
    parsed.scenarios = [name for name in names if name in wanted]
    parsed.buses = _buses(parsed.bus, parsed.quick)
    return parsed


def _buses(bus: str | None, quick: bool) -> tuple[str, ...]:
    if bus == "both" or (bus is None and not quick):
        return BUSES
    return (bus or BUSES[0],)


def _minutes(text: str) -> float:
    try:
        minutes = float(text)
    except ValueError:
        minutes = 0
    if not 0 < minutes <= 24 * 60:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of minutes up to a day's")
    return minutes
