"""A websocket client that comes back, as real ones do, and remembers what it was shown."""

import asyncio
import base64
import os
import random
import socket
import struct

from .http import split_address
from .sockets import bytes_in_kernel
from .websocket import CLOSE, PATH, PING, PONG, TEXT, encode_frame, message, upgrade_request

_PAUSES = (0.05, 2.0)  # Seconds between attempts, full jitter: the first at most, all at most.
_HANDSHAKE_TIMEOUT = 30.0  # Thousands at once take their time on a busy machine.


class Viewer:
    """Watches keys at the first of `addresses` that takes it, and connects again for ever.

    Rows are "<id>: <number>". `newest` is what the present connection was shown, by id: a client
    that came back has nothing until its snapshot came. `regressions` are rows that went backwards
    on one connection (none may), `ends` the (time, close code) of all connections that ended.
    `receive_buffer` is the kernel's, for clients that stop reading. Needs `classic.snapshot`.
    """

    def __init__(self, addresses, keys, secret=None, receive_buffer=None):
        self.keys = keys
        self.receive_buffer = receive_buffer
        self.secret = secret
        self.newest = {}
        self.connects = 0  # Handshakes that succeeded.
        self.regressions = []
        self.ends = []
        self.longest_away = 0.0  # From the end of a connection to the last row of the snapshot.
        self._addresses = addresses
        self._gone_since = None
        self._link = None
        self._task = asyncio.create_task(self._live())

    @property
    def is_open(self):
        return self._link is not None and self._link.is_open

    def has(self, numbers):
        """Whether the present connection was shown these numbers, by id, or later ones."""
        return self.is_open and all(
            self.newest.get(key_id, -1) >= number for key_id, number in numbers.items())

    def is_complete(self):
        return self.is_open and len(self.newest) == len(self.keys)

    def move(self, addresses):
        """Where to connect from the next time on."""
        self._addresses = addresses

    def pause_reading(self):
        """From now on everything stays in the kernel's buffers."""
        self._link.transport.pause_reading()

    def resume_reading(self):
        self._link.transport.resume_reading()

    def unread(self):
        """What lies between the gateway and this client, with the frame that was read in part."""
        return len(self._link.data) + bytes_in_kernel(self._link.transport)

    async def stop(self):
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        if self._link is not None:
            self._link.abort()

    async def _live(self):
        attempt = 0
        while True:
            address = self._addresses[attempt % len(self._addresses)]
            self._link = link = _Link(self, address)
            if await link.connect():
                attempt = 0
                code = await link.ended
                self._gone_since = asyncio.get_running_loop().time()
                self.ends.append((self._gone_since, code))
            link.abort()
            longest = min(_PAUSES[0] * 2 ** attempt, _PAUSES[1])
            attempt += 1
            await asyncio.sleep(random.uniform(0, longest))

    # What the connection tells.

    def on_open(self):
        self.connects += 1
        self.newest = {}

    def on_row(self, row):
        key_id, number = row.split(b": ")
        key_id, number = key_id.decode(), int(number)
        before = self.newest.get(key_id, -1)
        if number < before:
            self.regressions.append((key_id, before, number))
        self.newest[key_id] = number
        if self._gone_since is not None and before < 0 and len(self.newest) == len(self.keys):
            away = asyncio.get_running_loop().time() - self._gone_since
            self.longest_away = max(self.longest_away, away)
            self._gone_since = None


class _Link(asyncio.Protocol):
    """One connection: small and fast, so that a process can have thousands."""

    def __init__(self, viewer, address):
        loop = asyncio.get_running_loop()
        self.ended = loop.create_future()  # The close code.
        self._opened = loop.create_future()
        self._viewer = viewer
        self._address = address
        self.transport = None
        self.data = b""
        self._code = 1006

    @property
    def is_open(self):
        return self._opened.done() and not self.ended.done()

    async def connect(self):
        """Whether the handshake succeeded in time."""
        try:
            async with asyncio.timeout(_HANDSHAKE_TIMEOUT):
                await self._connect(self._viewer.receive_buffer)
                return await self._opened
        except (OSError, TimeoutError):
            return False

    async def _connect(self, receive_buffer):
        connection = socket.socket()
        try:
            connection.setblocking(False)
            if receive_buffer is not None:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(connection, split_address(self._address))
            await loop.create_connection(lambda: self, sock=connection)
        except BaseException:
            connection.close()
            raise

    def abort(self):
        if self.transport is not None:
            self.transport.abort()

    # asyncio.Protocol.

    def connection_made(self, transport):
        self.transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(upgrade_request(self._address, PATH, (), key))

    def data_received(self, data):
        self.data += data
        if not self._opened.done() and not self._read_answer():
            return
        self._read_frames()

    def connection_lost(self, _):
        if not self._opened.done():
            self._opened.set_result(False)
        if not self.ended.done():
            self.ended.set_result(self._code)

    def _read_answer(self):
        head, found, rest = self.data.partition(b"\r\n\r\n")
        if not found:
            return False
        is_taken = head.startswith(b"HTTP/1.1 101")
        self._opened.set_result(is_taken)
        if not is_taken:
            self.transport.abort()
            return False
        self.data = rest
        self._viewer.on_open()
        self._greet()
        return True

    def _greet(self):
        viewer = self._viewer
        frames = [] if viewer.secret is None else [message("secret", viewer.secret)]
        frames += [message("subscribe", {"entity": entity, "id": key_id})
                   for entity, key_id in viewer.keys]
        self.transport.write(b"".join(encode_frame(TEXT, frame) for frame in frames))

    def _read_frames(self):
        data, at = self.data, 0
        while len(data) - at >= 2:
            size, start = data[at + 1], at + 2
            if size == 126:
                start += 2
                size = int.from_bytes(data[at + 2:start], "big")
            elif size == 127:
                start += 8
                size = int.from_bytes(data[at + 2:start], "big")
            if len(data) < start + size:
                break
            self._on_frame(data[at], data[start:start + size])
            at = start + size
        self.data = data[at:]

    def _on_frame(self, first, payload):
        assert first & 0xF0 == 0x80, "whole frames without reserved bits"
        opcode = first & 0x0F
        if opcode == TEXT:
            self._viewer.on_row(payload)
        elif opcode == PING:
            self.transport.write(encode_frame(PONG, payload))
        elif opcode == CLOSE:
            self._code = struct.unpack("!H", payload[:2])[0] if payload else 1005
            self.transport.write(encode_frame(CLOSE, payload[:2]))
            self.transport.close()
