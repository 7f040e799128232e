"""The real sample application behind real gateways, killed and paused among other things."""

import json

from support import case, http
from support.sample import MANAGER, WORKER, Sample

SOON = {"classic": {"snapshot": True}, "fetch": {"backoff_max": "500ms"},
        "targets": {"app": {"timeout": "1s"}}}


class SampleTest(case.ProcessTest):

    async def replicas(self, count):
        """A sample application, and so many gateways that ask it."""
        self.sample = Sample("sample", self.folder, case.free_port(), case.free_port())
        self.processes.append(self.sample)
        nats = await self.nats()
        gateways = [await self.gateway(self.sample, nats, **SOON) for _ in range(count)]
        await self.sample.start(gateways)
        return nats, gateways

    async def viewer(self, gateway, *keys, secret=WORKER):
        client = await self.client(gateway)
        client.secret(secret)
        for entity, key_id in keys:
            client.subscribe(entity, key_id)
        return client

    async def quantity_becomes(self, client, quantity):
        """Reads rows until the item has it."""
        while json.loads((await client.rows())[0])["quantity"] != quantity:
            pass

    async def test_edit_shows_at_the_clients_of_all_replicas(self):
        _, gateways = await self.replicas(3)
        clients = [await self.viewer(gateway, ("items", "100")) for gateway in gateways]
        for quantity in (41, 42, 43):
            await self.sample.edit_quantity("100", quantity)
            for client in clients:
                await self.quantity_becomes(client, quantity)

    async def test_secret_decides_what_a_viewer_sees(self):
        _, (gateway,) = await self.replicas(1)
        worker = await self.viewer(gateway, ("items", "100"))
        manager = await self.viewer(gateway, ("items", "100"), secret=MANAGER)
        stranger = await self.viewer(gateway, ("items", "100"), secret=self.new_secret())
        seen_by_worker = json.loads((await worker.rows())[0])
        seen_by_manager = json.loads((await manager.rows())[0])
        self.assertLess(set(seen_by_worker), set(seen_by_manager), "only managers see costs")
        await gateway.metric_becomes("fetches_total", 1, result="denied")
        self.assertEqual(stranger.waiting(), 0)

    async def test_report_comes_with_its_author_and_department(self):
        _, (gateway,) = await self.replicas(1)
        floor = await self.viewer(gateway, ("floors", "main"))
        report = json.loads((await floor.rows())[0])["reports"][0]
        client = await self.viewer(gateway, ("reports", report))
        rows = [json.loads(row) for row in await client.rows(3)]
        self.assertEqual([row["type"] for row in rows], ["report", "author", "department"])

    async def test_killed_application_comes_back(self):
        _, gateways = await self.replicas(2)
        clients = [await self.viewer(gateway, ("items", "100")) for gateway in gateways]
        await self.sample.edit_quantity("100", 11)
        for client in clients:
            await self.quantity_becomes(client, 11)
        self.sample.kill()
        # Somebody else changed the database and could notify; nobody can answer yet.
        await gateways[0].notify(("items", "100"))
        for gateway in gateways:
            await gateway.metric_becomes("fetches_total", lambda now: now > 0, result="failed")
        await self.sample.start(gateways)
        await self.sample.edit_quantity("100", 12)
        for client in clients:
            await self.quantity_becomes(client, 12)
            self.assertTrue(client.is_open)

    async def test_paused_application_comes_back(self):
        _, (gateway,) = await self.replicas(1)
        client = await self.viewer(gateway, ("items", "100"))
        await client.rows()
        self.sample.pause()
        await gateway.notify(("items", "100"))
        await gateway.metric_becomes("fetches_total", lambda now: now > 0, result="failed")
        self.sample.resume()
        await self.sample.edit_quantity("100", 13)
        await self.quantity_becomes(client, 13)

    async def test_edits_made_while_nats_is_away_arrive(self):
        nats, gateways = await self.replicas(2)
        clients = [await self.viewer(gateway, ("items", "100")) for gateway in gateways]
        nats.kill()
        for gateway in gateways:
            await gateway.not_ready("bus")
        for quantity in range(20, 30):
            await self.sample.edit_quantity("100", quantity)
        await nats.start()
        for client in clients:
            await self.quantity_becomes(client, 29)

    async def test_stream_of_random_changes_ends_with_the_same_state_everywhere(self):
        _, gateways = await self.replicas(2)
        keys = [("items", str(number)) for number in range(100, 105)]
        clients = [await self.viewer(gateway, *keys) for gateway in gateways]
        self.assertEqual(await self.sample.post("/api/stream", {"on": True}), 200)
        newest = [{}, {}, {}]
        for client in clients:
            await client.rows(30)
        self.assertEqual(await self.sample.post("/api/stream", {"on": False}), 200)
        for _, number in keys:
            await self.sample.edit_quantity(number, 77)
        clients.append(await self.viewer(gateways[0], *keys))  # Shows what the database holds.

        async def all_have_the_same():
            for client, rows in zip(clients, newest):
                while client.waiting():
                    row = json.loads((await client.rows())[0])
                    rows[row["id"]] = row
            return len(newest[2]) == len(keys) and newest[0] == newest[1] == newest[2]
        await case.eventually("all have the same", all_have_the_same)

    async def test_page_and_its_parts_are_served(self):
        await self.replicas(1)
        for path in ("/", "/app.js", "/style.css", "/config.json", "/healthz"):
            answer = await http.get(self.sample.http_address, path)
            self.assertEqual(answer.status, 200, path)
        self.assertEqual(await self.sample.post("/api/items/100", {"field": "quantity", "value": 1},
                                                secret=self.new_secret()), 401)


if __name__ == "__main__":
    case.main()
