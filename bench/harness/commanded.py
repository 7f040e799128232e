"""Programs that are told what to do by lines of JSON, and answer each by one."""

from __future__ import annotations

import json
import pathlib
from typing import Any

from .errors import NotMeasured
from .processes import PATIENCE, Process, Program


class Commanded(Process):
    """An answer that is not ok raises NotMeasured."""

    def __init__(self, program: Program, folder: pathlib.Path):
        super().__init__(program, folder, talks=True)

    def ask(self, command: str, patience: float = PATIENCE, **fields: Any) -> dict[str, Any]:
        self.tell(command, **fields)
        return self.answer(patience)

    def tell(self, command: str, **fields: Any) -> None:
        """Gives a command whose answer() is wanted later."""
        self.write_line(json.dumps({"do": command, **fields}))

    def answer(self, patience: float = PATIENCE) -> dict[str, Any]:
        line = self.read_line(patience)
        try:
            answer = json.loads(line)
        except ValueError:
            raise self.failure(f"answered {line[:200]!r}, which is not JSON") from None
        if not answer.get("ok"):
            raise NotMeasured(f"{self.name}: {answer.get('error', line)} (log: {self.log_file})")
        return answer
