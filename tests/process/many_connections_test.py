"""Ten thousand clients on one replica."""

import asyncio

from support import case
from support.websocket import Client

CONNECTIONS = 10_000
AT_ONCE = 100  # Handshakes under way; more would only wait in the kernel's queue.


class ManyConnectionsTest(case.ProcessTest):

    async def test_each_of_10000_connections_gets_the_change_of_its_key(self):
        app = await self.application()
        gateway = await self.gateway(app, log={"level": "info"})
        clients = await self.connect_all(gateway)
        for number, client in enumerate(clients):
            client.subscribe("items", str(number))
        await gateway.watches(CONNECTIONS)
        self.assertEqual(await gateway.metric("connections"), CONNECTIONS)

        keys = [("items", str(number)) for number in range(CONNECTIONS)]
        await self.change(app, gateway, clients, "in one call", [keys])
        await self.change(app, gateway, clients, "in many calls",
                          [keys[first:first + 50] for first in range(0, CONNECTIONS, 50)])
        self.assertEqual(len(app.fetches), 2 * CONNECTIONS)
        self.assertTrue(all(client.is_open for client in clients))

    async def connect_all(self, gateway):
        gate = asyncio.Semaphore(AT_ONCE)

        async def connect():
            async with gate:
                return await Client.connect(gateway.address)
        clients = await asyncio.gather(*(connect() for _ in range(CONNECTIONS)))
        self.addAsyncCleanup(self.dispose_all, clients)
        return clients

    async def dispose_all(self, clients):
        await asyncio.gather(*(client.dispose() for client in clients))

    async def change(self, app, gateway, clients, text, calls):
        for number in range(CONNECTIONS):
            app.set("items", str(number), f"{number} {text}")
        for keys in calls:
            await gateway.notify(*keys)
        for number, client in enumerate(clients):
            self.assertEqual(await client.rows(), [f"{number} {text}"])
        self.assertEqual(sum(client.waiting() for client in clients), 0)


if __name__ == "__main__":
    case.main(descriptors=CONNECTIONS + 1_000)
