"""A client that is written with the C++ library, in a process of its own."""

import collections
import json
import os

from .processes import Process
from .waiting import eventually


class CppClient(Process):
    """Watches ids of one entity type; rows are JSON objects with a growing number `n`, which is the
    application's version, too.

    `newest` is the number that it shows, by id; `rows` all rows that it has shown, by (id, number);
    `faults` what it showed that was older than before,
    or did not belong to its version; `connections` how often it stood how.
    """

    def __init__(self, name, folder):
        super().__init__(name, folder)
        self.newest = {}
        self.rows = {}
        self.faults = []
        self.connections = collections.Counter()
        self._read = 0

    async def start(self, address, entity, ids):
        self.spawn([os.environ["ENTITYSYNC_TEST_CLIENT"], f"ws://{address}/ws/entity-sync/", entity,
                    *ids])
        await eventually(f"{self.name} shows all", lambda: self.read() and
                         self.newest.keys() == set(ids))

    def read(self):
        """Reads what it said since; True while it runs."""
        lines = self.log()[self._read:].splitlines(keepends=True)
        for line in lines:
            if not line.endswith("\n"):
                break
            self._read += len(line)
            kind, *words = line.rstrip("\n").split(" ", 5)
            if kind == "connection":
                self.connections[words[0]] += 1
            elif kind == "state" and words[2] == "live":
                self._show(words[1], words[3], words[4])
        return self.is_running()

    def _show(self, key_id, version, row):
        row = json.loads(row)
        number = row["n"]
        self.rows[key_id, number] = row
        if number < self.newest.get(key_id, number) or not version.startswith(f"{number}."):
            self.faults.append((key_id, version, number, self.newest.get(key_id)))
        self.newest[key_id] = number
