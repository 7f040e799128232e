"""Starts processes, waits for them with a bound, and stops them whatever happens."""

import os
import pathlib
import signal
import socket
import subprocess
import tempfile
import time


class Running:
    """Processes of one test; use as a context manager.

    Each writes to a file of its own, whose end is printed when the test fails.
    """

    def __init__(self):
        self._processes = {}
        self._folder = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self._folder.name)

    def __enter__(self):
        return self

    def __exit__(self, failure, *_):
        for name in reversed(list(self._processes)):
            self.stop(name, signal.SIGKILL if failure else signal.SIGTERM)
        if failure:
            for log in sorted(self.folder.glob("*.log")):
                print(f"--- the end of {log.name}")
                print("\n".join(log.read_text(errors="replace").splitlines()[-30:]), flush=True)
        self._folder.cleanup()

    def start(self, name, command, environment=None):
        with open(self.folder / f"{name}.log", "ab") as log:
            self._processes[name] = subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT)

    def stop(self, name, how=signal.SIGTERM, timeout=40):
        """Ends a process and returns its exit code."""
        process = self._processes.pop(name)
        if process.poll() is None:
            process.send_signal(how)
        try:
            return process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"{name} did not stop within {timeout} s") from None

    def wait_until_ended(self, name, timeout=60):
        """Until a process ended by itself; stop() then tells its exit code."""
        self._processes[name].wait(timeout)

    def log(self, name):
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def wait_until(self, what, condition, timeout=60):
        """Until condition() is true; fails at once if a process ended meanwhile."""
        deadline = time.monotonic() + timeout
        while not condition():
            for name, process in self._processes.items():
                if process.poll() is not None:
                    raise AssertionError(f"{name} ended with {process.returncode}")
            if time.monotonic() > deadline:
                raise AssertionError(f"{what}: not within {timeout} s")
            time.sleep(0.05)


def succeeds(command):
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          check=False).returncode == 0


def loopback_network():
    """First three numbers of loopback addresses that no other test uses at the same time."""
    return f"127.{20 + os.getpid() // 250 % 200}.{os.getpid() % 250}"


def ports_taken_everywhere(ports):
    """Those of the ports that something holds on all addresses of this machine."""
    taken = []
    for port in ports:
        with socket.socket() as probe:
            try:
                probe.bind(("127.250.250.250", port))
            except OSError:
                taken.append(port)
    return taken


def free_base_port(count):
    """The first of `count` ports in a row that are free on this machine, between those that other
    tests take and those that the system gives to connections."""
    for base in range(32000, 32768 - count, count):
        if not any(in_use(port) for port in range(base, base + count)):
            return base
    raise AssertionError("no free ports")


def in_use(port):
    with socket.socket() as probe:
        try:
            probe.bind(("0.0.0.0", port))
        except OSError:
            return True
    return False
