"""v1: subscriptions that come and go, a thousand times a second on one connection."""

import asyncio

from support import case
from support.heap_meter import HeapMeter

KEYS = [("items", str(i)) for i in range(20)]
AT_ONCE = 7
CHURNS = 5_000
KIB = 1024


class ChurnTest(case.ProcessTest):

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.app = await self.application()
        for key in KEYS:
            self.app.set(*key, "0")

    async def churn(self, client, count):
        """Subscribes and unsubscribes so often, some at a time, and looks at every answer and
        state."""
        live = set()
        for number in range(count + AT_ONCE):
            if number < count:
                client.subscribe(KEYS[number % len(KEYS)])
            if number >= AT_ONCE:
                client.unsubscribe(KEYS[(number - AT_ONCE) % len(KEYS)])
            if number % 50 == 0:
                self.assert_no_ghosts(live, await client.fence())
        self.assert_no_ghosts(live, await client.fence())
        self.assertEqual(live, set())

    def assert_no_ghosts(self, live, events):
        """Nothing of a key comes but between its `subscribed` and its `unsubscribed`."""
        for event in events:
            if event["event"] == "subscribed":
                self.assertEqual([result["code"] for result in event["results"]], ["OK"])
                live.update((result["entity"], result["id"]) for result in event["results"])
            elif event["event"] == "unsubscribed":
                live.difference_update((key["entity"], key["id"]) for key in event["keys"])
            else:
                self.assertEqual(event["event"], "state")
                self.assertIn((event["entity"], event["id"]), live)

    async def change_all(self, gateway, row):
        for key in KEYS:
            self.app.set(*key, row)
        await gateway.notify(*KEYS)

    async def test_no_ghost_is_heard_while_everything_changes(self):
        gateway = await self.gateway(self.app)
        client, watcher = await self.v1(gateway), await self.v1(gateway)
        await watcher.subscribed(*KEYS)

        changes = 0

        async def keep_changing():
            nonlocal changes
            while True:
                changes += 1
                await self.change_all(gateway, str(changes))
        changing = asyncio.create_task(keep_changing())
        await self.churn(client, CHURNS // 2)
        self.assertFalse(changing.done(), "nothing changed any more")
        changing.cancel()
        self.assertGreater(changes, 3)

        # Who stays is told; by then a ghost would have been, too.
        await gateway.metric_becomes("subscriptions", len(KEYS))
        await self.change_all(gateway, '"the end"')
        while {rows[0] for _, rows in watcher.shown.values()} != {"the end"}:
            await watcher.next()
        self.assertEqual(await client.fence(), [])

    async def test_a_thousand_a_second_keep_within_the_limits(self):
        gateway = await self.gateway(self.app)
        client = await self.v1(gateway)
        # A thousand a second are two thousand messages: what comes faster than that is paid by the
        # burst, of which this is the half.
        loop = asyncio.get_running_loop()
        start = loop.time()
        await self.churn(client, CHURNS)
        rate = CHURNS / (loop.time() - start)
        print(f"  {rate:.0f} subscriptions a second came and went", flush=True)
        await gateway.metric_becomes("subscriptions", 0)
        await gateway.metric_becomes("watched_keys", 0)
        self.assertGreaterEqual(client.welcome["limits"]["messagesPerSecond"], 2_000)

    async def metered(self):
        """A gateway without limits, and what it holds."""
        meter = HeapMeter(self.folder)
        gateway = self.new_gateway(self.app, workers=1,
                                   websocket={"max_messages_per_second": 0})
        gateway.environment = meter.environment
        await gateway.start()
        return gateway, meter

    @case.unittest.skipIf(case.SANITIZED, "sanitizers have an allocator of their own")
    async def test_nothing_is_kept(self):
        gateway, meter = await self.metered()
        client = await self.v1(gateway)
        await self.churn(client, CHURNS)  # What grows once and is used again has grown.
        await gateway.metric_becomes("watched_keys", 0)
        before = await meter.floor(200)
        for _ in range(3):
            await self.churn(client, CHURNS)
        await gateway.metric_becomes("watched_keys", 0)
        grown = await meter.floor(200) - before
        print(f"  {grown} bytes more after {3 * CHURNS} subscriptions", flush=True)
        self.assertLess(grown, 3 * CHURNS)

    @case.unittest.skipIf(case.SANITIZED, "sanitizers have an allocator of their own")
    async def test_nothing_is_kept_of_rates_that_change(self):
        gateway, meter = await self.metered()
        client = await self.v1(gateway)
        await client.subscribed(KEYS[0], maxRate=0.001)
        await client.event("state")
        await self.change_all(gateway, "1")  # Held back from here on, each time for less long.
        await gateway.metric_becomes("deliveries_total", 2)

        async def update(numbers):
            for number in numbers:  # One at a time, so that each is thought about.
                answer = await client.asked("update", {"entity": KEYS[0][0], "id": KEYS[0][1],
                                                       "maxRate": 0.001 + number * 1e-7})
                self.assertEqual(answer["event"], "updated")
        await update(range(1_000))
        before = await meter.floor(200)
        await update(range(1_000, 4_000))
        grown = await meter.floor(200) - before
        print(f"  {grown} bytes more after 3000 rates", flush=True)
        self.assertLess(grown, 3_000)
        self.assertEqual(await client.fence(), [])


if __name__ == "__main__":
    case.main()
