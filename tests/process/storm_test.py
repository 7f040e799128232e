"""Ten thousand clients lose their replica and come back at once."""

import asyncio

from support import case
from support.application import REASONS
from support.crowd import Crowd

CLIENTS = 2_000 if case.SANITIZED else 10_000
CAP = 32  # Fetches at a time, per replica.
PAIRS = 200  # Distinct (key, secret) where clients share them.
CHANGED = 50  # Keys changed while nobody could be told.

# Until the last of them has the present state again, in seconds from the kill.
BACK = 120 if case.SANITIZED else 45


class StormTest(case.ProcessTest):

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.bus = await self.nats()

    async def replica(self, app):
        return await self.gateway(app, self.bus, classic={"snapshot": True},
                                  log={"level": "info"}, targets={"app": {"max_in_flight": CAP}})

    async def crowd(self, app, addresses, keys, secrets):
        crowd = Crowd(app.database)
        self.addAsyncCleanup(crowd.stop)
        await crowd.start(CLIENTS, addresses, keys, secrets)
        return crowd

    async def all_are_current(self, crowd, timeout=case.PATIENCE):
        async def are():
            return (await crowd.status())["current"] == CLIENTS
        try:
            await case.eventually("all have the present state", are, timeout)
        except AssertionError as error:
            raise AssertionError(f"{error}: {await crowd.status()}") from None

    async def assert_survives_the_storm(self, keys, secrets=0):
        """All hang on one of two replicas, which is killed; the other gets them all at once. The
        pairs are as many as the larger of both numbers, which divides by the other."""
        pairs = max(keys, secrets)
        app = await self.counter_application(keys)
        app.database.answer_after(0.005)
        killed, staying = [await self.replica(app) for _ in range(2)]
        crowd = await self.crowd(app, [killed.address], keys, secrets)
        await self.all_are_current(crowd)
        self.assertEqual(app.database.fetches, pairs)  # G6 for a first storm.
        self.assertLessEqual(app.database.most_in_flight, CAP)
        self.assertEqual(await killed.metric("connections"), CLIENTS)

        # The staying one must have heard the other to notice its silence.
        await killed.notify(("items", "nobody watches this"))
        await staying.metric_becomes("changes_received_total", lambda heard: heard >= 1)

        # Only now, so that nobody who connects slowly at first goes to the other.
        await crowd.move([killed.address, staying.address])
        app.database.count_anew()
        now = asyncio.get_running_loop().time
        begin = now()
        killed.kill()
        for key in range(CHANGED):
            app.database.change(key)
        await staying.notify(*[("items", str(key)) for key in range(CHANGED)])
        await self.all_are_current(crowd, BACK)
        took = now() - begin
        fetched = app.database.fetches
        gaps = await staying.metric("bus_gaps_total", cause="silence")
        # The killed replica said no goodbye: after two heartbeats what is watched is checked once.
        await staying.metric_becomes("bus_gaps_total", lambda gaps: gaps >= 1, cause="silence")
        counts = {reason: app.database.fetches_for(reason) for reason in REASONS}
        print(f"  {pairs} pairs: all {CLIENTS} current {took:.1f} s after the kill; fetches"
              f" {counts}, {app.database.most_in_flight} at once", flush=True)
        self.assertLessEqual(app.database.most_in_flight, CAP)
        self.assertGreaterEqual(counts["snapshot"] + counts["change"], pairs)
        # What is watched then is suspect and asked about once more: by the revalidation, or, where a
        # client comes before its turn, as the snapshot of that client.
        owed = pairs + CHANGED * pairs // keys
        self.assertLessEqual(sum(counts.values()), owed + pairs)
        if gaps == 0:
            self.assertLessEqual(fetched, owed)
        self.assertLessEqual(counts["revalidate"], pairs)
        status = await crowd.status()
        self.assertEqual(status["regressions"], 0)
        self.assertEqual(await staying.metric("connections"), CLIENTS)
        self.assertEqual(await staying.metric("subscriptions"), CLIENTS)

    async def test_clients_that_share_secrets_and_keys(self):
        await self.assert_survives_the_storm(keys=PAIRS // 2, secrets=PAIRS)

    async def test_clients_with_a_key_of_their_own(self):
        await self.assert_survives_the_storm(keys=CLIENTS)


if __name__ == "__main__":
    case.main(descriptors=CLIENTS + 1_000)
