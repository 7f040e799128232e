"""Several replicas over a real nats-server."""

import asyncio

from support import case


class ReplicasTest(case.ProcessTest):

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.app = await self.application()

    async def cluster(self, count, **settings):
        nats = await self.nats(trace=True)
        return nats, [await self.gateway(self.app, nats, **settings) for _ in range(count)]

    async def test_change_notified_at_one_reaches_the_clients_of_all(self):
        for count in (2, 3):
            _, gateways = await self.cluster(count)
            clients = [await self.watcher(gateway, ("items", "1")) for gateway in gateways]
            for number, gateway in enumerate(gateways):
                row = f"{count} replicas, told by number {number}"
                self.app.set("items", "1", row)
                await gateway.notify(("items", "1"))
                for client in clients:
                    self.assertEqual(await client.rows(), [row])

    async def test_many_keys_in_one_call(self):
        _, gateways = await self.cluster(2)
        keys = [("items", str(number)) for number in range(2000)]
        clients = [await self.watcher(gateway, *keys) for gateway in gateways]
        for entity, key_id in keys:
            self.app.set(entity, key_id, key_id)
        await gateways[0].notify(*keys)
        for client in clients:
            self.assertEqual(sorted(await client.rows(len(keys))),
                             sorted(key_id for _, key_id in keys))

    async def test_replica_fetches_only_what_its_own_clients_watch(self):
        _, gateways = await self.cluster(2)
        client = await self.watcher(gateways[0], ("items", "1"))
        self.app.set("items", "1", "row")
        await gateways[1].notify(("items", "1"))
        self.assertEqual(await client.rows(), ["row"])
        self.assertEqual(self.app.count("items", "1"), 1)
        await gateways[1].metric_becomes("changes_unwatched_total", 1)

    async def test_prefixes_keep_deployments_on_one_nats_apart(self):
        nats = await self.nats()
        # One is the beginning of the other, and one looks like a wildcard.
        prefixes = ["shop", "shop.change", "sho*", ">"]
        gateways = [await self.gateway(self.app, nats, prefix=prefix) for prefix in prefixes]
        clients = [await self.watcher(gateway, ("items", "1")) for gateway in gateways]
        for round_number in range(2):
            for number, gateway in enumerate(gateways):
                row = f"round {round_number}, only for {number}"
                self.app.set("items", "1", row)
                await gateway.notify(("items", "1"))
                self.assertEqual(await clients[number].rows(), [row])
        self.assertEqual([client.waiting() for client in clients], [0] * len(clients))
        self.assertEqual(self.app.count("items"), 2 * len(gateways))
        for gateway in gateways:
            self.assertEqual(await gateway.metric("changes_received_total"), 2)

    async def test_odd_entity_types_travel_over_nats(self):
        _, gateways = await self.cluster(2)
        types = ["a.b", "*", ">", "with space", "\u20ac", "a\tb", "$SYS", "x" * 128, ".", "\r\n"]
        client = await self.watcher(gateways[0], *[(entity, "1") for entity in types])
        for entity in types:
            self.app.set(entity, "1", entity)
            await gateways[1].notify((entity, "1"))
            self.assertEqual(await client.rows(), [entity])

    async def test_secrets_never_travel_over_nats(self):
        _, gateways = await self.cluster(2)  # Its trace, with all payloads, is among the logs.
        secret = self.new_secret()
        client = await self.client(gateways[0])
        client.secret(secret)
        client.subscribe("items", "1")
        await gateways[0].watches(1)
        self.app.set("items", "1", "row", secret=secret)
        await gateways[1].notify(("items", "1"))
        self.assertEqual(await client.rows(), ["row"])

    async def test_calls_at_all_replicas_at_once(self):
        _, gateways = await self.cluster(3)
        keys = [("items", str(number)) for number in range(30)]
        clients = [await self.watcher(gateway, *keys) for gateway in gateways]
        for version in range(1, 11):
            for entity, key_id in keys:
                self.app.set(entity, key_id, f"{key_id}: {version}", version=version)
            await asyncio.gather(*(
                gateways[(number + version) % 3].notify(key, version=version)
                for number, key in enumerate(keys)))
        for client in clients:
            await self.assert_ends_with(client, {f"{key_id}: 10" for _, key_id in keys})

    async def assert_ends_with(self, client, final):
        """Reads until all final rows came; versions of a key never go down before."""
        newest = {}
        while final:
            row = (await client.rows())[0]
            key_id, version = row.split(": ")
            self.assertGreater(int(version), newest.get(key_id, 0))
            newest[key_id] = int(version)
            final = final - {row}


if __name__ == "__main__":
    case.main()
