"""Thousands of changes of one key cost a handful of fetches."""

import asyncio
import math

from support import case

KEY = ("items", "1")
CALLS, CHANGES = 100, 100  # Of so many changes each, all at once.
FETCH_TAKES = 0.02
BURST = 0.1  # What the whole burst is to take, in seconds, from the first call to the last answer.
SPREAD = 0.08  # Over which the calls begin.
FETCHES = 8  # At most, per replica and scope, for a burst that takes no longer.
ATTEMPTS = 20


class CoalescingTest(case.ProcessTest):

    async def test_burst_of_10000_changes_of_one_key(self):
        self.app = await self.application()
        self.app.seconds = FETCH_TAKES
        nats = await self.nats()
        # Debug lines would be most of the work.
        replicas = [await self.gateway(self.app, nats, log={"level": "info"}) for _ in range(2)]
        # Secrets of their own, by which fetches of the two replicas are told apart.
        self.scopes = [self.new_secret() for _ in range(4)]
        clients = [await self.watcher_with(scope, replicas[number % 2])
                   for number, scope in enumerate(self.scopes)]
        for attempt in range(ATTEMPTS):
            took = await self.burst(attempt, replicas, clients)
            if took <= BURST:
                return
        # This machine is too slow or too busy for the burst as it is meant; what longer ones may
        # cost was checked all the same.
        print(f"  no burst within {BURST} s", flush=True)

    async def watcher_with(self, scope, gateway):
        before = await gateway.metric("subscriptions")
        client = await self.client(gateway)
        client.secret(scope)
        client.subscribe(*KEY)
        await gateway.watches(before + 1)
        return client

    async def burst(self, attempt, replicas, clients):
        """Returns how long it took. Allowed are as many fetches as fit in, one behind the other,
        and three more: one under way at the first change, one at the last, and the one after it."""
        self.app.fetches.clear()
        self.app.most_at_once.clear()
        now = asyncio.get_running_loop().time
        begin = now()
        calls = [self.call(f"attempt {attempt} call {number}", replicas[number % 2],
                           number * SPREAD / CALLS) for number in range(CALLS)]
        await asyncio.gather(*calls)
        took = now() - begin
        for client in clients:  # The last row that was written before a call that was answered OK.
            await client.until(f"attempt {attempt} call {CALLS - 1}")
        counts = [self.app.count(*KEY, scope.encode()) for scope in self.scopes]
        print(f"  {CALLS * CHANGES} changes in {took * 1000:.0f} ms: fetches {counts}", flush=True)
        self.assertLessEqual(max(counts), math.ceil(took / FETCH_TAKES) + 3)
        if took <= BURST:
            self.assertLessEqual(max(counts), FETCHES)
        self.assertEqual(set(self.app.most_at_once.values()), {1})
        self.assertEqual([client.waiting() for client in clients], [0] * len(clients))
        return took

    async def call(self, row, gateway, after):
        await asyncio.sleep(after)
        self.app.set(*KEY, row)
        await gateway.notify(*[KEY] * CHANGES)


if __name__ == "__main__":
    case.main()
