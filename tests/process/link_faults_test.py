"""The links between processes are slow, cut, or swallow everything."""

import grpc

from support import case
from support.scene import Scene

OK = grpc.StatusCode.OK
UNAVAILABLE = grpc.StatusCode.UNAVAILABLE
KEYS = [("items", str(number)) for number in range(20)]
SETTINGS = {"classic": {"snapshot": True}, "targets": {"app": {"timeout": "1s"}},
            "websocket": {"heartbeat_interval": "1s"}}
SLOW = {"up": 0.2, "down": 0.2}  # Seconds.


class LinkFaultsTest(case.ProcessTest):
    """Two replicas; each link of the first goes through a gate."""

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.app = await self.counter_application(len(KEYS))
        bus = await self.nats()
        self.to_bus = await self.gate(bus.address)
        self.to_app = await self.gate(self.app.address)
        self.gated = await self.gateway(self.app, bus, **SETTINGS | {
            "targets": {"app": {"address": [self.to_app.address], "timeout": "1s"}},
            "bus": {"nats": {"urls": [f"nats://{self.to_bus.address}"]}}})
        self.other = await self.gateway(self.app, bus, **SETTINGS)
        self.to_gateway = await self.gate(self.gated.address)
        self.behind = [self.viewer([self.to_gateway.address], KEYS) for _ in range(5)]
        viewers = self.behind + [self.viewer([self.other.address], KEYS) for _ in range(5)]
        self.scene = Scene(self, self.app, [self.gated, self.other], viewers, KEYS)

    async def assert_survives(self, link, gate, is_slow, is_missed, **options):
        """Slow, cut, swallowing: each until the replica has noticed."""
        async def slow():
            gate.delay(**SLOW)
            await is_slow()

        async def cut():
            await gate.cut()
            await is_missed()

        async def black_hole():
            gate.black_hole()
            await is_missed()
        for fault in (slow, cut, black_hole):
            await self.scene.survives(f"{link}: {fault.__name__}", fault, gate.heal, **options)

    async def rows_arrive(self):
        """Of changes made from now on."""
        database = self.app.database
        numbers = {key_id: database.number(key_id) + 1 for _, key_id in KEYS}
        await case.eventually("rows arrive", lambda: all(
            viewer.has(numbers) for viewer in self.behind))

    async def test_between_gateway_and_nats(self):
        async def is_missed():
            await self.scene.writers.answered(UNAVAILABLE, len(KEYS) // 2)
            await self.gated.not_ready("bus")
            await self.scene.writers.answered(OK, len(KEYS))  # By the other; this one is deaf.
        await self.assert_survives("gateway - nats", self.to_bus, self.rows_arrive, is_missed,
                                   is_all_owed=False)

    async def test_between_gateway_and_application(self):
        async def is_missed():
            failed = await self.gated.metric("fetches_total", result="failed")
            await self.gated.metric_becomes(
                "fetches_total", lambda now: now >= failed + 2 * len(KEYS), result="failed")
        await self.assert_survives("gateway - application", self.to_app, self.rows_arrive,
                                   is_missed)

    async def test_between_clients_and_gateway(self):
        async def is_missed():
            await self.gated.metric_becomes("connections", 0)
        await self.assert_survives("client - gateway", self.to_gateway, self.rows_arrive,
                                   is_missed)


if __name__ == "__main__":
    case.main()
