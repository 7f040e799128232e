"""v1: patches, rates, and rights that change."""

import asyncio
import json
import random

import grpc

from support import case
from support.application import Failure
from support.v1 import JSON, PROTO


class V1OptionsTest(case.ProcessTest):

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.app = await self.application()

    async def change(self, gateway, key, *rows, **options):
        self.app.set(*key, *rows, **options)
        await gateway.notify(key)

    # Patches.

    async def test_random_documents_arrive_through_patches(self):
        gateway = await self.gateway(self.app)
        chance = random.Random(5)
        document = {f"name {i}": {"n": i, "text": "x" * 30, "list": list(range(5))}
                    for i in range(30)}
        self.app.set("items", "1", json.dumps(document), '"second row"')
        clients = [await self.v1(gateway), await self.v1(gateway, PROTO)]
        for client in clients:
            await client.subscribed(("items", "1"), patches=True)
            await client.event("state")
        for _ in range(60):
            entry = document[f"name {chance.randrange(30)}"]
            chance.choice([
                lambda: entry.update(n=chance.random()),
                lambda: entry["list"].insert(chance.randrange(len(entry["list"]) + 1),
                                             {"a/b~": None}),
                lambda: entry["list"] and entry["list"].pop(chance.randrange(len(entry["list"]))),
                lambda: entry.update({f"k{chance.randrange(3)}\"\u00e9/": [True]}),
                lambda: entry.pop("text", None)])()
            await self.change(gateway, ("items", "1"), json.dumps(document), '"second row"')
        for client in clients:
            while self.rows_of(client) != [document, "second row"]:
                await client.next()
            names = [event["event"] for event in client.log]
            self.assertGreater(names.count("patch"), 5, names)
        self.assertGreater(await gateway.metric("patches_sent_total"), 10)

    @staticmethod
    def rows_of(client):
        rows = client.shown["items", "1"][1]
        return rows if client.form == JSON else [json.loads(row) for row in rows]

    # Rates.

    async def test_a_rate_holds_states_back_and_the_last_always_comes(self):
        gateway = await self.gateway(self.app)
        client = await self.v1(gateway)
        self.app.set("items", "1", "0")
        loop = asyncio.get_running_loop()
        start = loop.time()
        results = await client.subscribed(("items", "1"), maxRate=2)
        self.assertEqual(results[0]["maxRate"], 2)
        arrivals = []

        async def read():
            while client.shown.get(("items", "1"), (None, [None]))[1] != ["the end"]:
                event = await client.next()
                if event["event"] == "state":
                    arrivals.append(loop.time())
        reading = asyncio.create_task(read())
        changes = 0
        while loop.time() < start + 3 or changes < 300:  # A hundred a second, where that can be.
            changes += 1
            await self.change(gateway, ("items", "1"), str(changes))
        await self.change(gateway, ("items", "1"), '"the end"')
        await asyncio.wait_for(reading, case.PATIENCE)
        # The gateway spaces them; what lies between two may look shorter here by as much as the
        # first was late.
        self.assertLessEqual(len(arrivals), (arrivals[-1] - start) * 2 + 2)
        self.assertGreaterEqual(len(arrivals), 4)

    async def test_a_rate_can_be_changed_live(self):
        gateway = await self.gateway(self.app)
        client = await self.v1(gateway)
        self.app.set("items", "1", "0")
        await client.subscribed(("items", "1"), maxRate=0.001)
        await client.event("state")
        await self.change(gateway, ("items", "1"), "1")
        await gateway.metric_becomes("deliveries_total", 2)
        self.assertEqual(await client.fence(), [])
        answer = await client.asked("update", {"entity": "items", "id": "1", "maxRate": 0})
        self.assertEqual(answer["event"], "updated")
        self.assertEqual((await client.next())["rows"], [1])

    # Rights.

    async def test_another_secret_shows_what_it_may_see_and_withdraws_the_rest(self):
        gateway = await self.gateway(self.app)
        a, b = self.new_secret("a"), self.new_secret("b")
        for secret in (a, b):
            self.app.set("items", "1", '"same"', secret=secret)
            self.app.set("items", "2", f'"{secret[0]}"', secret=secret)
        self.app.set("items", "3", '"for a"', secret=a)
        client = await self.v1(gateway)
        await client.asked("authenticate", {"secret": a})
        keys = [("items", key_id) for key_id in "123"]
        await client.subscribed(*keys)
        while len(client.shown) < 3:
            await client.next()
        answer = self.app._answer

        async def deny(fetch):
            if fetch.id == "3" and fetch.secret == b.encode():
                raise Failure(grpc.StatusCode.PERMISSION_DENIED)
            return await answer(fetch)
        self.app._answer = deny
        self.app.hold()
        self.app.set("items", "2", '"late for a"', secret=a)
        await gateway.notify(("items", "2"))
        await case.eventually("a fetch under a", lambda: self.app.in_flight() == 1)
        reply = await client.asked("authenticate", {"secret": b})
        self.assertEqual(reply["event"], "authenticated")
        self.app.release()
        after = [await client.next(), await client.next()]
        self.assertEqual(sorted(event["event"] for event in after), ["state", "unsubscribed"])
        gone = next(event for event in after if event["event"] == "unsubscribed")
        self.assertEqual((gone["keys"], gone["code"]),
                         ([{"entity": "items", "id": "3"}], "PERMISSION_DENIED"))
        self.assertEqual(client.shown["items", "2"][1], ["b"])
        await case.eventually("all three are asked about under b",
                              lambda: self.app.count("items", secret=b.encode()) >= 3)
        # Nothing of a comes later, and changes go on.
        await self.change(gateway, ("items", "2"), '"b again"', secret=b)
        self.assertEqual((await client.next())["rows"], ["b again"])
        await gateway.metric_becomes("subscriptions", 2)

    async def test_a_change_in_the_middle_of_a_switch_is_not_lost(self):
        gateway = await self.gateway(self.app)
        client = await self.v1(gateway)
        self.app.set("items", "1", "0")
        await client.subscribed(("items", "1"))
        await client.event("state")
        for n in range(1, 21):
            # The fetch under the new secret has its answer already when the entity changes.
            self.app.set("items", "1", f'"{n}, before"')
            self.app.hold()
            secret = self.new_secret()
            await client.asked("authenticate", {"secret": secret})
            await case.eventually("the entity is asked about", lambda: self.app.in_flight() == 1)
            await self.change(gateway, ("items", "1"), f'"{n}, after"')
            self.app.release()
            while client.shown.get(("items", "1"), (None, None))[1] != [f"{n}, after"]:
                await client.next()
            self.assertEqual(self.app.count("items", "1", secret.encode()), 2)

    async def test_a_right_that_ends_with_a_change(self):
        gateway = await self.gateway(self.app)
        client = await self.v1(gateway)
        self.app.set("items", "1", "1")
        await client.subscribed(("items", "1"))
        await client.event("state")
        self.app.fail(grpc.StatusCode.UNAUTHENTICATED)
        await gateway.notify(("items", "1"))
        event = await client.next()
        self.assertEqual((event["event"], event["code"]), ("unsubscribed", "UNAUTHENTICATED"))
        self.assertNotIn("ref", event)
        await gateway.metric_becomes("subscriptions", 0)


if __name__ == "__main__":
    case.main()
