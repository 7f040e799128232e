"""Websocket violations, limits and heartbeat: how connections end, and that others live on."""

import struct

from support import case
from support.websocket import BINARY, CLOSE, CONTINUATION, PING, TEXT
from support.websocket import encode_frame as frame


class FramesCase(case.ProcessTest):

    async def assert_closed(self, gateway, code, *sent, cause="violation"):
        """A client that sends these bytes is closed with the code; others are not."""
        client = await self.client(gateway)
        before = await gateway.metric("connections_closed_total", cause=cause)
        for data in sent:
            client.send_bytes(data)
        self.assertEqual((await client.closed())[0], code, sent[0][:40])
        await gateway.metric_becomes("connections_closed_total", before + 1, cause=cause)


class ViolationsTest(FramesCase):

    async def test_bad_frames_are_1002(self):
        gateway = await self.gateway()
        for bad in (frame(TEXT, b"x", masked=False), frame(TEXT, b"x", rsv=1),
                    frame(TEXT, b"x", rsv=4), frame(3, b"x"), frame(11, b""),
                    frame(CONTINUATION, b"of nothing"), frame(PING, b"x", fin=False),
                    frame(PING, b"x" * 126), frame(CLOSE, b"\x03"),
                    frame(CLOSE, struct.pack("!H", 1005)), frame(CLOSE, struct.pack("!H", 999)),
                    frame(TEXT, b"x", fin=False) + frame(TEXT, b"y"),
                    b"\x81\xfe\x00\x05" + b"maskhello"):  # A length that fits in fewer bytes.
            await self.assert_closed(gateway, 1002, bad)

    async def test_text_that_is_not_utf8_is_1007(self):
        gateway = await self.gateway()
        for bad in (b"\xff", b"\xc3\x28", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"cut \xe2\x82"):
            await self.assert_closed(gateway, 1007, frame(TEXT, bad))
        await self.assert_closed(gateway, 1007, frame(TEXT, b"\xe2\x82", fin=False),
                                 frame(CONTINUATION, b"\x28"))

    async def test_utf8_may_be_cut_between_fragments(self):
        app = await self.application()
        gateway = await self.gateway(app, classic={"pass_through_target": "app"})
        client = await self.client(gateway)
        client.send_frame(TEXT, b"\xe2\x82", fin=False)
        client.send_frame(CONTINUATION, b"\xac")
        await case.eventually("it arrived", lambda: app.messages)
        self.assertEqual(app.messages[0].data.decode(), "\u20ac")

    async def test_huge_messages_are_1009(self):
        gateway = await self.gateway()
        await self.assert_closed(gateway, 1009, frame(TEXT, b"x" * (64 * 1024 + 1)))
        await self.assert_closed(gateway, 1009, frame(BINARY, b"x" * 10_000_000))
        # Only the head of a frame of exbibytes: nobody waits for the rest.
        for length in (1 << 60, (1 << 64) - 1):
            head = b"\x82\xff" + struct.pack("!Q", length) + b"mask"
            await self.assert_closed(gateway, 1009, head)
        await self.assert_closed(gateway, 1009, frame(TEXT, b"x" * 40_000, fin=False),
                                 frame(CONTINUATION, b"x" * 40_000))

    async def test_message_limit_is_configurable(self):
        app = await self.application()
        gateway = await self.gateway(app, classic={"pass_through_target": "app"},
                                     websocket={"max_message_bytes": "1KiB"})
        client = await self.client(gateway)
        client.send(b"x" * 1024)
        await case.eventually("it arrived", lambda: app.messages)
        await self.assert_closed(gateway, 1009, frame(TEXT, b"x" * 1025))

    async def test_client_that_closes_gets_its_code_back(self):
        gateway = await self.gateway()
        for code in (1000, 1001, 4000):
            client = await self.client(gateway, answers=False)
            client.close(code)
            self.assertEqual((await client.closed())[0], code)
        client = await self.client(gateway, answers=False)
        client.send_frame(CLOSE)
        self.assertIn((await client.closed())[0], (1000, 1005))
        await gateway.metric_becomes("connections_closed_total", 4, cause="client")


class LimitsTest(FramesCase):

    async def test_too_many_messages_are_4029(self):
        gateway = await self.gateway(websocket={"max_messages_per_second": 1, "message_burst": 20})
        await self.assert_closed(gateway, 4029, *[frame(TEXT, b"{}")] * 100, cause="overload")

    async def test_burst_within_the_limit_is_fine(self):
        gateway = await self.gateway(websocket={"max_messages_per_second": 1, "message_burst": 500})
        client = await self.client(gateway)
        for _ in range(500):
            client.send("{}")
        await gateway.metric_becomes("pass_through_total", 500, result="dropped")
        self.assertTrue(client.is_open)

    async def test_client_that_reads_nothing_for_too_long_is_4008(self):
        app = await self.application()
        gateway = await self.gateway(app, websocket={
            "write_stall_timeout": "1s", "send_buffer_bytes": "4KiB", "close_timeout": "60s"})
        client = await self.client(gateway, reading=False)
        client.subscribe("items", "1")
        await gateway.watches(1)
        for number in range(20):  # More than the kernel holds.
            app.set("items", "1", f"{number}" + "x" * 1_000_000)
            await gateway.notify(("items", "1"))
            await app.fetched(number + 1, "items", "1")
        await gateway.metric_becomes("connections_closed_total", 1, cause="stall")
        client.start_reading()
        self.assertEqual((await client.closed())[0], 4008)


class HeartbeatTest(FramesCase):

    async def test_gateway_pings(self):
        gateway = await self.gateway(websocket={"heartbeat_interval": "3s"})
        client = await self.client(gateway)
        await case.eventually("pings came", lambda: client.pings >= 3 or not client.is_open)
        self.assertTrue(client.is_open)

    async def test_client_that_is_silent_for_two_intervals_is_closed(self):
        gateway = await self.gateway(websocket={"heartbeat_interval": "300ms"})
        silent = await self.client(gateway, answers=False)
        await silent.closed()
        self.assertGreaterEqual(silent.pings, 1)
        await gateway.metric_becomes("connections_closed_total", 1, cause="heartbeat")

    async def test_any_byte_is_a_sign_of_life(self):
        gateway = await self.gateway(websocket={"heartbeat_interval": "4s"})
        client = await self.client(gateway, answers=False)
        header = frame(BINARY, b"x" * 100)
        unfinished = [header[:1], header[1:2], header[2:7], b"x"]  # Never a whole frame.
        for sent in range(4):  # Without these bytes it would be closed after two intervals.
            await case.eventually("a ping", lambda: client.pings > sent or not client.is_open)
            self.assertTrue(client.is_open, client)
            client.send_bytes(unfinished[sent])


if __name__ == "__main__":
    case.main()
