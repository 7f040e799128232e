"""What a run found, and the JSON file that holds it."""

from __future__ import annotations

import dataclasses
import json
import math
import pathlib
from collections.abc import Sequence
from typing import Any

from . import figures
from .errors import BenchError


@dataclasses.dataclass(frozen=True)
class Target:
    """What docs/PERFORMANCE.md calls P1 to P10: an id, a number, and on which side of it to be."""

    id: str
    number: float
    is_least: bool = False  # The value is to be at least this; else at most.

    def is_met(self, value: float) -> bool:
        return value >= self.number if self.is_least else value <= self.number


@dataclasses.dataclass
class Entry:
    """One line of the table.

    `value` is the median over `samples`, one per repeat, in `unit`: "ratio" where it was divided by
    what it is compared with, in the same repeat. `is_floor_ratio` says that this is the floor
    program; where it is not, `floor_ratios` may say what came out in relation to that. `details`
    are medians worth showing beside it; `repeats` is all that was measured.
    """

    name: str
    scenario: str
    unit: str = "ratio"
    samples: Sequence[float] = ()
    is_floor_ratio: bool = False
    floor_ratios: Sequence[float] = ()
    target: Target | None = None
    bus: str = "in_process"
    lower_is_better: bool = True
    details: dict[str, Any] = dataclasses.field(default_factory=dict)
    repeats: Sequence[dict[str, Any]] = ()
    note: str = ""
    error: str = ""
    shortened: dict[str, str] = dataclasses.field(default_factory=dict)  # What --quick left out.

    @property
    def value(self) -> float:
        return figures.median(self.samples)

    @property
    def ratio_to_floor(self) -> float | None:
        ratios = self.samples if self.is_floor_ratio else self.floor_ratios
        return figures.median(ratios) if ratios else None

    def is_met(self) -> bool | None:
        """None where there is no target, or nothing to hold against it."""
        if self.target is None or math.isnan(self.value):
            return None
        return self.target.is_met(self.value)

    def as_json(self) -> dict[str, Any]:
        least, most = figures.spread(self.samples)
        fields: dict[str, Any] = {
            "name": self.name, "scenario": self.scenario, "bus": self.bus, "unit": self.unit,
            "value": self.value, "spread": [least, most],
            "ratio_to_floor": self.ratio_to_floor, "is_floor_ratio": self.is_floor_ratio,
            "floor_ratios": list(self.floor_ratios), "lower_is_better": self.lower_is_better,
            "samples": list(self.samples), "details": self.details, "repeats": list(self.repeats),
        }
        if self.target is not None:
            fields |= {"target_id": self.target.id, "target": self.target.number,
                       "target_is_least": self.target.is_least, "met": self.is_met()}
        for name in ("note", "error", "shortened"):
            if value := getattr(self, name):
                fields[name] = value
        return fields


def entry_of_json(fields: dict[str, Any]) -> Entry:
    target = None
    if fields.get("target") is not None:
        target = Target(fields["target_id"], fields["target"], fields.get("target_is_least", False))
    return Entry(
        name=fields["name"], scenario=fields["scenario"], unit=fields["unit"],
        samples=_numbers(fields["samples"]), is_floor_ratio=fields["is_floor_ratio"],
        floor_ratios=_numbers(fields["floor_ratios"]), target=target, bus=fields["bus"],
        lower_is_better=fields["lower_is_better"], details=fields["details"],
        repeats=fields["repeats"], note=fields.get("note", ""), error=fields.get("error", ""),
        shortened=fields.get("shortened", {}))


def _numbers(values: list[float | None]) -> list[float]:
    return [each for each in values if each is not None]


@dataclasses.dataclass
class Results:
    """A whole run. `how` is what it was asked to do."""

    machine: dict[str, Any]
    how: dict[str, Any]
    entries: list[Entry] = dataclasses.field(default_factory=list)

    def write(self, path: pathlib.Path) -> None:
        """One line per entry: histograms are long."""
        entries = ",\n".join(_dump(entry.as_json()) for entry in self.entries)
        text = (f'{{"machine": {_dump(self.machine)},\n"how": {_dump(self.how)},\n'
                f'"scenarios": [\n{entries}\n]}}\n')
        try:
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise BenchError(f"{path} cannot be written: {error.strerror}") from None


def read(path: pathlib.Path) -> Results:
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        return Results(fields["machine"], fields["how"],
                       [entry_of_json(each) for each in fields["scenarios"]])
    except OSError as error:
        raise BenchError(f"cannot read {path}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError) as error:
        raise BenchError(f"{path} is not a file that bench/run --json wrote: {error!r}") from None


def _dump(value: Any) -> str:
    return json.dumps(_finite(value), allow_nan=False)


def _finite(value: Any) -> Any:
    """The same with null for what JSON has no number for."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(each) for each in value]
    return value
