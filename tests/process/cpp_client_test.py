"""The C++ client library against real gateways that come and go."""

import json

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

    async def watch(self):
        client = CppClient(f"client-{len(self.processes)}", self.folder)
        self.processes.append(client)
        await client.start(self.balancer.address, "items", IDS)
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
        for key in KEYS:
            JsonRows(self.app).set(*key, f"{key[1]}: 1")
        client = await self.watch()
        shown = client.log().count("state ")
        self.balancer.upstream = self.replicas[1].address
        self.replicas[0].kill()
        await self.is_connected_anew(client, times=1)
        await self.replicas[1].watches(len(KEYS))
        JsonRows(self.app).set(*KEYS[0], f"{KEYS[0][1]}: 2")
        await self.replicas[1].notify(KEYS[0])
        await case.eventually("the change arrives", lambda: client.read() and
                              client.newest[IDS[0]] == 2)
        self.assertEqual(client.log().count("state "), shown + 1, "the others are what they were")
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
