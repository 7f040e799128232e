"""Runs scenarios, one after the other, and collects what they found."""

from __future__ import annotations

import contextlib
import pathlib
import shutil
import tempfile
import traceback
from collections.abc import Iterator, Sequence

from .build import Programs
from .cores import Cores
from .errors import NotMeasured
from .plan import Plan
from .progress import Progress
from .results import Entry
from .scenarios.scenario import Scenario
from .stage import Stage


class Runner:
    """Each scenario has a folder for its logs, which is kept if it fails."""

    def __init__(self, plan: Plan, programs: Programs, cores: Cores, progress: Progress):
        self._plan = plan
        self._programs = programs
        self._cores = cores
        self._progress = progress

    def run(self, scenarios: Sequence[Scenario]) -> Iterator[Entry]:
        for number, scenario in enumerate(scenarios, 1):
            self._progress.heading(f"{number} of {len(scenarios)}, {scenario.name}")
            yield from self._measure(scenario)
        self._progress.done()

    def _measure(self, scenario: Scenario) -> list[Entry]:
        """What was measured before a failure counts; the failure is an entry of its own."""
        folder = pathlib.Path(tempfile.mkdtemp(prefix=f"entity-sync-bench-{scenario.name}-"))
        entries: list[Entry] = []
        keep = False
        try:
            with contextlib.closing(Stage(self._plan, self._programs, self._cores, folder,
                                          self._progress)) as stage:
                for entry in scenario.measure(stage):
                    entries.append(entry)
        except Exception as error:  # pylint: disable=broad-except
            # Whatever it is: what was measured before and what comes after counts.
            keep = True
            self._progress.message(f"{scenario.name}: {_explain(error)}")
            entries.append(Entry(_failed_name(scenario, entries), scenario.name,
                                 error=str(error) or repr(error)))
        finally:
            if not keep:
                shutil.rmtree(folder, ignore_errors=True)
        shortened = self._plan.take_shortened()
        for entry in entries:
            entry.shortened = shortened
        return entries


def _explain(error: Exception) -> str:
    if isinstance(error, NotMeasured):
        return str(error)
    return "".join(traceback.format_exception(error))  # A fault of this program.


def _failed_name(scenario: Scenario, entries: Sequence[Entry]) -> str:
    """The scenario's own, unless an entry has it."""
    taken = any(entry.name == scenario.name for entry in entries)
    return scenario.name + ("/failed" if taken else "")
