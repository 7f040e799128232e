"""Building what is measured: Release, by the preset `bench`."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import re
import subprocess
from collections.abc import Sequence

from .errors import BenchError
from .progress import Progress

_TARGETS = {"gateway": "entity-sync-gateway", "load": "bench_load", "floor": "bench_floor",
            "echo": "bench_echo"}

# As scripts/lib/common.sh: ccache sees through precompiled headers and the folder of the clone.
_CCACHE_SLOPPINESS = (
    "pch_defines,time_macros,include_file_mtime,include_file_ctime")


@dataclasses.dataclass(frozen=True)
class Programs:
    gateway: pathlib.Path
    load: pathlib.Path
    floor: pathlib.Path
    echo: pathlib.Path


def folder(root: pathlib.Path) -> pathlib.Path:
    return root / "build" / "bench"


def build(root: pathlib.Path, progress: Progress) -> None:
    """Installs missing packages and builds. What the commands say goes to build/bench/*.log."""
    folder(root).mkdir(parents=True, exist_ok=True)
    progress.heading("packages")
    _run(root, "packages", ["scripts/install-packages", "build", "demo", "bench"], progress)
    progress.heading("build")
    _run(root, "configure", ["cmake", "--preset", "bench", "--log-level=NOTICE"], progress)
    _run(root, "build", ["cmake", "--build", "--preset", "bench", "--parallel", str(_jobs()),
                         "--target", *_TARGETS.values()], progress)


def find(root: pathlib.Path) -> Programs:
    return Programs(**{name: _find(folder(root), target) for name, target in _TARGETS.items()})


def _find(where: pathlib.Path, target: str) -> pathlib.Path:
    for path in where.rglob(target):
        if path.is_file() and os.access(path, os.X_OK):
            return path
    raise BenchError(f"{target} is not built below {where}; run bench/run without --no-build")


def _run(root: pathlib.Path, name: str, command: Sequence[str], progress: Progress) -> None:
    """With its output in a log, and ninja's [12/345] shown as progress."""
    log_file = folder(root) / f"{name}.log"
    environment = {"CCACHE_BASEDIR": str(root), "CCACHE_NOHASHDIR": "1",
                   "CCACHE_SLOPPINESS": _CCACHE_SLOPPINESS, **os.environ}
    with open(log_file, "w", encoding="utf-8") as log:
        process = subprocess.Popen(command, cwd=root, env=environment, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                   errors="replace")
        for line in process.stdout:
            log.write(line)
            if found := re.match(r"\[(\d+)/(\d+)\]", line):
                progress.step(f"{found.group(1)} of {found.group(2)}")
    if process.wait() != 0:
        end = "\n".join(log_file.read_text(encoding="utf-8").splitlines()[-20:])
        raise BenchError(f"`{' '.join(command)}` failed. The whole log is {log_file}; its end:\n"
                         + end)


def _jobs() -> int:
    """One compiler per core, and per 2 GiB of memory."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(1, min(len(os.sched_getaffinity(0)), memory >> 31))
