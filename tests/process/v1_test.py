"""v1: subscriptions and states in both forms, resuming, messages, errors, the end."""

import json
import signal
import uuid

import grpc

from support import case
from support.v1 import JSON, PROTO, decode_row


class V1Test(case.ProcessTest):

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.app = await self.application()

    async def change(self, gateway, key, *rows, **options):
        self.app.set(*key, *rows, **options)
        await gateway.notify(key)

    # States.

    async def test_states_of_both_forms_say_the_same(self):
        gateway = await self.gateway(self.app)
        rows = ['{"price": 1.50}', "no json", b"\xff", '{"$base64":"x"}', "[]"]
        self.app.set("items", "1", *rows, version=7)
        text, binary = await self.v1(gateway), await self.v1(gateway, PROTO)
        self.assertEqual(binary.welcome["protocol"], PROTO)
        for client in (text, binary):
            results = await client.subscribed(("items", "1"), ("items", "none"))
            self.assertEqual([result["code"] for result in results], ["OK", "OK"])
            await client.event("removed", ("items", "none"))
            while ("items", "1") not in client.shown:
                await client.next()
        version, shown = text.shown["items", "1"]
        self.assertEqual(version, binary.shown["items", "1"][0])
        self.assertRegex(version, r"^7\.[0-9a-f]{32}$")
        self.assertEqual(binary.shown["items", "1"][1],
                         [row.encode() if isinstance(row, str) else row for row in rows])
        self.assertEqual([decode_row(row) for row in shown],
                         [None, b"no json", b"\xff", b'{"$base64":"x"}', None])
        self.assertEqual(shown[0], {"price": 1.5})

    async def test_a_row_that_is_json_stands_verbatim(self):
        gateway = await self.gateway(self.app)
        self.app.set("items", "1", '{ "price" : 1.50, "n": 12345678901234567890123 }')
        client = await self.v1(gateway)
        client.subscribe(("items", "1"), ref=False)
        frame = await client.socket.next()
        self.assertIn(b'"rows":[{ "price" : 1.50, "n": 12345678901234567890123 }]', frame.data)

    async def test_a_batch_costs_few_calls_and_a_bad_key_hurts_nobody(self):
        gateway = await self.gateway(self.app, workers=1, entities={"items": {"target": "app"}},
                                     default_target="")
        for i in range(250):
            self.app.set("items", str(i), f"{i}")
        client = await self.v1(gateway)
        keys = [("items", str(i)) for i in range(250)]
        results = await client.subscribed(*keys, ("", "x"), ("ufo", "1"), ("items", "x" * 600))
        self.assertEqual([result["code"] for result in results],
                         ["OK"] * 250 + ["INVALID_ARGUMENT", "NOT_FOUND", "INVALID_ARGUMENT"])
        while len(client.shown) < 250:
            await client.next()
        self.assertEqual(sorted(self.app.batches), [50, 100, 100])
        self.assertEqual(self.app.count("items"), 250)

    async def test_a_thousand_keys_resume_in_one_message(self):
        gateway = await self.gateway(self.app)
        keys = [("items", str(uuid.uuid4())) for _ in range(1_000)]
        for key in keys:
            self.app.set(*key, json.dumps({"id": key[1], "text": "x" * 50}), version=1_234_567)
        first = await self.v1(gateway)
        first.subscribe(*keys)
        while len(first.shown) < len(keys):
            await first.next()
        changed = keys[::400]
        for key in changed:
            self.app.set(*key, "\"changed\"", version=1_234_568)
        again = await self.v1(gateway)
        again.shown = dict(first.shown)
        again.say("subscribe", [{"entity": entity, "id": key_id,
                                 "known": first.shown[entity, key_id][0]}
                                for entity, key_id in keys])
        await gateway.notify(*changed)
        news = []
        while len(again.log) < 2 + len(keys) or len(news) < len(changed):
            event = await again.next()
            if event["event"] == "state":
                news.append((event["entity"], event["id"]))
        self.assertEqual(set(news), set(changed))
        self.assertTrue(all(again.shown[key][1] == ["changed"] for key in changed))

    async def test_resume_works_on_another_replica(self):
        nats = await self.nats()
        one, two = await self.gateway(self.app, nats), await self.gateway(self.app, nats)
        for i in range(20):
            self.app.set("items", str(i), f'{{"n":{i}}}', version=i)
        keys = [("items", str(i)) for i in range(20)] + [("items", "none")]
        first = await self.v1(one)
        first.subscribe(*keys)
        while len(first.shown) < len(keys):
            await first.next()
        self.app.set("items", "7", '{"n":"new"}', version=100)
        self.app.remove("items", "8")
        again = await self.v1(two)
        again.shown = dict(first.shown)
        again.say("subscribe", [{"entity": entity, "id": key_id, "known": version}
                                for (entity, key_id), (version, _) in first.shown.items()])
        await again.event("subscribed")
        events = [await again.next() for _ in keys]
        told = {event["id"]: event["event"] for event in events}
        self.assertEqual(told, {**{key_id: "unchanged" for _, key_id in keys},
                                "7": "state", "8": "removed"})

    async def test_known_of_another_content_brings_the_state_at_once(self):
        gateway = await self.gateway(self.app)
        self.app.set("items", "1", '"old"', version=5)
        client = await self.v1(gateway)
        for known in ("nonsense", "9." + "0" * 32, ""):
            await client.subscribed(("items", "1"), known=known)
            self.assertEqual((await client.next())["event"], "state", known)

    async def test_without_a_snapshot_nothing_comes_before_the_next_change(self):
        gateway = await self.gateway(self.app)
        self.app.set("items", "1", "1")
        client = await self.v1(gateway)
        await client.subscribed(("items", "1"), snapshot=False)
        await gateway.watches(1)
        self.assertEqual(await client.fence(), [])
        await self.change(gateway, ("items", "1"), "2")
        self.assertEqual((await client.next())["rows"], [2])

    async def test_stale_until_the_application_answers(self):
        gateway = await self.gateway(self.app)
        self.app.set("items", "1", "1")
        client = await self.v1(gateway)
        await client.subscribed(("items", "1"))
        await client.event("state")
        self.app.fail(grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.INTERNAL, "always")
        await gateway.notify(("items", "1"))
        self.assertEqual((await client.next())["event"], "stale")
        self.app.fail()
        event = await client.next()
        self.assertEqual((event["event"], event["version"]),
                         ("unchanged", client.shown["items", "1"][0]))
        self.app.fail(grpc.StatusCode.INTERNAL, "always")
        await self.change(gateway, ("items", "1"), "2")
        self.assertEqual((await client.next())["event"], "stale")
        self.app.fail()
        self.assertEqual((await client.next())["event"], "state")

    # Messages, errors, the end.

    async def test_messages_go_to_the_application_and_are_answered(self):
        gateway = await self.gateway(self.app, classic={"pass_through_target": "app"})

        async def reply(message):
            return [(message.data, False), (b"\xff", True)]
        self.app.on_message = reply
        text, binary = await self.v1(gateway), await self.v1(gateway, PROTO)
        answer = await text.asked("message", {"a": [1]})
        self.assertEqual(answer["replies"], [{"a": [1]}, {"$base64": "/w=="}])
        answer = await binary.asked("message", b"\x00raw")
        self.assertEqual(answer["replies"], [b"\x00raw", b"\xff"])
        self.assertEqual([message.is_binary for message in self.app.messages], [False, True])
        self.app.on_message = None
        answer = await text.asked("message", 1)
        self.assertEqual((answer["event"], answer["code"]), ("error", "UNIMPLEMENTED"))

    async def test_what_makes_no_sense_is_answered_and_then_closed(self):
        gateway = await self.gateway(self.app)
        for form, frame in ((JSON, "{"), (JSON, "[]"), (JSON, b"\xff\x00"), (PROTO, b"\xff")):
            client = await self.v1(gateway, form)
            client.socket.send(frame, is_binary=isinstance(frame, bytes))
            event = await client.next()
            self.assertEqual((event["event"], event["code"]), ("error", "INVALID_ARGUMENT"))
            self.assertEqual((await client.closed())[0], 4003)

    async def test_messages_have_a_limit_that_is_told(self):
        gateway = await self.gateway(self.app, websocket={"max_v1_message_bytes": "5KiB"})
        client = await self.v1(gateway)
        limit = client.welcome["limits"]["messageBytes"]
        self.assertEqual(limit, 5 * 1024)
        padding = limit - len('{"action":"ping","x":""}')
        client.socket.send('{"action":"ping","x":"' + "x" * padding + '"}')
        self.assertEqual((await client.next())["event"], "pong")
        client.socket.send('{"action":"ping","x":"' + "x" * (padding + 1) + '"}')
        self.assertEqual((await client.closed())[0], 1009)

    async def test_a_drain_is_announced_and_subscriptions_go_on_until_the_close(self):
        gateway = await self.gateway(self.app, drain={"window": "3s", "unready_delay": "0s"})
        client = await self.v1(gateway)
        self.app.set("items", "1", "1")
        await client.subscribed(("items", "1"))
        await client.event("state")
        gateway.send(signal.SIGTERM)
        event = await client.event("reconnect")
        first, last = event["afterMs"]
        self.assertEqual(first, 0)
        self.assertTrue(2_000 < last <= 3_000, last)
        self.assertEqual((await client.closed())[0], 1012)
        self.assertEqual(await gateway.ended(), 0)


if __name__ == "__main__":
    case.main()
