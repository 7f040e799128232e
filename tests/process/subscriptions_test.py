"""Classic: watching keys, rows as they come, secrets."""

import asyncio

from support import case


class SubscriptionsTest(case.ProcessTest):

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.app = await self.application()
        self.app.set("fences", "f", "fence 0")
        self._fences = 0

    async def fence(self, gateway, client):
        """Rows that came before a change made now (the client watches fences/f)."""
        self._fences += 1
        row = f"fence {self._fences}"
        self.app.set("fences", "f", row)
        await gateway.notify(("fences", "f"))
        return await client.until(row)

    async def test_change_reaches_a_watcher(self):
        gateway = await self.gateway(self.app)
        client = await self.watcher(gateway, ("items", "100"))
        self.app.set("items", "100", '{"id":100,"name":"drill"}')
        await gateway.notify(("items", "100"))
        self.assertEqual(await client.rows(), ['{"id":100,"name":"drill"}'])
        self.assertEqual(self.app.fetches[0].reason, "change")

    async def test_rows_arrive_byte_for_byte_and_in_order(self):
        gateway = await self.gateway(self.app)
        client = await self.watcher(gateway, ("reports", "r"))
        rows = ['{"report": 1,  "spaces":\t"kept"}', "", "not JSON at all", "null",
                '"\u20ac \U0001f600"', '{"a":1}\n', '{"a":1}', "[" + "x" * 70_000 + "]",
                "\x00\x01", "1e400"]
        self.app.set("reports", "r", *rows)
        await gateway.notify(("reports", "r"))
        self.assertEqual(await client.rows(len(rows)), rows)

    async def test_row_that_is_not_utf8_comes_as_a_binary_frame(self):
        gateway = await self.gateway(self.app)
        client = await self.watcher(gateway, ("blobs", "b"))
        rows = [b"text", b"\xff\xfe\x00", b"\xc3\xa9", b"\xed\xa0\x80"]
        self.app.set("blobs", "b", *rows)
        await gateway.notify(("blobs", "b"))
        frames = [await client.next() for _ in rows]
        self.assertEqual([frame.data for frame in frames], rows)
        self.assertEqual([frame.is_binary for frame in frames], [False, True, False, True])
        self.assertEqual(await gateway.metric("rows_not_utf8_total"), 2)

    async def test_nothing_is_sent_at_subscribe_time_by_default(self):
        gateway = await self.gateway(self.app)
        self.app.set("items", "1", "old")
        client = await self.watcher(gateway, ("items", "1"), ("fences", "f"))
        self.assertEqual(await self.fence(gateway, client), [])
        self.assertEqual(self.app.count("items"), 0)

    async def test_classic_snapshot_sends_the_present_state(self):
        gateway = await self.gateway(self.app, classic={"snapshot": True})
        self.app.set("items", "1", "present", "second row")
        client = await self.watcher(gateway, ("items", "1"))
        self.assertEqual(await client.rows(2), ["present", "second row"])
        self.assertEqual(self.app.fetches[0].reason, "snapshot")

    async def test_classic_snapshot_per_entity_type(self):
        gateway = await self.gateway(self.app, entities={"items": {"classic_snapshot": True}})
        self.app.set("items", "1", "present")
        self.app.set("others", "1", "not asked for")
        client = await self.watcher(gateway, ("others", "1"), ("items", "1"), ("fences", "f"))
        self.assertEqual(await client.rows(), ["present"])
        self.assertEqual(await self.fence(gateway, client), [])
        self.assertEqual(self.app.count("others"), 0)

    async def test_one_connection_watches_many_keys_of_many_types(self):
        gateway = await self.gateway(self.app)
        keys = [(entity, str(number)) for entity in ("a", "b", "c") for number in range(20)]
        client = await self.watcher(gateway, *keys)
        for entity, key_id in keys:
            self.app.set(entity, key_id, f"{entity}/{key_id}")
        await gateway.notify(*keys)
        self.assertEqual(sorted(await client.rows(len(keys))),
                         sorted(f"{entity}/{key_id}" for entity, key_id in keys))

    async def test_repeated_subscribe_is_harmless(self):
        gateway = await self.gateway(self.app)
        client = await self.watcher(gateway, ("items", "1"), ("fences", "f"))
        client.subscribe("items", "1")
        await gateway.metric_becomes("client_messages_total", 3, kind="subscribe")
        await gateway.watches(2)
        self.app.set("items", "1", "once")
        await gateway.notify(("items", "1"))
        self.assertEqual(await client.rows(), ["once"])
        self.assertEqual(await self.fence(gateway, client), [])

    async def test_unsubscribed_key_is_silent(self):
        gateway = await self.gateway(self.app)
        client = await self.watcher(gateway, ("items", "1"), ("fences", "f"))
        client.unsubscribe("items", "1")
        client.unsubscribe("never", "watched")
        await gateway.metric_becomes("client_messages_total", 2, kind="unsubscribe")
        await gateway.watches(1)
        self.app.set("items", "1", "unseen")
        await gateway.notify(("items", "1"))
        self.assertEqual(await self.fence(gateway, client), [])
        self.assertEqual(self.app.count("items"), 0)

        client.subscribe("items", "1")
        await gateway.watches(2)
        self.app.set("items", "1", "seen again")
        await gateway.notify(("items", "1"))
        self.assertEqual(await client.rows(), ["seen again"])

    async def test_each_secret_gets_its_own_rows(self):
        gateway = await self.gateway(self.app)
        worker, manager = self.new_secret("worker"), self.new_secret("manager")
        clients = {}
        for secret in (worker, manager):
            clients[secret] = await self.client(gateway)
            clients[secret].secret(secret)
            clients[secret].subscribe("items", "1")
            self.app.set("items", "1", f"rows of a {secret.split('-')[0]}", secret=secret)
        await gateway.watches(2)
        await gateway.notify(("items", "1"))
        self.assertEqual(await clients[worker].rows(), ["rows of a worker"])
        self.assertEqual(await clients[manager].rows(), ["rows of a manager"])
        self.assertEqual(self.app.count("items"), 2)

    async def test_replaced_secret_counts_from_then_on(self):
        gateway = await self.gateway(self.app)
        first, second = self.new_secret("first"), self.new_secret("second")
        client = await self.client(gateway)
        client.secret(first)
        client.subscribe("items", "1")
        await gateway.watches(1)
        self.app.set("items", "1", "first's rows", secret=first)
        self.app.set("items", "1", "second's rows", secret=second)
        await gateway.notify(("items", "1"))
        self.assertEqual(await client.rows(), ["first's rows"])
        client.secret(second)
        await gateway.metric_becomes("client_messages_total", 2, kind="secret")
        await gateway.notify(("items", "1"))
        self.assertEqual(await client.rows(), ["second's rows"])

    async def test_answer_for_the_old_secret_is_not_shown_after_the_new_one(self):
        gateway = await self.gateway(self.app)
        first, second = self.new_secret("first"), self.new_secret("second")
        client = await self.client(gateway)
        client.secret(first)
        client.subscribe("items", "1")
        await gateway.watches(1)
        self.app.set("items", "1", "for the first", secret=first)
        self.app.set("items", "1", "for the second", secret=second)
        self.app.hold()
        await gateway.notify(("items", "1"))
        await self.app.fetched(1, "items", "1")
        client.secret(second)
        await self.app.fetched(1, "items", "1", second.encode())
        self.app.release()
        self.assertEqual(await client.rows(), ["for the second"])

    async def test_secret_and_subscribe_in_one_packet_do_not_race(self):
        gateway = await self.gateway(self.app, classic={"snapshot": True})
        secret = self.new_secret()
        self.app.set("items", "1", "for strangers")
        self.app.set("items", "1", "for the viewer", secret=secret)
        clients = []
        for _ in range(20):
            client = await self.client(gateway)
            client.secret(secret)
            client.subscribe("items", "1")
            clients.append(client)
        for client in clients:
            self.assertEqual(await client.rows(), ["for the viewer"])
        self.assertEqual(self.app.count("items", secret=b""), 0)

    async def test_null_secret_is_the_empty_one(self):
        gateway = await self.gateway(self.app, classic={"snapshot": True})
        client = await self.client(gateway)
        client.secret(self.new_secret())
        client.send('{"action":"secret","body":null}')
        client.subscribe("items", "1")
        await self.app.fetched(1, "items", "1")
        self.assertEqual(self.app.fetches[-1].secret, b"")

    async def test_watchers_of_one_key_share_a_fetch_and_all_get_the_rows(self):
        gateway = await self.gateway(self.app)
        clients = []
        for _ in range(50):
            client = await self.client(gateway)
            client.subscribe("items", "1")
            clients.append(client)
        await gateway.watches(50)
        self.app.set("items", "1", "for all")
        await gateway.notify(("items", "1"))
        for rows in await asyncio.gather(*(client.rows() for client in clients)):
            self.assertEqual(rows, ["for all"])
        self.assertEqual(self.app.count("items"), 1)

    async def test_client_that_leaves_is_forgotten(self):
        gateway = await self.gateway(self.app)
        client = await self.watcher(gateway, ("items", "1"))
        other = await self.watcher(gateway, ("items", "2"))
        client.close()
        self.assertEqual((await client.closed())[0], 1000)
        other.abort()
        await gateway.watches(0)
        await gateway.metric_becomes("connections", 0)
        await gateway.notify(("items", "1"), ("items", "2"))
        await gateway.metric_becomes("changes_unwatched_total", 2)
        self.assertEqual(self.app.fetches, [])


if __name__ == "__main__":
    case.main()
