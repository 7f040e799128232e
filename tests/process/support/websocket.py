"""A websocket client that shows every byte: frames as a test wants them, bad ones too."""

import asyncio
import base64
import dataclasses
import hashlib
import json
import os
import struct
import zlib

from .http import Answer, read_head, split_address
from .waiting import PATIENCE

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
PATH = "/ws/entity-sync/"

_ACCEPT_SUFFIX = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


@dataclasses.dataclass(frozen=True)
class Frame:
    """A message as it arrived."""
    data: bytes
    is_binary: bool = False
    was_deflated: bool = False  # It came compressed.


class Refused(Exception):
    """The handshake was answered with something other than 101."""

    def __init__(self, answer):
        super().__init__(f"{answer.status}: {answer.body.decode(errors='replace')}")
        self.answer = answer


def encode_frame(opcode, payload=b"", fin=True, rsv=0, masked=True):
    head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
    mask_bit = 0x80 if masked else 0
    if len(payload) < 126:
        head += bytes([mask_bit | len(payload)])
    elif len(payload) < 1 << 16:
        head += struct.pack("!BH", mask_bit | 126, len(payload))
    else:
        head += struct.pack("!BQ", mask_bit | 127, len(payload))
    if not masked:
        return head + payload
    mask = os.urandom(4)
    stretched = (mask * (len(payload) // 4 + 1))[:len(payload)]
    mixed = int.from_bytes(payload, "big") ^ int.from_bytes(stretched, "big")
    return head + mask + mixed.to_bytes(len(payload), "big")


def upgrade_request(address, path=PATH, headers=(), key="dGhlIHNhbXBsZSBub25jZQ=="):
    lines = [f"GET {path} HTTP/1.1", f"Host: {address}", "Upgrade: websocket",
             "Connection: Upgrade", f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13"]
    lines += [f"{name}: {value}" for name, value in headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def deflate(payload, window_bits=15):
    """A message's payload compressed as RFC 7692 says, without context."""
    compressor = zlib.compressobj(wbits=-window_bits)
    return (compressor.compress(payload) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4]


def inflate(payload, window_bits=15):
    return zlib.decompressobj(-window_bits).decompress(payload + b"\x00\x00\xff\xff")


def message(action, body):
    """The bytes that JavaScript's JSON.stringify({action, body}) makes."""
    return json.dumps({"action": action, "body": body}, separators=(",", ":"),
                      ensure_ascii=False).encode()


class Client:
    """An open connection. Answers pings and closes by itself unless told not to.

    `pings` counts the gateway's pings; `headers` are those of the handshake's answer. Frames a
    server must not send (masked, reserved bits, text that is not UTF-8) fail the reading.
    `extensions` is what was negotiated: "" if nothing was.
    """

    def __init__(self, reader, writer, headers, answers):
        self.headers = headers
        self.extensions = headers.get("sec-websocket-extensions", "")
        self.pings = 0
        self._reader = reader
        self._writer = writer
        self._answers = answers
        self._frames = asyncio.Queue()
        self._closed = asyncio.get_running_loop().create_future()
        self._task = None

    @classmethod
    async def connect(cls, address, path=PATH, headers=(), reading=True, answers=True,
                      timeout=PATIENCE, tls=None, offer=None):
        """`reading`: False leaves everything in the kernel's buffers until start_reading().
        `offer`: the extensions to offer."""
        if offer is not None:
            headers = [*headers, ("Sec-WebSocket-Extensions", offer)]
        key = base64.b64encode(os.urandom(16)).decode()
        reader, writer = await asyncio.open_connection(*split_address(address), ssl=tls)
        try:
            writer.write(upgrade_request(address, path, headers, key))
            status, answer = await asyncio.wait_for(read_head(reader), timeout)
            if status != 101:
                body = await reader.readexactly(int(answer.get("content-length", 0)))
                raise Refused(Answer(status, answer, body))
            expected = base64.b64encode(hashlib.sha1(key.encode() + _ACCEPT_SUFFIX).digest())
            assert answer["sec-websocket-accept"] == expected.decode()
        except BaseException:
            writer.close()
            raise
        client = cls(reader, writer, answer, answers)
        if reading:
            client.start_reading()
        else:
            writer.transport.pause_reading()
        return client

    def __repr__(self):
        end = self._closed.result() if self._closed.done() else "open"
        return f"<Client {end}, {self.pings} pings>"

    def start_reading(self):
        if not self._writer.transport.is_reading() and not self._writer.transport.is_closing():
            self._writer.transport.resume_reading()
        self._task = asyncio.create_task(self._read())

    # Sending.

    def send(self, data, is_binary=False):
        data = data.encode() if isinstance(data, str) else data
        self.send_frame(BINARY if is_binary else TEXT, data)

    def send_frame(self, opcode, payload=b"", **options):
        self.send_bytes(encode_frame(opcode, payload, **options))

    def send_bytes(self, data):
        self._writer.write(data)

    async def drain(self):
        await self._writer.drain()

    def subscribe(self, entity, key_id):
        self.send(message("subscribe", {"entity": entity, "id": key_id}))

    def unsubscribe(self, entity, key_id):
        self.send(message("unsubscribe", {"entity": entity, "id": key_id}))

    def secret(self, secret):
        self.send(message("secret", secret))

    def close(self, code=1000):
        self.send_frame(CLOSE, struct.pack("!H", code))

    def abort(self):
        """Gone without a word, as when a cable is cut."""
        self._writer.transport.abort()

    # Receiving.

    async def next(self, timeout=PATIENCE):
        """The next message; fails when the connection is closed before one comes."""
        frame = await asyncio.wait_for(self._frames.get(), timeout)
        if frame is None:
            self._frames.put_nowait(None)
            raise AssertionError(f"no more messages, closed: {await self.closed()}")
        return frame

    async def rows(self, count=1, timeout=PATIENCE):
        """The next messages, which must be text frames, as strings."""
        frames = [await self.next(timeout) for _ in range(count)]
        assert not any(frame.is_binary for frame in frames), frames
        return [frame.data.decode() for frame in frames]

    async def until(self, row, timeout=PATIENCE):
        """Reads rows until this one came; returns all before it."""
        async def read():
            before = []
            while (got := (await self.next()).data.decode(errors="replace")) != row:
                before.append(got)
            return before
        return await asyncio.wait_for(read(), timeout)

    def waiting(self):
        """How many messages arrived that were not read yet."""
        return self._frames.qsize() - (1 if self._closed.done() else 0)

    async def closed(self, timeout=PATIENCE):
        """Until the connection ended; the close code (1006: none came) and the reason."""
        return await asyncio.wait_for(asyncio.shield(self._closed), timeout)

    @property
    def is_open(self):
        return not self._closed.done()

    async def dispose(self):
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._writer.close()

    async def _read(self):
        end = (1006, "")
        try:
            fragments = []
            while True:
                opcode, fin, payload, was_deflated = await self._read_frame()
                if opcode == CLOSE:
                    code = struct.unpack("!H", payload[:2])[0] if payload else 1005
                    end = (code, payload[2:].decode())
                    if self._answers:
                        self.send_frame(CLOSE, payload[:2])
                    break
                if opcode == PING:
                    self.pings += 1
                    if self._answers:
                        self.send_frame(PONG, payload)
                    continue
                if opcode == PONG:
                    continue
                fragments.append((opcode, payload, was_deflated))
                if fin:
                    self._deliver(fragments)
                    fragments = []
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        except Exception as error:  # A fault of the gateway: let the test see it.
            end = (0, f"bad frame: {error!r}")
        finally:
            if not self._closed.done():
                self._closed.set_result(end)
            self._frames.put_nowait(None)
            self._writer.close()

    async def _read_frame(self):
        first, second = await self._reader.readexactly(2)
        was_deflated = bool(first & 0x40)
        allowed = 0x40 if self.extensions and not first & 0x08 else 0
        if first & 0x70 & ~allowed or second & 0x80:
            raise ValueError("reserved bits or a mask")
        length = second & 0x7F
        if length == 126:
            length, = struct.unpack("!H", await self._reader.readexactly(2))
        elif length == 127:
            length, = struct.unpack("!Q", await self._reader.readexactly(8))
        payload = await self._reader.readexactly(length) if length else b""
        return first & 0x0F, bool(first & 0x80), payload, was_deflated

    def _deliver(self, fragments):
        kind, _, was_deflated = fragments[0]
        if kind not in (TEXT, BINARY) or any(opcode or bit for opcode, _, bit in fragments[1:]):
            raise ValueError(f"opcodes {[opcode for opcode, _, _ in fragments]}")
        data = b"".join(payload for _, payload, _ in fragments)
        if was_deflated:
            data = inflate(data)
        if kind == TEXT:
            data.decode()
        self._frames.put_nowait(Frame(data, kind == BINARY, was_deflated))
