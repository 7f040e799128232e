"""Classic: which messages are understood, which are dropped, which go to the application."""

import json

import grpc

from support import case
from support.application import Failure
from support.websocket import message

ODD_IDS = ["a.b.c", "with space", "*", ">", "items.>", "a/b?c=d&e#f", "\u20ac", "\U0001f600 \u0301",
           "\u202e", "\t\n\r", '"\\', "'; DROP TABLE items; --", "%s%n", "0", "-1", "null", "\x7f",
           "\u0001", "x" * 512, "\u20ac" * 170]


class UnderstoodTest(case.ProcessTest):

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.app = await self.application()
        self.running = await self.gateway(self.app)
        self.socket = await self.client(self.running)

    async def assert_subscribes(self, text):
        """The text subscribes to items/1; it is left unsubscribed."""
        self.socket.send(text)
        await self.running.watches(1)
        self.socket.unsubscribe("items", "1")
        await self.running.watches(0)

    async def test_names_match_in_any_letter_case(self):
        for text in ('{"Action":"subscribe","Body":{"Entity":"items","Id":"1"}}',
                     '{"ACTION":"subscribe","BODY":{"ENTITY":"items","ID":"1"}}',
                     '{"aCtIoN":"subscribe","bOdY":{"eNtItY":"items","iD":"1"}}'):
            await self.assert_subscribes(text)

    async def test_unknown_fields_space_and_order_do_not_matter(self):
        for text in ('{"x":[1,{"y":null}],"body":{"z":1e9,"id":"1","entity":"items"},'
                     '"action":"subscribe"}',
                     ' \r\n\t{ "action" : "subscribe" , "body" : {"entity":"items","id":"1"} } \n',
                     '{"action":"\\u0073ubscribe","body":{"entity":"\\u0069tems","id":"\\u0031"}}'):
            await self.assert_subscribes(text)

    async def test_message_in_fragments(self):
        text = message("subscribe", {"entity": "items", "id": "1"})
        self.socket.send_frame(1, text[:10], fin=False)
        self.socket.send_frame(9, b"a ping in between")
        self.socket.send_frame(0, text[10:20], fin=False)
        self.socket.send_frame(0, b"", fin=False)
        self.socket.send_frame(0, text[20:])
        await self.running.watches(1)

    async def test_known_action_with_an_unusable_body_is_dropped_and_counted(self):
        unusable = ['{"action":"subscribe","body":{"entity":"items","id":100}}',
                    '{"action":"subscribe","body":{"entity":"items"}}',
                    '{"action":"subscribe","body":{"entity":"","id":"1"}}',
                    '{"action":"subscribe","body":{"entity":"items","id":""}}',
                    '{"action":"subscribe","body":{"entity":"items","id":null}}',
                    '{"action":"subscribe","body":"items"}', '{"action":"subscribe"}',
                    '{"action":"subscribe","body":[]}', '{"action":"unsubscribe","body":7}',
                    '{"action":"secret","body":{"a":1}}', '{"action":"secret","body":7}',
                    '{"action":"subscribe","body":{"entity":"items","id":"a\\u0000b"}}',
                    '{"action":"subscribe","body":{"entity":"it\\u0000ms","id":"1"}}',
                    json.dumps({"action": "subscribe", "body": {"entity": "e" * 129, "id": "1"}}),
                    json.dumps({"action": "subscribe", "body": {"entity": "e", "id": "1" * 513}})]
        for text in unusable:
            self.socket.send(text)
        await self.running.metric_becomes("client_messages_total", len(unusable), kind="unusable")
        await self.assert_subscribes(message("subscribe", {"entity": "items", "id": "1"}))
        self.assertEqual(self.app.messages, [])

    async def test_ids_hold_anything_but_nul(self):
        for key_id in ODD_IDS:
            self.socket.subscribe("items", key_id)
        await self.running.watches(len(ODD_IDS))
        for number, key_id in enumerate(ODD_IDS):
            self.app.set("items", key_id, f"row {number}")
        for number, key_id in enumerate(ODD_IDS):
            await self.running.notify(("items", key_id))
            self.assertEqual(await self.socket.rows(), [f"row {number}"])
        self.assertEqual([fetch.id for fetch in self.app.fetches], ODD_IDS)

    async def test_entity_types_hold_anything_but_nul(self):
        types = [entity[:42] for entity in ODD_IDS]
        self.assertEqual(len(set(types)), len(types))
        for entity in types:
            self.socket.subscribe(entity, "1")
        await self.running.watches(len(types))
        for number, entity in enumerate(types):
            self.app.set(entity, "1", f"row {number}")
            await self.running.notify((entity, "1"))
            self.assertEqual(await self.socket.rows(), [f"row {number}"])

    async def test_key_is_a_pair_and_not_a_joined_text(self):
        keys = [("a", "b.c"), ("a.b", "c"), ("a/b", "c"), ("a", "b/c"), ("a b", "c"), ("a", "b c")]
        for entity, key_id in keys:
            self.socket.subscribe(entity, key_id)
        await self.running.watches(len(keys))
        for key in keys:
            self.app.set(*key, repr(key))
            await self.running.notify(key)
            self.assertEqual(await self.socket.rows(), [repr(key)])
        self.assertEqual(len(self.app.fetches), len(keys))


