"""A client that reads nothing for a minute while its keys change a thousand times a second."""

import asyncio

from support import case
from support.heap_meter import HeapMeter
from support.viewer import Viewer

KEYS = [("items", str(number)) for number in range(100)]
ROW = 1024
FRAME = ROW + 4  # On the wire.
PER_SECOND = 1_000  # Changes, over all keys.
AT_ONCE = 20  # Changes in a call.
WARM_UP = 5  # Seconds.
STALLED_FOR = 10 if case.SANITIZED else 60  # Seconds.
RECEIVE_BUFFER = 32 * 1024  # So that the kernel is full soon.
SEND_BUFFER = 64 * 1024  # The default of websocket.send_buffer_bytes.

# What the gateway may need more when one client stops reading. Measured is the heap, to the byte;
# of resident memory the allocator keeps some hundred KiB more or less each time.
ALLOWED_GROWTH = len(KEYS) * FRAME + SEND_BUFFER + 64 * 1024

PATIENT = {"websocket": {"heartbeat_interval": "1h", "write_stall_timeout": "1h",
                         "flush_bytes": "1KiB"}}  # One state at a time.
STALL_LIMIT = 30  # The default of websocket.write_stall_timeout, in seconds.


class Recorder(Viewer):
    """Remembers all rows in their order."""

    def __init__(self, *args, **options):
        self.rows = []
        super().__init__(*args, **options)

    def on_row(self, row):
        assert len(row) == ROW, len(row)
        self.rows.append(row.split())
        super().on_row(row)


class StalledReaderTest(case.ProcessTest):

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.app = await self.counter_application(len(KEYS))
        self.app.database.fill_rows(ROW)
        self.changes = 0
        self.running = True

    def replica(self, **settings):
        return self.new_gateway(self.app, classic={"snapshot": True}, log={"level": "info"},
                                **settings)

    async def write(self, gateway):
        """The wanted changes a second; what was late is made up for."""
        now = asyncio.get_running_loop().time
        begin = now()
        while self.running:
            keys = [KEYS[(self.changes + number) % len(KEYS)] for number in range(AT_ONCE)]
            for key in keys:
                self.app.database.change(key[1])
            await gateway.notify(*keys)
            self.changes += AT_ONCE
            await asyncio.sleep(begin + self.changes / PER_SECOND - now())

    def last(self):
        return {key_id: self.app.database.number(key_id) for _, key_id in KEYS}

    async def has_last(self, *viewers):
        await case.eventually("the last states arrive", lambda: all(
            viewer.newest == self.last() for viewer in viewers))

    async def changes_for(self, seconds):
        """The time is the size of the load; nothing is waited for."""
        wanted = self.changes + seconds * PER_SECOND
        await case.eventually("changes are made", lambda: self.changes >= wanted, 5 * seconds + 30)

    async def test_costs_one_state_per_key_and_gets_the_newest_once(self):
        gateway = self.replica(**PATIENT)
        meter = None if case.SANITIZED else HeapMeter(self.folder)
        gateway.environment = meter.environment if meter else {}
        await gateway.start()
        stalled = self.viewer([gateway.address], KEYS, Recorder, receive_buffer=RECEIVE_BUFFER)
        others = [self.viewer([gateway.address], KEYS) for _ in range(2)]
        await self.has_last(stalled, *others)
        writing = asyncio.create_task(self.write(gateway))
        await self.changes_for(WARM_UP)  # All read.

        heap = await meter.floor() if meter else 0
        resident = gateway.resident_bytes()
        stalled.pause_reading()
        await self.changes_for(STALLED_FOR)
        grown = (await meter.floor() if meter else 0) - heap
        print(f"  the heap grew by {grown / 1024:.0f} KiB of {ALLOWED_GROWTH // 1024} KiB allowed"
              f" (resident memory by {(gateway.resident_bytes() - resident) // 1024} KiB)",
              flush=True)
        self.assertLess(grown, ALLOWED_GROWTH)
        self.running = False
        await writing
        await self.has_last(*others)

        unread, already = stalled.unread(), len(stalled.rows)
        stalled.resume_reading()
        await self.has_last(stalled)
        self.assert_newest_once(stalled.rows[already:], unread)
        self.assertEqual([stalled.ends, stalled.regressions], [[], []])

    def assert_newest_once(self, rows, unread):
        """What the kernel held, and at most one state that was on its way to it, perhaps begun;
        then the newest of each key and nothing else."""
        newest = rows[-len(KEYS):]
        self.assertEqual({key_id.decode().rstrip(":"): int(number) for key_id, number in newest},
                         self.last())
        old = len(rows) - len(newest)
        print(f"  the kernel held {unread} bytes, {unread / FRAME:.2f} states; {old} old ones came",
              flush=True)
        self.assertLessEqual(old, unread // FRAME + 1)

    async def test_is_closed_at_the_default_limit_and_comes_back(self):
        gateway = self.replica()
        await gateway.start()
        stalled = self.viewer([gateway.address], KEYS, receive_buffer=RECEIVE_BUFFER)
        other = self.viewer([gateway.address], KEYS)
        await self.has_last(stalled, other)
        writing = asyncio.create_task(self.write(gateway))
        now = asyncio.get_running_loop().time
        begin = now()
        stalled.pause_reading()
        await gateway.metric_becomes("connections_closed_total", 1, cause="stall")
        took = now() - begin
        stalled.resume_reading()
        await case.eventually("it is told", lambda: stalled.ends)
        self.assertEqual(stalled.ends[0][1], 4008)
        print(f"  closed after {took:.1f} s", flush=True)
        self.assertGreaterEqual(took, STALL_LIMIT)
        await case.eventually("it is back", lambda: stalled.connects == 2)
        self.running = False
        await writing
        await self.has_last(stalled, other)
        self.assertEqual((other.ends, other.regressions), ([], []))


if __name__ == "__main__":
    case.main()
