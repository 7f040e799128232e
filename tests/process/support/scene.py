"""Replicas with clients and changes all the time, and what must hold after a fault."""

import asyncio

import grpc

from .waiting import SANITIZED, eventually
from .writers import Writers

# Seconds from the end of a fault until every client has the last state, at default settings and
# where nothing of a target answered (docs/adr/0008).
CONVERGENCE = 15 if SANITIZED else 5

# NotifyChange waits 2 s for the bus (front.notify_timeout); the rest is for a busy machine.
ANSWERED_WITHIN = 2 + (6 if SANITIZED else 1.5)

# How long callers wait: far longer, so that the gateway's own bound is measured and not theirs.
CALLERS_PATIENCE = 60 if SANITIZED else 20

OK = grpc.StatusCode.OK


class Scene:
    """One task per key changes it and notifies; viewers watch all keys.

    Each key is always told to the same gateway: a change told to another after the fault would make
    good what the fault cost. `measured` says how long after each fault the last state had arrived
    everywhere.
    """

    def __init__(self, test, application, notifiers, viewers, keys):
        self.viewers = viewers
        self.writers = None
        self.measured = {}
        self._test = test
        self._application = application
        self._notifiers = notifiers
        self._keys = keys

    async def survives(self, name, fault, heal, is_all_owed=True, stopped=None):
        """Changes go on through `fault`, which returns when it was noticed, and `heal`.

        `is_all_owed`: whether, with no further call, changes must arrive that were never answered
        OK. Not after faults that one replica does not see: the others cannot know of what it alone
        was told. `stopped` is the replica that the fault stops: its callers have no answer before
        it goes on, or the caller's deadline ends the call.
        """
        now = asyncio.get_running_loop().time
        database = self._application.database
        first = max(database.number(key_id) for _, key_id in self._keys)
        self.writers = writers = Writers(self._application, self._notifiers, self._keys,
                                         timeout=CALLERS_PATIENCE, first=first,
                                         is_faithful=True, stopped=stopped)
        self._test.addAsyncCleanup(writers.stop)
        await eventually("all clients are there",
                         lambda: all(viewer.is_complete() for viewer in self.viewers))
        await writers.answered(OK, 2 * len(self._keys))
        begin = now()
        await fault()
        confirmed = list(writers.confirmed.values())
        healed = now()
        await heal()
        await writers.stop()
        if is_all_owed:
            writers.confirmed = {key: database.number(key[1]) for key in self._keys}
        await writers.all_reached(self.viewers, CONVERGENCE - (now() - healed))
        self.measured[name] = now() - healed
        print(f"  {name}: all up to date {self.measured[name]:.2f} s after its end, slowest answer"
              f" {writers.slowest:.2f} s, {len(writers.answers)} calls", flush=True)
        self._test.assertGreater(min(confirmed), first, "each key was changed before")
        self._check(writers, healed - begin)
        await self._ends_with_the_last_state()

    def _check(self, writers, fault_took):
        test = self._test
        test.assertEqual(writers.unexpected, [])
        test.assertLessEqual(writers.slowest, ANSWERED_WITHIN)
        test.assertLessEqual(writers.slowest_of_stopped, fault_took + ANSWERED_WITHIN)
        for viewer in self.viewers:
            test.assertEqual(viewer.regressions, [])

    async def _ends_with_the_last_state(self):
        """Changes answered OK at each gateway after it, and everybody has just what is true."""
        for number, notifier in enumerate(self._notifiers):
            for key in self._keys[number::len(self._notifiers)]:
                self._application.database.change(key[1])
            await notifier.notify_until_ok(*self._keys)
        last = {key[1]: self._application.database.number(key[1]) for key in self._keys}
        await eventually("everybody has the last state", lambda: all(
            last.items() <= viewer.newest.items() for viewer in self.viewers))
