"""One process under test: started, signalled, watched, and ended whatever happens."""

import os
import pathlib
import re
import signal
import subprocess

from .waiting import PATIENCE, eventually


class Process:
    """A process that writes to a log of its own and ends with this one, even if that is killed."""

    def __init__(self, name, folder):
        self.name = name
        self.log_file = pathlib.Path(folder) / f"{name}.log"
        self.log_file.touch()
        self.output = self.log_file  # Where the process writes to.
        self.exit_is_expected = False
        self._process = None

    def spawn(self, command, environment=None):
        self.exit_is_expected = False
        with open(self.output, "ab") as log:
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "--", *map(str, command)],
                env={**os.environ, **(environment or {})}, stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT)

    def log(self):
        return self.log_file.read_text(errors="replace")

    def is_running(self):
        return self._process is not None and self._process.poll() is None

    def exit_code(self):
        return None if self._process is None else self._process.poll()

    def send(self, number):
        self._process.send_signal(number)

    def kill(self):
        """kill -9, and until it is gone."""
        self.exit_is_expected = True
        if self.is_running():
            self.send(signal.SIGKILL)
            self._process.wait()

    def pause(self):
        self.send(signal.SIGSTOP)

    def resume(self):
        self.send(signal.SIGCONT)

    async def stop(self, how=signal.SIGTERM, timeout=PATIENCE):
        """Asks it to end and returns its exit code."""
        self.exit_is_expected = True
        if self.is_running():
            self.send(how)
        return await self.ended(timeout)

    async def ended(self, timeout=PATIENCE):
        """Until it has ended; returns its exit code."""
        self.exit_is_expected = True
        await eventually(f"{self.name} ends", lambda: not self.is_running(), timeout)
        return self.exit_code()

    async def logs(self, pattern, timeout=PATIENCE):
        """Until a line matches the pattern; returns the last such match."""
        def found():
            matches = list(re.finditer(pattern, self.log()))
            if not matches and not self.is_running():
                raise AssertionError(f"{self.name} ended with {self.exit_code()}")
            return matches[-1] if matches else None
        return await eventually(f"{self.name} logs {pattern!r}", found, timeout)

    def resident_bytes(self):
        status = pathlib.Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii")
        return int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1)) * 1024
