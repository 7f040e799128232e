"""The C++ client library against real gateways that come and go."""

import json
import random
import uuid

from support import case
from support.cpp_client import CppClient
from support.writers import Writers

IDS = [str(number) for number in range(20)]
KEYS = [("items", key_id) for key_id in IDS]

# So long that changes are worth a patch.
NOTE = "What stays the same is not sent again. " * 10


class JsonRows:
    """An application whose rows are JSON; Writers give "<id>: <number>"."""

    def __init__(self, application):
        self._application = application

    def set(self, entity, key_id, row):
        number = int(row.split(": ")[1])
        self._application.set(entity, key_id, json.dumps({"n": number, "note": NOTE}),
                              version=number)


class CppClientTest(case.ProcessTest):

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.app = await self.application()
        nats = await self.nats()
        self.replicas = [await self.gateway(self.app, nats) for _ in range(2)]
        # What a load balancer does: the client knows one address.
        self.balancer = await self.gate(self.replicas[0].address)

    async def watch(self, ids=IDS):
        client = CppClient(f"client-{len(self.processes)}", self.folder)
        self.processes.append(client)
        await client.start(self.balancer.address, "items", ids)
        return client

    def writers(self, replica):
        writers = Writers(JsonRows(self.app), [replica], KEYS, first=1)
        self.addAsyncCleanup(writers.stop)
        return writers

    async def is_connected_anew(self, client, times):
        await case.eventually("it is back", lambda: client.read() and
                              client.connections["open"] > times)

    async def goes_on(self, writers, client):
        """Until each key has changed often and the client has seen so."""
        before = dict(client.newest)
        await case.eventually("changes arrive", lambda: client.read() and all(
            client.newest[key_id] > before[key_id] + 3 for key_id in IDS))

    async def test_killed_gateways_are_left_and_nothing_older_is_shown(self):
        writers = self.writers(self.replicas[1])
        client = await self.watch()
        await self.goes_on(writers, client)
        self.balancer.upstream = self.replicas[1].address
        self.replicas[0].kill()
        await self.is_connected_anew(client, times=1)
        await self.goes_on(writers, client)
        await self.replicas[0].start()
        self.balancer.upstream = self.replicas[0].address
        self.balancer.reset_connections()
        await self.is_connected_anew(client, times=2)
        await self.goes_on(writers, client)
        await writers.stop()
        await writers.all_reached([Newest(client)])
        self.assertGreater(await self.replicas[1].metric("patches_sent_total"), 0)
        await self.ends_well(client)

    async def test_states_are_resumed_where_nothing_changed(self):
        # As many as one message may name, with ids that are long.
        ids = [str(uuid.UUID(int=number)) for number in range(1, 1_001)]
        for key_id in ids:
            JsonRows(self.app).set("items", key_id, f"{key_id}: 1")
        client = await self.watch(ids)
        shown = client.log().count("state ")
        self.balancer.upstream = self.replicas[1].address
        self.replicas[0].kill()
        await self.is_connected_anew(client, times=1)
        await self.replicas[1].watches(len(ids))
        JsonRows(self.app).set("items", ids[0], f"{ids[0]}: 2")
        await self.replicas[1].notify(("items", ids[0]))
        await case.eventually("the change arrives", lambda: client.read() and
                              client.newest[ids[0]] == 2)
        self.assertEqual(client.log().count("state "), shown + 1, "the others are what they were")
        await self.ends_well(client)

    async def test_random_documents_arrive_through_patches(self):
        chance = random.Random(7)
        document = {"n": 0, "entries": {f"entry {i}": {"list": list(range(5)), "text": NOTE}
                                        for i in range(20)}}

        def change():
            entry = document["entries"][f"entry {chance.randrange(20)}"]
            chance.choice([
                lambda: entry.update(n=chance.random()),
                lambda: entry["list"].insert(chance.randrange(len(entry["list"]) + 1),
                                             {"a/b~": [None, True]}),
                lambda: entry["list"] and entry["list"].pop(chance.randrange(len(entry["list"]))),
                lambda: entry.update({f"k{chance.randrange(3)}\"\u00e9/": "x" * chance.randrange(9)}),
                lambda: entry.pop("text", None)])()
            document["n"] += 1
            text = json.dumps(document)
            written[document["n"]] = json.loads(text)
            self.app.set("items", "1", text, version=document["n"])

        written = {}
        change()
        client = await self.watch(["1"])
        for _ in range(200):
            change()
            await self.replicas[0].notify(("items", "1"))
        await case.eventually("the last one arrives", lambda: client.read() and
                              client.newest["1"] == document["n"])
        for (_, number), row in client.rows.items():
            self.assertEqual(row, written[number])
        self.assertGreater(await self.replicas[0].metric("patches_sent_total"), 20)
        await self.ends_well(client)

    async def ends_well(self, client):
        client.read()
        self.assertEqual(client.faults, [])
        self.assertEqual(await client.stop(), 0)


class Newest:
    """What Writers look at, read anew each time."""

    def __init__(self, client):
        self._client = client

    @property
    def newest(self):
        self._client.read()
        return self._client.newest


if __name__ == "__main__":
    case.main()
