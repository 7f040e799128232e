"""NATS away, killed, paused and restarted."""

import grpc

from support import case
from support.writers import Reader, Writers

OK = grpc.StatusCode.OK
UNAVAILABLE = grpc.StatusCode.UNAVAILABLE
KEYS = [("items", str(number)) for number in range(20)]
IMPATIENT = {"bus": {"nats": {"ping_interval": "500ms", "reconnect_wait": "100ms",
                              "write_deadline": "500ms"}},
             "front": {"notify_timeout": "500ms"}}


class AwayAtStartTest(case.ProcessTest):

    async def test_gateway_starts_and_becomes_ready_when_nats_comes(self):
        app = await self.application()
        nats = await self.nats(running=False)
        gateway = await self.gateway(app, nats, ready=False)
        await gateway.not_ready("the bus is not connected")
        client = await self.watcher(gateway, ("items", "1"))
        self.assertEqual((await gateway.notify_status(("items", "1")))[0], UNAVAILABLE)
        await nats.start()
        await gateway.ready()
        row = "there at last"
        app.set("items", "1", row)
        await gateway.notify(("items", "1"))
        await client.until(row)


class NatsFaultsTest(case.ProcessTest):

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.app = await self.application()
        self.bus = await self.nats()

    async def two_replicas_with_readers(self):
        gateways = [await self.gateway(self.app, self.bus, **IMPATIENT) for _ in range(2)]
        readers = []
        for gateway in gateways:
            readers.append(Reader(await self.watcher(gateway, *KEYS)))
            self.addAsyncCleanup(readers[-1].stop)
        return gateways, readers

    async def assert_survives(self, *faults):
        """Calls in flight all the time while the faults happen one after the other."""
        gateways, readers = await self.two_replicas_with_readers()
        writers = Writers(self.app, gateways, KEYS)
        self.addAsyncCleanup(writers.stop)
        await writers.answered(OK, 50)
        for fault in faults:
            await fault(gateways, writers)
            for gateway in gateways:
                await gateway.ready()
            await writers.answered(OK, 50)
        await writers.stop()
        await writers.all_reached(readers)
        self.assertEqual(set(writers.answers) - {OK, UNAVAILABLE}, set())
        for reader in readers:
            self.assertTrue(reader.client.is_open, "clients stay connected")

    async def kill_and_restart(self, gateways, writers):
        self.bus.kill()
        await writers.answered(UNAVAILABLE, 2 * len(KEYS))
        for gateway in gateways:
            await gateway.not_ready("bus")
        await self.bus.start()

    async def restart_at_once(self, gateways, writers):
        before = [await gateway.metric("bus_disconnects_total") for gateway in gateways]
        self.bus.kill()
        await self.bus.start()
        for gateway, count in zip(gateways, before):
            await gateway.metric_becomes("bus_disconnects_total", lambda now, was=count: now > was)

    async def pause_for_long(self, gateways, writers):
        self.bus.pause()
        await writers.answered(UNAVAILABLE, 2 * len(KEYS))
        for gateway in gateways:
            await gateway.not_ready("bus")
        self.bus.resume()

    async def pause_for_a_moment(self, gateways, writers):
        self.bus.pause()
        await writers.answered(UNAVAILABLE, 1)
        self.bus.resume()

    async def test_killed_with_calls_in_flight(self):
        await self.assert_survives(self.kill_and_restart, self.kill_and_restart)

    async def test_restarted_at_once_with_calls_in_flight(self):
        await self.assert_survives(*[self.restart_at_once] * 3)

    async def test_paused_with_calls_in_flight(self):
        await self.assert_survives(self.pause_for_a_moment, self.pause_for_long,
                                   self.pause_for_a_moment)

    async def test_all_watched_keys_are_revalidated_after_a_reconnect(self):
        gateway = await self.gateway(self.app, self.bus, fetch={"revalidate_in_flight": 4})
        keys = [("items", str(number)) for number in range(200)]
        client = await self.watcher(gateway, *keys)
        self.bus.kill()
        await gateway.not_ready("bus")
        for entity, key_id in keys:  # Changed, and nobody could be told.
            self.app.set(entity, key_id, f"new {key_id}")
        self.app.hold()
        await self.bus.start()
        await case.eventually("as many fetches as allowed", lambda: self.app.in_flight() == 4)
        self.app.release()
        self.assertEqual(set(await client.rows(len(keys))), {f"new {key_id}" for _, key_id in keys})
        self.assertEqual({fetch.reason for fetch in self.app.fetches}, {"revalidate"})
        self.assertEqual((len(self.app.fetches), self.app.most_in_all), (len(keys), 4))

    async def test_change_lost_between_two_replicas_is_made_good(self):
        # One replica hears nothing for a while and cannot know it: the other's numbers tell it.
        talking, deaf = [await self.gateway(self.app, self.bus, **IMPATIENT) for _ in range(2)]
        client = await self.watcher(deaf, *KEYS)
        deaf.pause()
        for entity, key_id in KEYS:
            self.app.set(entity, key_id, f"new {key_id}")
        await talking.notify_until_ok(*KEYS)
        self.bus.kill()  # With what it held for the other.
        await self.bus.start()
        deaf.resume()
        self.assertEqual(set(await client.rows(len(KEYS))), {f"new {key_id}" for _, key_id in KEYS})


if __name__ == "__main__":
    case.main()
