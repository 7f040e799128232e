"""Fetches of many keys share calls under load, and none waits when there is nothing to share."""

import asyncio

import grpc

from support import case

Code = grpc.StatusCode
KEYS = [("items", str(number)) for number in range(100)]
SPREAD = 0.1  # Over which the calls of a burst begin, in seconds.
ONE_SHARD = {"workers": 1}  # So that it is known what meets in one queue.
SOON = {"backoff_min": "10ms", "backoff_max": "200ms"}


class BatchingTest(case.ProcessTest):

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.app = await self.application()

    def change(self, keys, text):
        for key in keys:
            self.app.set(*key, f"{key[1]} {text}")

    async def expect(self, client, keys, text):
        self.assertEqual(set(await client.rows(len(keys))), {f"{key[1]} {text}" for key in keys})

    def singles(self):
        return len(self.app.fetches) - sum(self.app.batches)

    def calls(self):
        return self.singles() + len(self.app.batches)

    async def sent(self, gateway, cause):
        return await gateway.metric("fetch_calls_total", cause=cause)

    async def test_burst_of_many_keys_costs_few_calls(self):
        self.app.seconds = 0.02
        window = 10  # Milliseconds.
        gateway = await self.gateway(self.app, log={"level": "info"},
                                     fetch={"batch_window": f"{window}ms"}, **ONE_SHARD)
        client = await self.watcher(gateway, *KEYS)
        self.change(KEYS, "changed")

        async def notify(key, after):
            await asyncio.sleep(after)
            await gateway.notify(key)
        loop = asyncio.get_running_loop()
        begin = loop.time()
        await asyncio.gather(*(notify(key, number * SPREAD / len(KEYS))
                               for number, key in enumerate(KEYS)))
        took = loop.time() - begin
        await self.expect(client, KEYS, "changed")
        print(f"  {len(self.app.fetches)} fetches in {self.calls()} calls", flush=True)
        self.assertEqual(len(self.app.fetches), len(KEYS))
        # One per window, one that begins while none is under way, one at the end. On a slow machine
        # there are more windows.
        self.assertLessEqual(self.calls(), max(len(KEYS) / 3, took * 1000 / window + 2))
        self.assertGreaterEqual(await self.sent(gateway, "window"), 1)
        self.assertEqual(await gateway.metric("fetch_call_items_sum"), len(KEYS))
        self.assertEqual(await gateway.metric("fetch_call_items_count"), self.calls())

    async def test_changes_notified_together_are_fetched_together(self):
        gateway = await self.gateway(self.app, **ONE_SHARD)
        client = await self.watcher(gateway, *KEYS)
        self.change(KEYS, "changed")
        await gateway.notify(*KEYS)
        await self.expect(client, KEYS, "changed")
        self.assertEqual((self.app.batches, self.singles()), ([len(KEYS)], 0))

    async def test_a_change_while_nothing_goes_on_waits_for_nothing(self):
        # A window as long as may be, and still each fetch goes out for itself, in its turn.
        gateway = await self.gateway(self.app, fetch={"batch_window": "10ms"}, **ONE_SHARD)
        client = await self.watcher(gateway, *KEYS[:20])
        for key in KEYS[:20]:
            self.change([key], "changed")
            await gateway.notify(key)
            await self.expect(client, [key], "changed")
        self.assertEqual(self.app.batches, [])
        self.assertEqual(await self.sent(gateway, "turn"), 20)
        for cause in ("window", "full", "answered", "alone"):
            self.assertEqual(await self.sent(gateway, cause), 0)

    async def test_application_without_batches_is_asked_singly_without_waiting(self):
        self.app.takes_batches = False
        self.app.seconds = 0.02
        gateway = await self.gateway(self.app, **ONE_SHARD)
        client = await self.watcher(gateway, *KEYS)
        self.change(KEYS, "first")
        await gateway.notify(*KEYS)
        await self.expect(client, KEYS, "first")
        self.change(KEYS, "second")
        await asyncio.gather(*(gateway.notify(*KEYS[begin:begin + 10])
                               for begin in range(0, len(KEYS), 10)))
        await self.expect(client, KEYS, "second")
        self.assertEqual(self.app.batches, [len(KEYS)], "and not tried again for a minute")
        self.assertEqual(len(self.app.fetches), 2 * len(KEYS))
        self.assertEqual(await self.sent(gateway, "turn"), 1)
        self.assertEqual(await self.sent(gateway, "alone"), 2 * len(KEYS), "none of them waits")
        await gateway.logs("does not implement FetchEntities")

    async def test_an_item_that_fails_holds_up_no_other(self):
        gateway = await self.gateway(self.app, fetch=SOON, **ONE_SHARD)
        keys = KEYS[:3]
        client = await self.watcher(gateway, *keys)
        self.change(keys, "changed")
        self.app.fail(None, Code.UNAVAILABLE)
        await gateway.notify(*keys)
        await self.expect(client, [keys[0], keys[2]], "changed")
        await self.expect(client, [keys[1]], "changed")
        self.assertEqual((self.app.batches, self.singles()), ([3], 1))

    async def test_a_call_that_fails_is_tried_again_for_each(self):
        gateway = await self.gateway(self.app, fetch=SOON, **ONE_SHARD)
        keys = KEYS[:10]
        client = await self.watcher(gateway, *keys)
        self.change(keys, "changed")
        self.app.fail(*[Code.INTERNAL] * len(keys))
        await gateway.notify(*keys)
        await self.expect(client, keys, "changed")
        self.assertEqual(self.app.batches[0], len(keys))
        self.assertEqual(len(self.app.fetches), 2 * len(keys))

    async def test_a_type_that_is_to_go_alone_does(self):
        gateway = await self.gateway(self.app, entities={"reports": {"batch": False}}, **ONE_SHARD)
        keys = [("items", "1"), ("reports", "2"), ("items", "3"), ("reports", "4")]
        client = await self.watcher(gateway, *keys)
        self.change(keys, "changed")
        await gateway.notify(*keys)
        await self.expect(client, keys, "changed")
        self.assertEqual((self.app.batches, self.singles()), ([2], 2))

    async def test_a_slow_key_holds_up_the_others_once(self):
        slow, *quick = KEYS[:3]
        self.app.seconds_for[slow] = 0.5
        gateway = await self.gateway(self.app, **ONE_SHARD)
        client = await self.watcher(gateway, slow, *quick)

        async def change_all(text):
            self.change([slow, *quick], text)
            await gateway.notify(slow, *quick)
            await self.expect(client, [slow, *quick], text)
        await change_all("first")
        self.assertEqual(self.app.batches, [3])
        attempt = 0

        async def travel_without_it():
            nonlocal attempt  # More than one where a quick key was slow too: this machine is busy.
            attempt += 1
            await change_all(f"attempt {attempt}")
            return 2 in self.app.batches
        await case.eventually("the quick ones share a call", travel_without_it)
        self.assertEqual(set(self.app.batches[1:]), {2}, "and the slow one is in none")

        # It is under way for as long as it takes; the others come all the same.
        self.app.seconds_for[slow] = 3600
        self.change([slow, *quick], "last")
        await gateway.notify(slow, *quick)
        await self.expect(client, quick, "last")
        await case.eventually("the slow one goes by itself", lambda: self.app.in_flight() == 1)

    async def test_states_larger_than_one_answer_may_be_come_in_smaller_calls(self):
        gateway = await self.gateway(
            self.app, targets={"app": {"max_receive_bytes": "64KiB"}}, **ONE_SHARD)
        keys = KEYS[:20]
        client = await self.watcher(gateway, *keys)
        for text in ("first", "second"):
            for key in keys:
                self.app.set(*key, f"{key[1]} {text}".ljust(5_000))
            await gateway.notify(*keys)
            self.assertEqual({row.rstrip() for row in await client.rows(len(keys))},
                             {f"{key[1]} {text}" for key in keys})
        self.assertEqual(self.app.batches, [20, 10, 10], "the second time it is known")
        self.assertEqual(len(self.app.fetches), 3 * len(keys))


class DyingApplicationTest(case.ProcessTest):

    async def test_application_killed_with_a_batch_in_flight(self):
        app = await self.counter_application(keys=50)
        gateway = await self.gateway(app, log={"level": "info"}, fetch=SOON, **ONE_SHARD)
        keys = [("items", str(number)) for number in range(50)]
        client = await self.watcher(gateway, *keys)
        app.database.answer_after(3600)
        for key in keys:
            app.database.change(key[1])
        await gateway.notify(*keys)
        await case.eventually("a batch is in flight", lambda: app.database.in_flight == len(keys))
        self.assertEqual(app.database.batches, 1)
        app.kill()
        app.database.answer_after(0)
        for key in keys:
            app.database.change(key[1])
        await app.start()
        self.assertEqual(set(await client.rows(len(keys))), {f"{key[1]}: 2" for key in keys})
        self.assertEqual(client.waiting(), 0)


if __name__ == "__main__":
    case.main()
