"""An application in a process of its own, and the database it reads."""

import mmap
import os

from .application import REASONS
from .processes import Process
from .waiting import PATIENCE, eventually

_HEADER = 16
_DELAY, _ROW_BYTES, _IN_FLIGHT, _MOST_IN_FLIGHT, _FETCHES = range(5)
_REASONS = 8
_BATCHES = _FETCHES + _REASONS


class Database:
    """One number per key, in a file that tests and application map: it is there while the
    application is killed or stopped. ids are "0", "1", …; the row of a key is "<id>: <number>".

    The layout is that of application/counters.h.
    """

    def __init__(self, path, keys=None):
        """With `keys` a new file for so many; without, one that is there."""
        if keys is not None:
            with open(path, "wb") as file:
                file.truncate(8 * (_HEADER + 2 * keys))
        with open(path, "r+b") as file:
            self._words = memoryview(mmap.mmap(file.fileno(), 0)).cast("Q")
        self.path = path
        self.keys = (len(self._words) - _HEADER) // 2

    def number(self, key_id):
        return self._words[_HEADER + 2 * int(key_id)]

    def write(self, key_id, number):
        self._words[_HEADER + 2 * int(key_id)] = number

    def change(self, key_id):
        """The next number."""
        self._words[_HEADER + 2 * int(key_id)] += 1

    # How the application answers.

    def answer_after(self, seconds):
        self._words[_DELAY] = int(seconds * 1e6)

    def fill_rows(self, size):
        """Rows are as long as this."""
        self._words[_ROW_BYTES] = size

    # What it was asked.

    @property
    def fetches(self):
        return sum(self._words[_FETCHES:_FETCHES + _REASONS])

    def fetches_for(self, reason):
        """By reason: "change", "snapshot", "revalidate", …"""
        return self._words[_FETCHES + REASONS.index(reason)]

    @property
    def batches(self):
        """Calls for several keys."""
        return self._words[_BATCHES]

    @property
    def in_flight(self):
        return self._words[_IN_FLIGHT]

    @property
    def most_in_flight(self):
        return self._words[_MOST_IN_FLIGHT]

    def fetches_of(self, key_id):
        return self._words[_HEADER + 2 * int(key_id) + 1]

    def count_anew(self):
        self._words[_MOST_IN_FLIGHT] = self._words[_BATCHES] = 0
        for reason in range(_REASONS):
            self._words[_FETCHES + reason] = 0
        for key in range(self.keys):
            self._words[_HEADER + 2 * key + 1] = 0


class CounterApplication(Process):
    """A fast application server that answers from a Database, on a port that stays the same."""

    def __init__(self, name, folder, port, keys):
        super().__init__(name, folder)
        self.address = f"127.0.0.1:{port}"
        self.database = Database(self.log_file.with_suffix(".counters"), keys)

    async def start(self):
        starts = self.log().count("listens on")
        self.spawn([os.environ["ENTITYSYNC_TEST_APPLICATION"], self.address, self.database.path])
        await eventually(f"{self.name} listens",
                         lambda: self.log().count("listens on") > starts, PATIENCE)

    def set(self, entity, key_id, row):
        """What Writers call."""
        self.database.write(key_id, int(row.split(": ")[1]))
