"""Programs that a measurement starts: pinned, logged, and gone when the runner is."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import re
import select
import signal
import subprocess
import time
from collections.abc import Sequence

from .errors import NotMeasured

# Seconds that a program may take for what should take a moment; machines may be busy.
PATIENCE = 30

# Whatever else runs on the machine is to disturb as little as may be; only root may ask for that.
_NICENESS = -10 if os.geteuid() == 0 else 0

_CPU_CLOCK_OF_PROCESS = 2  # CPUCLOCK_SCHED: what the scheduler counted, all threads.


@dataclasses.dataclass
class Program:
    """What to start: its arguments, the cores it may use, and how much it yields to the others of a
    measurement, in steps of nice."""

    name: str
    arguments: Sequence[object]
    cores: str
    yields: int = 0


class Process:
    """A running program. Its log is a file in the run's folder. It ends with the runner, even if
    that is killed, and hears nothing of Ctrl-C: the runner ends it."""

    def __init__(self, program: Program, folder: pathlib.Path, talks: bool = False):
        """`talks`: its stdin and stdout are pipes for ask(); else all output goes to the log."""
        self.name = program.name
        self.log_file = folder / f"{program.name}.log"
        self._pending = b""
        command = ["setpriv", "--pdeathsig", "KILL", "--",
                   "taskset", "--cpu-list", program.cores,
                   "nice", "-n", str(_NICENESS + program.yields), *map(str, program.arguments)]
        with open(self.log_file, "ab") as log:
            self._log_begin = log.tell()
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE if talks else subprocess.DEVNULL,
                stdout=subprocess.PIPE if talks else log, stderr=log, bufsize=0,
                start_new_session=True)

    @property
    def pid(self) -> int:
        return self._process.pid

    def log(self) -> str:
        """What this one wrote: the file may begin with others of the same name."""
        return self.log_file.read_bytes()[self._log_begin:].decode(errors="replace")

    def is_running(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        if self.is_running():
            self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def suspend(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def cpu_ns(self) -> int:
        """What all its threads have used so far."""
        return time.clock_gettime_ns((~self.pid << 3) | _CPU_CLOCK_OF_PROCESS)

    def log_match(self, pattern: str, patience: float = PATIENCE) -> re.Match[str]:
        """Waits until a line of its log matches."""
        deadline = time.monotonic() + patience
        while True:
            found = re.search(pattern, self.log())
            if found:
                return found
            self.require_running()
            if time.monotonic() > deadline:
                raise self.failure(f"did not write {pattern!r} within {patience} s")
            time.sleep(0.005)

    def write_line(self, line: str) -> None:
        """A line for its standard input."""
        assert self._process.stdin is not None, "it does not talk"
        try:
            self._process.stdin.write(line.encode() + b"\n")
        except OSError:
            self.require_running(patience=1)
            raise self.failure("does not read its commands") from None

    def read_line(self, patience: float = PATIENCE) -> str:
        """The next line that it prints."""
        assert self._process.stdout is not None, "it does not talk"
        deadline = time.monotonic() + patience
        while b"\n" not in self._pending:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._process.stdout], [], [], left)[0]:
                raise self.failure(f"did not answer within {patience:g} s")
            data = os.read(self._process.stdout.fileno(), 1 << 20)
            if not data:
                self.require_running(patience=1)
                raise self.failure("closed its output")
            self._pending += data
        line, self._pending = self._pending.split(b"\n", 1)
        return line.decode()

    def require_running(self, patience: float = 0) -> None:
        """Fails if it has ended, or does so within `patience` seconds."""
        try:
            code = self._process.wait(patience) if patience else self._process.poll()
        except subprocess.TimeoutExpired:
            return
        if code is not None:
            raise self.failure(f"ended with exit code {code}")

    def failure(self, what: str) -> NotMeasured:
        """What to raise: with the end of its log, and where the whole of it is."""
        lines = self.log().splitlines()[-5:]
        end = "".join(f"\n    {line}" for line in lines)
        return NotMeasured(f"{self.name} {what}; its log is {self.log_file}" +
                           (f", which ends with:{end}" if lines else ", which is empty"))
