"""Changes under way all the time, and what was promised about them."""

import asyncio

import grpc

from .waiting import PATIENCE, eventually


class Writers:
    """One task per key: changes the row, notifies, notes what was answered OK, and again.

    Rows are "<id>: <number>" with growing numbers. `stop()` ends the tasks; `all_reached()` then
    says that each reader has, for each key, the last change that was answered OK or a later one.
    `timeout` is how long a caller waits for an answer, `first` where the numbers begin. The
    gateways are called in turn, or with `is_faithful` all changes of a key are told to one.
    `stopped` is a gateway that cannot answer for a while: callers may run into their timeout there.
    """

    def __init__(self, application, gateways, keys, timeout=PATIENCE, first=0, is_faithful=False,
                 stopped=None):
        self.answers = []  # Status codes, as they came.
        self.unexpected = []  # Those that no gateway may give; a caller's own timeout is none.
        self.slowest = 0.0  # Seconds until the slowest answer, but for those of `stopped`.
        self.slowest_of_stopped = 0.0
        self._timeout = timeout
        self._is_faithful = is_faithful
        self._stopped = stopped
        self.confirmed = {key: first for key in keys}
        self._first = first
        self._application = application
        self._gateways = gateways
        self._running = True
        for key in keys:
            application.set(*key, f"{key[1]}: {first}")
        self._tasks = [asyncio.create_task(self._write(number, key))
                       for number, key in enumerate(keys)]

    async def _write(self, turn, key):
        number = self._first
        while self._running:
            number += 1
            self._application.set(*key, f"{key[1]}: {number}")
            calls = 0 if self._is_faithful else number
            gateway = self._gateways[(turn + calls) % len(self._gateways)]
            code = await self._notify(gateway, key)
            self.answers.append(code)
            if code == grpc.StatusCode.OK:
                self.confirmed[key] = number
            await asyncio.sleep(0.002)

    async def _notify(self, gateway, key):
        now = asyncio.get_running_loop().time
        begin = now()
        code, _ = await gateway.notify_status(key, timeout=self._timeout)
        took = now() - begin
        allowed = {grpc.StatusCode.OK, grpc.StatusCode.UNAVAILABLE}
        if gateway is self._stopped:
            allowed.add(grpc.StatusCode.DEADLINE_EXCEEDED)
            self.slowest_of_stopped = max(self.slowest_of_stopped, took)
        else:
            self.slowest = max(self.slowest, took)
        if code not in allowed:
            self.unexpected.append(code)
        return code

    async def answered(self, code, times):
        """Until so many more calls were answered like this."""
        before = self.answers.count(code)
        await eventually(f"{times} calls are answered {code}",
                         lambda: self.answers.count(code) >= before + times)

    async def stop(self):
        self._running = False
        await asyncio.gather(*self._tasks)

    async def all_reached(self, readers, timeout=PATIENCE):
        def missing():
            return [(key, number, reader.newest.get(key[1])) for reader in readers
                    for key, number in self.confirmed.items()
                    if reader.newest.get(key[1], 0) < number]
        try:
            await eventually("all has arrived", lambda: not missing(), timeout)
        except AssertionError as error:
            raise AssertionError(
                f"{error}; (key, confirmed, seen): {missing()[:20]}") from None


class Reader:
    """Reads what a client gets while Writers write: the newest number by id."""

    def __init__(self, client):
        self.client = client
        self.newest = {}
        self._task = asyncio.create_task(self._read())

    async def _read(self):
        while True:
            key_id, number = (await self.client.next(timeout=None)).data.decode().split(": ")
            self.newest[key_id] = int(number)

    async def stop(self):
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
