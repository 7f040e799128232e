"""The gate that other tests put between processes."""

import asyncio
import contextlib

from support import case
from support.http import split_address

BYTES = bytes(range(256)) * 4096


class TcpGateTest(case.ProcessTest):

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.taken = []  # What the server behind the gate accepted.
        server = await asyncio.start_server(self.echo, "127.0.0.1", 0)
        self.addCleanup(server.close)
        self.gate = await self.gate(f"127.0.0.1:{server.sockets[0].getsockname()[1]}")

    async def echo(self, reader, writer):
        self.taken.append(writer)
        with contextlib.suppress(OSError):
            while data := await reader.read(1 << 16):
                writer.write(data)
                await writer.drain()
            writer.close()

    async def connect(self):
        reader, writer = await asyncio.open_connection(*split_address(self.gate.address))
        self.addCleanup(writer.close)
        return reader, writer

    async def assert_passes(self, reader, writer, data=b"hello"):
        writer.write(data)
        self.assertEqual(await reader.readexactly(len(data)), data)

    async def test_passes_all_bytes_and_the_end(self):
        reader, writer = await self.connect()
        await self.assert_passes(reader, writer, BYTES)
        writer.write_eof()
        self.assertEqual(await reader.read(), b"")
        await case.eventually("it is forgotten", lambda: self.gate.connections == 0)

    async def test_delays_each_direction(self):
        reader, writer = await self.connect()
        await self.assert_passes(reader, writer)
        now = asyncio.get_running_loop().time
        self.gate.delay(up=0.2, down=0.1)
        begin = now()
        await self.assert_passes(reader, writer)
        self.assertGreaterEqual(now() - begin, 0.3)

    async def test_limits_the_rate(self):
        reader, writer = await self.connect()
        self.gate.limit(1_000_000)
        now = asyncio.get_running_loop().time
        begin = now()
        await self.assert_passes(reader, writer, BYTES[:200_000])
        self.assertGreaterEqual(now() - begin, 0.2)

    async def test_cut_resets_and_refuses_until_healed(self):
        reader, writer = await self.connect()
        await self.assert_passes(reader, writer)
        await self.gate.cut()
        with self.assertRaises(ConnectionResetError):
            await reader.readexactly(1)
        with self.assertRaises(ConnectionRefusedError):
            await self.connect()
        await case.eventually("the server is told", self.taken[0].is_closing)
        await self.gate.heal()
        await self.assert_passes(*await self.connect())

    async def test_black_hole_keeps_bytes_and_tells_nobody(self):
        before = await self.connect()
        await self.assert_passes(*before)
        self.gate.black_hole()
        during = await self.connect()
        for _, writer in (before, during):
            writer.write(b"kept")
        ended = await self.connect()
        ended[1].write(b"its last words")
        ended[1].write_eof()
        self.taken[0].write(b"unheard ")
        await case.eventually("all are taken", lambda: self.gate.connections == 3)
        reading = [asyncio.create_task(reader.read(1)) for reader, _ in (before, during, ended)]
        done, _ = await asyncio.wait(reading, timeout=0.2)  # The time is what nothing happens in.
        self.assertEqual((len(done), len(self.taken)), (0, 1))
        await self.gate.heal()
        first = [await read for read in reading]
        self.assertEqual(first[0] + await before[0].readexactly(11), b"unheard kept")
        self.assertEqual(first[1] + await during[0].readexactly(3), b"kept")
        self.assertEqual(first[2] + await ended[0].read(), b"its last words")

    async def test_black_hole_hides_that_one_side_is_gone(self):
        reader, writer = await self.connect()
        await self.assert_passes(reader, writer)
        self.gate.black_hole()
        self.taken[0].transport.abort()
        reading = asyncio.create_task(reader.read(1))
        done, _ = await asyncio.wait([reading], timeout=0.2)
        self.assertFalse(done)
        await self.gate.heal()
        with contextlib.suppress(ConnectionResetError):
            self.assertEqual(await reading, b"")
        writer.close()
        await case.eventually("it is forgotten", lambda: self.gate.connections == 0)


if __name__ == "__main__":
    case.main()