class UnknownTypeTest(case.ProcessTest):

    async def test_subscription_to_it_is_dropped_with_a_counted_warning(self):
        app = await self.application()
        gateway = await self.gateway(app, default_target="", entities={"items": {"target": "app"}})
        client = await self.client(gateway)
        client.subscribe("nobody", "1")
        client.subscribe("items", "1")
        await gateway.watches(1)
        self.assertEqual(
            await gateway.metric("subscriptions_refused_total", cause="unknown_type"), 1)
        await gateway.logs(r"(?i)warn.*type")
        self.assertTrue(client.is_open)

    async def test_subscriptions_beyond_the_limit_are_dropped_and_counted(self):
        app = await self.application()
        gateway = await self.gateway(app, websocket={"max_subscriptions_per_connection": 3})
        client = await self.client(gateway)
        for number in range(5):
            client.subscribe("items", str(number))
        await gateway.metric_becomes("subscriptions_refused_total", 2, cause="limit")
        client.unsubscribe("items", "0")
        client.subscribe("items", "4")
        await gateway.metric_becomes("client_messages_total", 6, kind="subscribe")
        await gateway.watches(3)


class PassThroughTest(case.ProcessTest):

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.app = await self.application()

    async def pass_through_gateway(self, **classic):
        return await self.gateway(self.app, classic={"pass_through_target": "app", **classic})

    async def test_all_that_is_not_ours_goes_to_the_application_byte_for_byte(self):
        gateway = await self.pass_through_gateway()
        secret = self.new_secret()
        client = await self.client(gateway)
        client.secret(secret)
        sent = [(b'{"action":"move", "body":{"x":1}}', False), (b'{"hello":1}', False),
                (b'{"action":7}', False), (b'{"action":"Subscribe","body":{}}', False),
                (b"not JSON", False), (b"", False), (b"[1,2]", False), (b'"subscribe"', False),
                (b'{"action":"subscribe","body":{"entity":"items","id":"1"}}trailing', False),
                ("\u20ac \U0001f600".encode(), False), (bytes(range(256)), True), (b"", True),
                (message("subscribe", {"entity": "items", "id": "1"}), True),
                (b"[" * 5000, False), (b"x" * 65_536, False)]
        for data, is_binary in sent:
            client.send(data, is_binary)
        await case.eventually("all arrived", lambda: len(self.app.messages) == len(sent))
        self.assertEqual([(each.data, each.is_binary) for each in self.app.messages], sent)
        self.assertEqual({each.secret for each in self.app.messages}, {secret.encode()})
        self.assertEqual(await gateway.metric("subscriptions"), 0)

    async def test_connection_is_named_the_same_for_its_life_and_unlike_others(self):
        gateway = await self.pass_through_gateway()
        for _ in range(2):
            client = await self.client(gateway)
            client.send("one")
            client.send("two")
        await case.eventually("all arrived", lambda: len(self.app.messages) == 4)
        names = [each.connection for each in self.app.messages]
        self.assertEqual(len(set(names)), 2)
        self.assertTrue(all(names))

    async def test_replies_come_as_frames_of_their_own_in_order(self):
        async def answer(got):
            return [(b"re: " + got.data, False), (b"\x00\xff", True), (b"\xff", False)]
        self.app.on_message = answer
        gateway = await self.pass_through_gateway()
        client = await self.client(gateway)
        for number in range(3):
            client.send(f"{number}")
        for number in range(3):
            frames = [await client.next() for _ in range(3)]
            self.assertEqual([(frame.data, frame.is_binary) for frame in frames],
                             [(b"re: %d" % number, False), (b"\x00\xff", True), (b"\xff", True)])

    async def test_more_messages_than_the_queue_holds_are_read_later_and_in_order(self):
        async def answer(got):
            return [(got.data, got.is_binary)]
        self.app.on_message = answer
        gateway = await self.pass_through_gateway(pass_through_queue_messages=4)
        client = await self.client(gateway)
        expected = [f"message {number}" for number in range(300)]
        for text in expected:
            client.send(text)
        self.assertEqual(await client.rows(len(expected)), expected)

    async def test_application_that_fails_or_takes_no_messages_costs_only_the_message(self):
        async def answer(got):
            if got.data == b"fail":
                raise Failure(grpc.StatusCode.INTERNAL)
            return [(b"fine", False)]
        gateway = await self.pass_through_gateway()
        client = await self.client(gateway)
        client.send("nobody takes it")
        await gateway.metric_becomes("pass_through_total", 1, result="dropped")
        self.app.on_message = answer
        client.send("fail")
        client.send("again")
        self.assertEqual(await client.rows(), ["fine"])
        self.assertEqual(await gateway.metric("pass_through_total", result="failed"), 1)

    async def test_without_a_target_messages_are_counted_and_dropped(self):
        gateway = await self.gateway(self.app)
        client = await self.client(gateway)
        client.send("hello")
        client.send(b"\x00", is_binary=True)
        await gateway.metric_becomes("pass_through_total", 2, result="dropped")
        self.assertTrue(client.is_open)
        self.assertEqual(self.app.messages, [])

    async def test_replies_that_nobody_reads_close_with_1013(self):
        async def answer(_):
            return [(b"x" * 100_000, True)] * 10
        self.app.on_message = answer
        gateway = await self.gateway(
            self.app, classic={"pass_through_target": "app"},
            websocket={"reply_queue_bytes": "100KiB", "close_timeout": "60s"})
        client = await self.client(gateway, reading=False)
        for _ in range(100):
            client.send("more")
        await gateway.metric_becomes("connections_closed_total", 1, cause="overload")
        client.start_reading()
        self.assertEqual((await client.closed())[0], 1013)


if __name__ == "__main__":
    case.main()
