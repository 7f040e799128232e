"""Each process in turn killed and started again, and stopped for longer than all timeouts."""

import asyncio

import grpc

from support import case
from support.scene import Scene

UNAVAILABLE = grpc.StatusCode.UNAVAILABLE
KEYS = [("items", str(number)) for number in range(20)]
# Seconds: more than two pings of NATS, than its write deadline, than two heartbeats of the replicas
# and than a fetch may take. The length of the fault; nothing is waited for.
STOPPED_FOR = 7
SETTINGS = {"classic": {"snapshot": True}, "targets": {"app": {"timeout": "1s"}}}


class ProcessFaultsTest(case.ProcessTest):

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.app = await self.counter_application(len(KEYS))
        self.bus = await self.nats()
        self.replicas = [await self.gateway(self.app, self.bus, **SETTINGS) for _ in range(2)]
        here, there = [replica.address for replica in self.replicas]
        self.viewers = [self.viewer(addresses, KEYS)
                        for addresses in ([here, there], [there, here]) for _ in range(5)]
        self.scene = Scene(self, self.app, self.replicas, self.viewers, KEYS)

    # How each fault is noticed.

    async def bus_is_missed(self):
        """G7: no OK any more; both replicas say so."""
        await self.scene.writers.answered(UNAVAILABLE, 2 * len(KEYS))
        for replica in self.replicas:
            await replica.not_ready("bus")

    async def application_is_missed(self):
        for replica in self.replicas:
            failed = await replica.metric("fetches_total", result="failed")
            await replica.metric_becomes(
                "fetches_total", lambda now, was=failed: now >= was + 2 * len(KEYS),
                result="failed")

    # Killed.

    async def test_replica_is_killed_and_started(self):
        killed = self.replicas[0]

        async def fault():
            killed.kill()
            await case.eventually("its clients are with the other", lambda: all(
                viewer.is_complete() for viewer in self.viewers))
        for name in ("replica killed", "replica killed again"):
            await self.scene.survives(name, fault, killed.start, is_all_owed=False)

    async def test_nats_is_killed_and_started(self):
        async def fault():
            self.bus.kill()
            await self.bus_is_missed()
        await self.scene.survives("nats-server killed", fault, self.bus.start)
        self.assertEqual(sum(len(viewer.ends) for viewer in self.viewers), 0)

    async def test_application_is_killed_and_started(self):
        async def fault():
            self.app.kill()
            await self.application_is_missed()
        await self.scene.survives("application killed", fault, self.app.start)
        self.assertEqual(sum(len(viewer.ends) for viewer in self.viewers), 0)

    # Stopped.

    async def survives_being_stopped(self, name, process, noticed, **options):
        async def fault():
            process.pause()
            self.addCleanup(process.resume)  # Else a test that fails could not end it.
            await noticed()

        async def heal():
            process.resume()
        await self.scene.survives(f"{name} stopped", fault, heal, **options)

    async def test_replica_is_stopped_for_longer_than_all_timeouts(self):
        async def noticed():
            await asyncio.sleep(STOPPED_FOR)
        await self.survives_being_stopped("replica", self.replicas[0], noticed, is_all_owed=False,
                                          stopped=self.replicas[0])

    async def test_nats_is_stopped_until_the_replicas_have_given_it_up(self):
        await self.survives_being_stopped("nats-server", self.bus, self.bus_is_missed)

    async def test_application_is_stopped_until_fetches_time_out(self):
        await self.survives_being_stopped("application", self.app, self.application_is_missed)


if __name__ == "__main__":
    case.main()
