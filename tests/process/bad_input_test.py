"""Whatever clients send, the gateway lives and serves the others."""

import asyncio
import contextlib
import os
import random
import struct

from support import case, http
from support.websocket import PING, Client, encode_frame, message, upgrade_request

MIB = 1024 * 1024
ROUNDS = 300


class BadInputCase(case.ProcessTest):

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.app = await self.application()
        self.seed = int(os.environ.get("ENTITYSYNC_SEED", random.randrange(1 << 32)))
        self.random = random.Random(self.seed)

    def bytes(self, most):
        return self.random.randbytes(self.random.randrange(most))

    async def assert_serves(self, gateway, client):
        """The client watches items/1 and gets a change."""
        row = f"served {len(self.app.fetches)}"
        self.app.set("items", "1", row)
        await gateway.notify(("items", "1"))
        await client.until(row)

    async def throw(self, address, data):
        """Sends the bytes on a connection of their own and lets it end."""
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection(*http.split_address(address))
            writer.write(data)
            with contextlib.suppress(OSError):
                await writer.drain()
                writer.write_eof()
                await asyncio.wait_for(reader.read(), case.PATIENCE)
            writer.close()

    async def assert_survives(self, gateway, makers):
        """Throws what each maker makes, many at a time, while a client is served."""
        client = await self.watcher(gateway, ("items", "1"))
        try:
            for _ in range(ROUNDS // 20):
                await asyncio.gather(*(self.throw(address, make())
                                       for address, make in makers for _ in range(20)))
                await self.assert_serves(gateway, client)
            self.assertTrue(gateway.is_running())
        except BaseException:
            print(f"ENTITYSYNC_SEED={self.seed} repeats this")
            raise


class FuzzTest(BadInputCase):

    def fuzzed_frame(self):
        choice = self.random.random()
        payload = self.bytes(300)
        if choice < 0.3:
            payload = message(self.random.choice(["subscribe", "unsubscribe", "secret", "x"]), {
                "entity": self.bytes(8).decode("latin-1"), "id": self.bytes(8).decode("latin-1")})
        if choice < 0.15:
            at = self.random.randrange(len(payload))
            payload = payload[:at] + self.bytes(4) + payload[at + 1:]
        if choice > 0.9:  # A length that says nothing of what follows.
            return bytes([self.random.randrange(256), self.random.choice([126, 127, 254, 255])]) + \
                self.bytes(20)
        opcode = self.random.choice([0, 1, 2, 2, 1, 8, 9, 10, self.random.randrange(16)])
        return encode_frame(opcode, payload, fin=self.random.random() < 0.8,
                            rsv=0 if self.random.random() < 0.9 else self.random.randrange(8),
                            masked=self.random.random() < 0.95)

    def frames(self, address):
        return upgrade_request(address) + b"".join(
            self.fuzzed_frame() for _ in range(self.random.randrange(1, 30)))

    def request(self, address):
        """A handshake with some bytes changed, cut or repeated."""
        text = bytearray(upgrade_request(address, headers=[
            ("Cookie", "a=b"), ("Origin", "http://x"), ("Sec-WebSocket-Protocol", "bearer.x, y")]))
        for _ in range(self.random.randrange(1, 6)):
            at = self.random.randrange(len(text))
            text[at:at + self.random.randrange(3)] = self.bytes(6)
        return bytes(text)

    async def test_random_frames(self):
        gateway = await self.gateway(self.app, classic={"pass_through_target": "app"})
        await self.assert_survives(gateway, [
            (gateway.address, lambda: self.frames(gateway.address)),
            (gateway.address, lambda: upgrade_request(gateway.address) + self.bytes(2000))])
        await gateway.metric_becomes("connections", 1)

    async def test_random_requests_at_every_port(self):
        gateway = await self.gateway(self.app)
        await self.assert_survives(gateway, [
            (gateway.address, lambda: self.request(gateway.address)),
            (gateway.address, lambda: self.bytes(500)),
            (gateway.admin_address, lambda: self.request(gateway.admin_address)),
            (gateway.admin_address, lambda: self.bytes(500)),
            (gateway.front_address, lambda: self.bytes(500)),
            (gateway.front_address,
             lambda: b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + self.bytes(200))])

    async def test_deep_and_strange_json(self):
        gateway = await self.gateway(self.app)
        client = await self.watcher(gateway, ("items", "1"))
        texts = [b"[" * 60_000, b'{"a":' * 10_000, b'{"action":"subscribe","body":' + b"[" * 30_000,
                 b'{"action":"secret","body":"' + b"\\ud800" * 9_000 + b'"}',
                 b'{"action":"subscribe","body":{"entity":"\\ud800","id":"1"}}',
                 b'{"action":"subscribe","body":{"entity":"a","id":"\\u0000"}}',
                 b'{"action":"subscribe","body":{"entity":"a","id":' + b"9" * 60_000 + b"}}",
                 b'{"action":' * 3, b'{"action":"subscribe","action":"secret","body":{}}',
                 b"1e999999", b"-", b'"\\', b"{}" * 30_000, b'{"":{"":{"":0}}}', b"\xef\xbb\xbf{}"]
        for text in texts:
            client.send(text)
        await self.assert_serves(gateway, client)


class GreedyClientsTest(BadInputCase):

    def assert_memory(self, gateway, before, most):
        if not case.SANITIZED:  # Whose quarantine keeps what is freed.
            self.assertLess(gateway.resident_bytes() - before, most)

    async def test_million_pings_of_a_client_that_never_reads(self):
        gateway = await self.gateway(self.app, websocket={"write_stall_timeout": "3s"})
        client = await self.watcher(gateway, ("items", "1"))
        await self.assert_serves(gateway, client)
        before = gateway.resident_bytes()
        rude = await self.client(gateway, reading=False)
        thousand = encode_frame(PING, b"x" * 125) * 1000

        async def send():
            for _ in range(1000):
                rude.send_bytes(thousand)
                await rude.drain()
        sending = asyncio.create_task(send())
        # Served all the time, until the gateway has enough of the other.
        async def is_over():
            await self.assert_serves(gateway, client)
            self.assert_memory(gateway, before, 16 * MIB)
            return await gateway.metric("connections_closed_total", cause="stall") == 1
        await case.eventually("the stalled client is closed", is_over)
        await asyncio.gather(sending, return_exceptions=True)
        self.assert_memory(gateway, before, 16 * MIB)

    async def test_million_pings_of_a_client_that_reads(self):
        # Pings of the gateway's own would stand between the pongs.
        gateway = await self.gateway(self.app, websocket={"heartbeat_interval": "1h"})
        client = await self.watcher(gateway, ("items", "1"))
        before = gateway.resident_bytes()
        reader, writer = await asyncio.open_connection(*http.split_address(gateway.address))
        writer.write(upgrade_request(gateway.address))
        self.assertEqual((await http.read_head(reader))[0], 101)
        payload = b"12345678"
        thousand = encode_frame(PING, payload) * 1000
        count = 100 if case.SANITIZED else 1000

        async def send():
            for _ in range(count):
                writer.write(thousand)
                await writer.drain()
        sending = asyncio.create_task(send())
        pong = b"\x8a\x08" + payload
        for turn in range(count):
            self.assertEqual(await asyncio.wait_for(reader.readexactly(10_000), case.PATIENCE),
                             pong * 1000)
            if turn % 100 == 0:
                await self.assert_serves(gateway, client)
        await sending
        writer.close()
        self.assert_memory(gateway, before, 16 * MIB)

    async def test_stalled_reader_costs_one_state_per_key_and_others_nothing(self):
        gateway = await self.gateway(self.app)
        client = await self.watcher(gateway, ("items", "1"))
        stalled = await self.client(gateway, reading=False)
        stalled.subscribe("items", "1")
        await gateway.watches(2)
        await self.assert_serves(gateway, client)
        before = gateway.resident_bytes()
        for number in range(300):
            self.app.set("items", "1", f"{number} " + "x" * 200_000)
            await gateway.notify(("items", "1"))
            self.assertTrue((await client.rows())[0].startswith(f"{number} "))
        self.assertGreater(await gateway.metric("states_replaced_total"), 200)
        self.assert_memory(gateway, before, 16 * MIB)  # All 300 would be 57 MiB.
        stalled.start_reading()  # It gets what was under way, then the newest.
        before_last = await stalled.until("299 " + "x" * 200_000)
        self.assertLess(len(before_last), 50)

    async def test_slow_handshakes_end_and_others_are_served_meanwhile(self):
        gateway = await self.gateway(self.app, websocket={"handshake_timeout": "2s"})
        client = await self.watcher(gateway, ("items", "1"))
        failed = await gateway.metric("handshakes_failed_total")

        async def trickle():
            reader, writer = await asyncio.open_connection(*http.split_address(gateway.address))
            for byte in upgrade_request(gateway.address, headers=[("X", "y" * 5000)]):
                writer.write(bytes([byte]))
                with contextlib.suppress(asyncio.TimeoutError):
                    answer = await asyncio.wait_for(reader.read(20), 0.05)
                    writer.close()
                    return answer
        tricklers = asyncio.gather(*(trickle() for _ in range(300)))
        while not tricklers.done():
            await self.assert_serves(gateway, client)
        self.assertEqual(set(await tricklers), {b"HTTP/1.1 408 Request"})
        await gateway.metric_becomes("handshakes_failed_total", failed + 300)

    async def test_connections_that_say_nothing_or_leave_in_the_middle(self):
        gateway = await self.gateway(self.app, websocket={"handshake_timeout": "1s"})
        client = await self.watcher(gateway, ("items", "1"))
        request = upgrade_request(gateway.address)
        for length in range(0, len(request), 7):
            _, writer = await asyncio.open_connection(*http.split_address(gateway.address))
            writer.write(request[:length])
            writer.transport.abort()
        silent = [await asyncio.open_connection(*http.split_address(gateway.address))
                  for _ in range(50)]
        for reader, writer in silent:
            await asyncio.wait_for(reader.read(), case.PATIENCE)
            writer.close()
        await self.assert_serves(gateway, client)
        await gateway.metric_becomes("connections", 1)

    async def test_clients_that_leave_without_a_word_while_rows_are_sent(self):
        gateway = await self.gateway(self.app)
        client = await self.watcher(gateway, ("items", "1"))
        for turn in range(10):
            leaving = [await Client.connect(gateway.address) for _ in range(20)]
            for each in leaving:
                each.subscribe("items", "1")
            await gateway.watches(21)
            self.app.set("items", "1", f"{turn} " + "x" * 100_000)
            await gateway.notify(("items", "1"))
            for each in leaving:
                each.abort()
                await each.dispose()
            await client.rows()
            await gateway.watches(1)

    async def test_subscriptions_that_come_and_go(self):
        gateway = await self.gateway(self.app, websocket={"max_messages_per_second": 0})
        client = await self.watcher(gateway, ("items", "1"))
        before = gateway.resident_bytes()
        restless = await self.client(gateway)
        for turn in range(20):
            for number in range(1000):
                restless.subscribe("items", f"{turn} {number}")
                restless.secret(f"secret {turn} {number % 3}")
                restless.unsubscribe("items", f"{turn} {number}")
            await restless.drain()
        await gateway.metric_becomes("client_messages_total", 20_000, kind="unsubscribe")
        await gateway.watches(1)
        await gateway.metric_becomes("watched_pairs", 1)
        await self.assert_serves(gateway, client)
        self.assert_memory(gateway, before, 64 * MIB)


class LengthsTest(BadInputCase):

    async def test_every_length_of_message_around_the_borders(self):
        gateway = await self.gateway(self.app, classic={"pass_through_target": "app"})
        client = await self.client(gateway)
        lengths = [0, 1, 124, 125, 126, 127, 1023, 1024, 4095, 4096, 4097, 65_534, 65_535, 65_536]
        for length in lengths:
            client.send(b"x" * length, is_binary=True)
        await case.eventually("all arrived", lambda: len(self.app.messages) == len(lengths))
        self.assertEqual([len(each.data) for each in self.app.messages], lengths)

    async def test_every_length_of_row_around_the_borders(self):
        gateway = await self.gateway(self.app)
        client = await self.watcher(gateway, ("items", "1"))
        rows = ["x" * length for length in (0, 1, 125, 126, 127, 65_535, 65_536, 65_537, 500_000)]
        self.app.set("items", "1", *rows)
        await gateway.notify(("items", "1"))
        self.assertEqual(await client.rows(len(rows)), rows)

    async def test_header_in_pieces(self):
        gateway = await self.gateway(self.app, classic={"pass_through_target": "app"})
        client = await self.client(gateway)
        whole = b"".join(encode_frame(2, struct.pack("!I", number)) for number in range(20))
        for byte in whole:
            client.send_bytes(bytes([byte]))
            await client.drain()
        await case.eventually("all arrived", lambda: len(self.app.messages) == 20)


if __name__ == "__main__":
    case.main()
