"""permessage-deflate: clients with and without, the same states; what compressing clients send."""

import json
import os

import websockets

from support import case
from support.certificates import Certificate
from support.websocket import BINARY, CONTINUATION, PATH, PING, TEXT, Refused, deflate
from support.websocket import encode_frame as frame
from support.websocket import message

CHROMIUM = "permessage-deflate; client_max_window_bits"
ANSWER = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
RSV1 = 4


def row(number, size=2000):
    """JSON as applications have it: compressible, and no two alike."""
    words = ["order", "status", "quantity", "planned", "released"]
    return json.dumps({"id": number, "rows": [
        {"name": words[i % 5], "number": i * number} for i in range(size // 40)]})


class CompressionCase(case.ProcessTest):

    async def compressing(self, app=None, **settings):
        return await self.gateway(app, websocket={"compression": True, **settings})

    async def compressed(self, gateway):
        """How many states were, their bytes before and after."""
        return (await gateway.metric("states_compressed_total"),
                await gateway.metric("compression_bytes_total", form="plain"),
                await gateway.metric("compression_bytes_total", form="deflated"))


class StatesTest(CompressionCase):

    async def test_both_kinds_of_clients_get_the_same_state_compressed_once(self):
        app = await self.application()
        gateway = await self.compressing(app)
        offers = [CHROMIUM, None] * 10  # On both workers.
        clients = [await self.client(gateway, offer=offer) for offer in offers]
        for client in clients:
            client.subscribe("items", "1")
        await gateway.watches(len(clients))
        sent = 0
        for change in (1, 2, 3):
            rows = [row(change), "short", row(change, 60_000)]
            sent += sum(len(each) for each in rows)
            app.set("items", "1", *rows)
            await gateway.notify(("items", "1"))
            for client, offer in zip(clients, offers):
                got = [await client.next() for _ in rows]
                self.assertEqual([each.data.decode() for each in got], rows)
                self.assertEqual([each.was_deflated for each in got],
                                 [True, False, True] if offer else [False] * 3)
        states, plain, deflated = await self.compressed(gateway)
        self.assertEqual(states, 3)
        self.assertGreater(plain, sent)
        self.assertLess(deflated, sent / 2)

    async def test_nothing_is_compressed_that_nobody_takes_or_gets_no_shorter(self):
        app = await self.application()
        gateway = await self.compressing(app, compression_min_bytes=100)
        plain = await self.watcher(gateway, ("items", "1"))
        app.set("items", "1", row(1))
        await gateway.notify(("items", "1"))
        await plain.next()
        taking = await self.client(gateway, offer=CHROMIUM)
        taking.subscribe("items", "2")
        await gateway.watches(2)
        for bytes_ in (os.urandom(5000), b"x" * 99):
            app.set("items", "2", bytes_)
            await gateway.notify(("items", "2"))
            got = await taking.next()
            self.assertEqual((got.data, got.was_deflated), (bytes_, False))
        self.assertEqual((await self.compressed(gateway))[0], 0)
        app.set("items", "2", b"x" * 100)
        await gateway.notify(("items", "2"))
        self.assertTrue((await taking.next()).was_deflated)

    async def test_over_tls(self):
        app = await self.application()
        own = Certificate(self.folder, "gateway")
        gateway = await self.compressing(app, tls=own.files())
        client = await self.client(gateway, tls=own.client_context(), offer=CHROMIUM)
        client.send_frame(TEXT, deflate(message("subscribe", {"entity": "items", "id": "1"})),
                          rsv=RSV1)
        await gateway.watches(1)
        for change in (1, 2):
            app.set("items", "1", row(change, 200_000))
            await gateway.notify(("items", "1"))
            got = await client.next()
            self.assertEqual((got.data.decode(), got.was_deflated), (row(change, 200_000), True))

    async def test_another_implementation_with_a_small_window(self):
        """Python's websockets offers windows of 12 bits: no reference may reach further back."""
        app = await self.application()
        gateway = await self.compressing(app, compression_level=9)
        async with websockets.connect(f"ws://{gateway.address}{PATH}") as client:
            self.assertEqual([type(each).__name__ for each in client.protocol.extensions],
                             ["PerMessageDeflate"])
            await client.send(message("subscribe", {"entity": "items", "id": "1"}).decode())
            await gateway.watches(1)
            for change in (1, 2):
                app.set("items", "1", row(change, 100_000), row(change))
                await gateway.notify(("items", "1"))
                self.assertEqual(await client.recv(), row(change, 100_000))
                self.assertEqual(await client.recv(), row(change))
        self.assertEqual((await self.compressed(gateway))[0], 2)


class NegotiationTest(CompressionCase):

    async def test_offers(self):
        gateway = await self.compressing()
        for offer, answer in (
                (CHROMIUM, ANSWER),
                ("permessage-deflate; server_max_window_bits=10", ""),
                ("permessage-deflate; server_max_window_bits=10, permessage-deflate", ANSWER),
                ("permessage-deflate; server_max_window_bits=15",
                 ANSWER + "; server_max_window_bits=12"),
                ("permessage-deflate; unheard_of", ""), ("something-else", "")):
            self.assertEqual((await self.client(gateway, offer=offer)).extensions, answer, offer)
        with self.assertRaises(Refused) as refused:
            await self.client(gateway, offer="permessage-deflate; =")
        self.assertEqual(refused.exception.answer.status, 400)
        self.assertIn("Sec-WebSocket-Extensions", refused.exception.answer.body.decode())

    async def test_off_by_default(self):
        gateway = await self.gateway()
        self.assertEqual((await self.client(gateway, offer=CHROMIUM)).extensions, "")
        self.assertEqual((await self.client(gateway, offer="permessage-deflate; =")).extensions, "")


class ClientMessagesTest(CompressionCase):

    async def test_compressed_messages_whole_and_in_fragments(self):
        app = await self.application()
        gateway = await self.gateway(app, websocket={"compression": True},
                                     classic={"pass_through_target": "app"})
        client = await self.client(gateway, offer=CHROMIUM)
        subscribe = deflate(message("subscribe", {"entity": "items", "id": "1"}))
        client.send_bytes(frame(TEXT, subscribe[:5], fin=False, rsv=RSV1) + frame(PING, b"x") +
                          frame(CONTINUATION, subscribe[5:9], fin=False) +
                          frame(CONTINUATION, subscribe[9:]))
        await gateway.watches(1)
        # Many in one packet, compressed or not, text or not: in their order and as they were.
        sent = [(f"{number} {'x' * number}".encode(), number % 3 == 0) for number in range(100)]
        client.send_bytes(b"".join(
            frame(BINARY if is_binary else TEXT, deflate(data) if data[0] & 1 else data,
                  rsv=RSV1 if data[0] & 1 else 0) for data, is_binary in sent))
        await case.eventually("all arrived", lambda: len(app.messages) == len(sent))
        self.assertEqual([(each.data, each.is_binary) for each in app.messages], sent)
        self.assertEqual(await gateway.metric("client_messages_inflated_total"),
                         1 + sum(data[0] & 1 for data, _ in sent))

    async def test_bombs_and_nonsense_end_their_connection_only(self):
        gateway = await self.compressing()
        bystander = await self.client(gateway, offer=CHROMIUM)
        bomb = deflate(b"x" * 50_000_000)
        self.assertLess(len(bomb), 64 * 1024)
        for code, sent in (
                (1009, frame(TEXT, bomb, rsv=RSV1)),
                (1009, frame(TEXT, deflate(b"x" * (64 * 1024 + 1)), rsv=RSV1)),
                (1009, frame(TEXT, os.urandom(100_000), rsv=RSV1)),
                (1007, frame(TEXT, b"\xff" * 10, rsv=RSV1)),
                (1007, frame(TEXT, deflate(b"x" * 500)[:-2], rsv=RSV1)),
                (1007, frame(TEXT, deflate(b"\xff" * 100), rsv=RSV1)),
                (1002, frame(PING, b"", rsv=RSV1)),
                (1002, frame(TEXT, b"a", fin=False) + frame(CONTINUATION, b"", rsv=RSV1))):
            before = await gateway.metric("connections_closed_total", cause="violation")
            client = await self.client(gateway, offer=CHROMIUM)
            client.send_bytes(sent)
            self.assertEqual((await client.closed())[0], code, sent[:20])
            await gateway.metric_becomes("connections_closed_total", before + 1, cause="violation")
        bystander.send_frame(TEXT, deflate(b"{}"), rsv=RSV1)
        await gateway.metric_becomes("client_messages_inflated_total", 1)
        self.assertTrue(bystander.is_open)


if __name__ == "__main__":
    case.main()
