"""What is going on, on stderr: one line that is written over on a terminal, else few lines."""

from __future__ import annotations

import sys
import time
from typing import TextIO


class Progress:
    def __init__(self, stream: TextIO = sys.stderr):
        self._stream = stream
        self._is_terminal = stream.isatty()
        self._begin = time.monotonic()
        self._width = 0
        self._heading = ""

    def heading(self, text: str) -> None:
        """What the following steps belong to."""
        self._heading = text
        self._show(text, is_step=False)

    def step(self, text: str) -> None:
        self._show(f"{self._heading}: {text}", is_step=True)

    def message(self, text: str) -> None:
        """Something to stay."""
        self._clear()
        print(text, file=self._stream, flush=True)

    def done(self) -> None:
        self._clear()

    def _show(self, text: str, is_step: bool) -> None:
        line = f"[{time.monotonic() - self._begin:5.1f} s] {text}"
        if self._is_terminal:
            print("\r" + line.ljust(self._width), end="", file=self._stream, flush=True)
            self._width = len(line)
        elif not is_step:
            print(line, file=self._stream, flush=True)

    def _clear(self) -> None:
        if self._is_terminal and self._width:
            print("\r" + " " * self._width + "\r", end="", file=self._stream, flush=True)
            self._width = 0
