"""A NATS cluster of three, a replica at each server; the routes go through gates."""

import grpc

from support import case
from support.nats import cluster_config
from support.scene import Scene

OK = grpc.StatusCode.OK
UNAVAILABLE = grpc.StatusCode.UNAVAILABLE
KEYS = [("items", str(number)) for number in range(20)]
PROBE = ("items", str(len(KEYS)))  # Watched by all, changed by no writer.
SETTINGS = {"classic": {"snapshot": True}}


class NatsClusterTest(case.ProcessTest):

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.app = await self.counter_application(len(KEYS) + 1)
        self.servers, self.routes = await self.cluster()
        self.replicas = [await self.gateway(self.app, server, **SETTINGS)
                         for server in self.servers]
        self.viewers = [[self.viewer([replica.address], [*KEYS, PROBE]) for _ in range(3)]
                        for replica in self.replicas]
        self.scene = Scene(self, self.app, self.replicas, sum(self.viewers, []), KEYS)

    async def cluster(self):
        """Three servers, and the gate of each pair: the first of a pair makes the route."""
        ports = [case.free_port() for _ in range(3)]
        gates = {pair: await self.gate(f"127.0.0.1:{ports[pair[1]]}")
                 for pair in ((0, 1), (0, 2), (1, 2))}
        servers = [await self.nats(config=cluster_config(
            ports[number], [gate.address for pair, gate in gates.items() if pair[0] == number]))
            for number in range(3)]
        for gate in gates.values():
            await case.eventually("the route is there", lambda each=gate: each.connections == 1)
        return servers, gates

    async def hears(self, listener, teller):
        """Whether the clients of one replica soon get a change told at another."""
        self.app.database.change(PROBE[1])
        await self.replicas[teller].notify_until_ok(PROBE)
        wanted = {PROBE[1]: self.app.database.number(PROBE[1])}
        try:
            await case.eventually("it arrives", lambda: all(
                viewer.has(wanted) for viewer in self.viewers[listener]), 0.3)
        except AssertionError:
            return False
        return True

    async def is_parted(self):
        return not await self.hears(1, 0) and not await self.hears(0, 1)

    async def is_joined(self):
        return await self.hears(0, 1) and await self.hears(1, 0)

    async def lose_route(self, name, gate, break_it):
        """The first two servers hear no more of each other, while both hear the third."""
        async def fault():
            await break_it()
            await case.eventually("they hear no more of each other", self.is_parted)
            await self.scene.writers.answered(OK, 10 * len(KEYS))
            for replica in self.replicas:  # No connection of theirs is lost: none can see it.
                self.assertTrue(await replica.is_ready())
                self.assertEqual(await replica.metric("bus_disconnects_total"), 0)

        await self.scene.survives(name, fault, gate.heal)
        await case.eventually("the route is there again", lambda: gate.connections == 1)
        await case.eventually("they hear each other again", self.is_joined)

    async def test_lost_route_is_cut(self):
        gate = self.routes[0, 1]
        await self.lose_route("route cut", gate, gate.cut)

    async def test_lost_route_swallows_everything(self):
        gate = self.routes[0, 1]

        async def black_hole():
            accepted = gate.accepted
            gate.black_hole()
            # What it swallowed is lost once the servers have given the old connection up.
            await case.eventually("the route is made anew", lambda: gate.accepted > accepted)
        await self.lose_route("route swallows", gate, black_hole)

    async def test_lost_node(self):
        server, replica = self.servers[1], self.replicas[1]

        async def fault():
            server.kill()
            await replica.not_ready("bus")
            await self.scene.writers.answered(UNAVAILABLE, len(KEYS) // 3)
            await self.scene.writers.answered(OK, len(KEYS))  # By the other two.

        await self.scene.survives("node killed", fault, server.start, is_all_owed=False)
        self.assertEqual(sum(len(each.ends) for each in sum(self.viewers, [])), 0)


if __name__ == "__main__":
    case.main()
