"""A gate between two processes: it delays, cuts, throttles, or swallows what passes."""

import asyncio
import contextlib
import socket
import struct

from .http import split_address

_CHUNK = 64 * 1024
_CHUNKS_HELD = 16  # Per direction of a connection; then the sender's kernel holds the rest.


class TcpGate:
    """Whoever connects to `address` talks to `upstream`, as the gate lets them.

    Like a cable it loses no bytes of a connection that survives: what a black hole or a delay held
    back goes on, in order, after heal(). "Up" is from who connects to the upstream.
    """

    def __init__(self, upstream, port):
        self.address = f"127.0.0.1:{port}"
        self.upstream = upstream
        self.rate = None  # Bytes per second and direction.
        self.delays = {"up": 0.0, "down": 0.0}
        self.accepted = 0  # Connections, since the start.
        self._port = port
        self._server = None
        self._open = asyncio.Event()
        self._open.set()
        self._links = set()

    @property
    def connections(self):
        return len(self._links)

    async def start(self):
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self._port,
                                                  limit=_CHUNK)

    async def stop(self):
        await self.cut()

    # What it does from now on.

    def delay(self, up=0.0, down=0.0):
        """Seconds that bytes need in each direction."""
        self.delays = {"up": up, "down": down}

    def limit(self, bytes_per_second):
        self.rate = bytes_per_second

    def black_hole(self):
        """Takes connections and bytes and keeps them; neither side is told anything, not even
        that the other has gone."""
        self._open.clear()

    async def cut(self):
        """Resets all connections and refuses new ones."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.reset_connections()
        while self._links:
            await asyncio.wait({link.task for link in self._links})

    def reset_connections(self):
        """Resets what is open; new connections pass."""
        for link in self._links:
            link.reset()

    async def heal(self):
        """All passes again."""
        self.rate = None
        self.delay()
        self._open.set()
        if self._server is None:
            await self.start()

    # What connections ask.

    async def passable(self):
        await self._open.wait()

    async def _accept(self, reader, writer):
        self.accepted += 1
        link = _Link(self, reader, writer, asyncio.current_task())
        self._links.add(link)
        try:
            await link.run()
        except asyncio.CancelledError:
            pass  # By reset(): asyncio would complain of a handler that was cancelled.
        finally:
            link.close()
            self._links.discard(link)


class _Link:
    """One connection through the gate: two sockets, two directions."""

    def __init__(self, gate, reader, writer, task):
        self.task = task
        self._gate = gate
        self._reader = reader
        self._writers = [writer]

    async def run(self):
        await self._gate.passable()
        try:
            reader, writer = await asyncio.open_connection(
                *split_address(self._gate.upstream), limit=_CHUNK)
        except OSError:
            return self._reset_sockets()
        self._writers.append(writer)
        try:
            async with asyncio.TaskGroup() as pumps:
                self._pump(pumps, "up", self._reader, writer)
                self._pump(pumps, "down", reader, self._writers[0])
        except* OSError:  # One side is gone without a goodbye: so is the other.
            self._reset_sockets()

    def reset(self):
        self._reset_sockets()
        self.task.cancel()

    def close(self):
        for writer in self._writers:
            writer.close()

    def _pump(self, pumps, direction, reader, writer):
        chunks = asyncio.Queue(_CHUNKS_HELD)
        pumps.create_task(self._take(direction, reader, chunks))
        pumps.create_task(self._give(chunks, writer))

    async def _take(self, direction, reader, chunks):
        """Reads; notes when each chunk is due. The end of the stream is an empty chunk, a broken
        connection the exception."""
        now = asyncio.get_running_loop().time
        while True:
            try:
                chunk = await reader.read(_CHUNK)
            except OSError as error:
                chunk = error
            await chunks.put((now() + self._gate.delays[direction], chunk))
            if not chunk or isinstance(chunk, OSError):
                return

    async def _give(self, chunks, writer):
        now = asyncio.get_running_loop().time
        while True:
            due, chunk = await chunks.get()
            while (left := due - now()) > 0:
                await asyncio.sleep(left)
            await self._gate.passable()
            if isinstance(chunk, OSError):
                raise chunk
            if not chunk:
                return writer.write_eof()
            await self._write(writer, chunk)

    async def _write(self, writer, chunk):
        while chunk:
            rate = self._gate.rate
            size = len(chunk) if rate is None else max(1, rate // 50)
            writer.write(chunk[:size])
            await writer.drain()
            chunk = chunk[size:]
            if rate is not None:
                await asyncio.sleep(size / rate)

    def _reset_sockets(self):
        for writer in self._writers:
            with contextlib.suppress(OSError, AttributeError):
                writer.get_extra_info("socket").setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()
