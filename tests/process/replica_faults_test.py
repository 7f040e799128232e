"""Replicas that are killed, restarted, drained."""

import asyncio
import signal

from support import case, http
from support.websocket import Client, Refused, upgrade_request
from support.writers import Reader, Writers

KEYS = [("items", str(number)) for number in range(10)]
LONG = {"drain": {"unready_delay": "0s", "window": "30m", "timeout": "1h"}}


class KilledTest(case.ProcessTest):

    async def test_clients_of_other_replicas_notice_nothing(self):
        app = await self.application()
        nats = await self.nats()
        staying, killed = [await self.gateway(app, nats, classic={"snapshot": True})
                           for _ in range(2)]
        reader = Reader(await self.watcher(staying, *KEYS))
        self.addAsyncCleanup(reader.stop)
        writers = Writers(app, [staying], KEYS)
        self.addAsyncCleanup(writers.stop)
        for _ in range(2):
            lost = await self.watcher(killed, *KEYS)
            killed.kill()
            self.assertEqual((await lost.closed())[0], 1006)
            confirmed = dict(writers.confirmed)
            await case.eventually("changes go on", lambda before=confirmed: all(
                writers.confirmed[key] > before[key] for key in KEYS))
            await killed.start()
        back = Reader(await self.watcher(killed, *KEYS))  # As a client that reconnects.
        self.addAsyncCleanup(back.stop)
        await writers.stop()
        await writers.all_reached([reader, back])
        self.assertTrue(reader.client.is_open)

    async def test_paused_replica_catches_up(self):
        app = await self.application()
        nats = await self.nats()
        staying, paused = [await self.gateway(app, nats) for _ in range(2)]
        readers = [Reader(await self.watcher(gateway, *KEYS)) for gateway in (staying, paused)]
        for reader in readers:
            self.addAsyncCleanup(reader.stop)
        writers = Writers(app, [staying], KEYS)
        self.addAsyncCleanup(writers.stop)
        paused.pause()
        confirmed = dict(writers.confirmed)
        await case.eventually("changes go on", lambda: all(
            writers.confirmed[key] > confirmed[key] + 5 for key in KEYS))
        await writers.stop()
        paused.resume()
        await writers.all_reached(readers)


class LogTest(case.ProcessTest):

    async def test_log_that_cannot_be_written_harms_nobody(self):
        app = await self.application()
        gateway = self.new_gateway(app)
        gateway.output = "/dev/full"
        await gateway.start_without_log()
        client = await self.watcher(gateway, ("items", "1"), ("items", "2"))
        for number in range(10):
            client.subscribe("nobody", "1")
            app.set("items", "1", f"{number}")
            await gateway.notify(("items", "1"))
            self.assertEqual(await client.rows(), [f"{number}"])


class DrainTest(case.ProcessTest):

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.app = await self.application()

    async def test_drain_in_its_order(self):
        gateway = await self.gateway(self.app, drain={
            "unready_delay": "3s", "window": "2s", "timeout": "60s"})
        clients = [await self.watcher(gateway, ("items", "1")) for _ in range(60)]
        gateway.send(signal.SIGTERM)
        await gateway.not_ready("draining")
        late = await self.client(gateway)  # The balancer has not noticed yet: still served.
        closed_at = await asyncio.gather(*(self.close_time(client) for client in clients))
        await late.closed()
        self.assertEqual(await gateway.ended(), 0)
        # Spread over the window, not all at once.
        self.assertGreater(max(closed_at) - min(closed_at), 0.5)

    async def close_time(self, client):
        self.assertEqual((await client.closed())[0], 1012)
        return asyncio.get_running_loop().time()

    async def test_changes_are_taken_and_delivered_until_the_last_client_left(self):
        gateway = await self.gateway(self.app, **LONG)
        client = await self.watcher(gateway, ("items", "1"))
        gateway.send(signal.SIGTERM)
        await gateway.not_ready("draining")
        await case.eventually("no new clients", lambda: self.is_refused(gateway))
        self.app.set("items", "1", "while draining")
        await gateway.notify(("items", "1"))
        self.assertEqual(await client.rows(), ["while draining"])
        client.close()
        self.assertEqual(await gateway.ended(), 0)

    async def is_refused(self, gateway):
        """Whether a new connection is answered 503 or not taken at all."""
        try:
            client = await Client.connect(gateway.address)
        except Refused as refused:
            self.assertEqual(refused.answer.status, 503)
            self.assertIn("retry-after", refused.answer.headers)
            return True
        except (OSError, asyncio.IncompleteReadError):
            return True
        await client.dispose()
        return False

    async def test_handshake_under_way_when_it_stops_accepting_is_503(self):
        gateway = await self.gateway(self.app, **LONG)
        await self.client(gateway)  # So that the drain does not end.
        reader, writer = await asyncio.open_connection(*http.split_address(gateway.address))
        request = upgrade_request(gateway.address)
        writer.write(request[:-2])
        gateway.send(signal.SIGTERM)
        await gateway.not_ready("draining")
        await case.eventually("no new clients", lambda: self.is_refused(gateway))
        writer.write(request[-2:])
        status, headers = await http.read_head(reader)
        writer.close()
        self.assertEqual((status, "retry-after" in headers), (503, True))
        gateway.send(signal.SIGTERM)
        self.assertEqual(await gateway.ended(), 0)

    async def test_second_sigterm_ends_it_now(self):
        gateway = await self.gateway(self.app, **LONG)
        client = await self.watcher(gateway, ("items", "1"))
        gateway.send(signal.SIGTERM)
        await gateway.not_ready("draining")
        self.assertTrue(client.is_open)
        gateway.send(signal.SIGTERM)
        self.assertEqual((await client.closed())[0], 1012)
        self.assertEqual(await gateway.ended(), 0)

    async def test_second_sigterm_during_the_unready_delay(self):
        gateway = await self.gateway(self.app, drain={
            "unready_delay": "10m", "window": "0s", "timeout": "1h"})
        client = await self.client(gateway)
        gateway.send(signal.SIGTERM)
        await gateway.not_ready("draining")
        gateway.send(signal.SIGTERM)
        self.assertEqual((await client.closed())[0], 1012)
        self.assertEqual(await gateway.ended(), 0)

    async def test_sigint_ends_it_at_once(self):
        gateway = await self.gateway(self.app, **LONG)
        client = await self.watcher(gateway, ("items", "1"))
        gateway.send(signal.SIGINT)
        self.assertEqual((await client.closed())[0], 1012)
        self.assertEqual(await gateway.ended(), 0)

    async def test_timeout_cuts_clients_that_do_not_answer_the_close(self):
        gateway = await self.gateway(self.app, drain={
            "unready_delay": "0s", "window": "0s", "timeout": "1s"},
            websocket={"close_timeout": "10m"})
        client = await self.client(gateway, answers=False, reading=False)
        self.assertEqual(await gateway.stop(), 0)
        client.start_reading()
        self.assertEqual((await client.closed())[0], 1012)

    async def test_drain_of_an_idle_gateway_and_of_one_without_nats(self):
        now = {"unready_delay": "0s", "window": "10m", "timeout": "1h"}
        idle = await self.gateway(self.app, drain=now)
        self.assertEqual(await idle.stop(), 0)
        nats = await self.nats()
        orphan = await self.gateway(self.app, nats, drain=now)
        nats.kill()
        await orphan.not_ready("bus")
        self.assertEqual(await orphan.stop(), 0)

    async def test_rolling_restart_under_load_loses_nothing(self):
        nats = await self.nats()
        gateways = [await self.gateway(self.app, nats, classic={"snapshot": True}, drain={
            "unready_delay": "100ms", "window": "500ms", "timeout": "60s"}) for _ in range(2)]
        writers = Writers(self.app, gateways, KEYS)
        self.addAsyncCleanup(writers.stop)
        readers = [await self.new_reader(gateways[number % 2]) for number in range(10)]
        for turn, leaving in enumerate(gateways):
            stopping = asyncio.create_task(leaving.stop(signal.SIGTERM))
            for number, reader in enumerate(readers):
                if number % 2 == turn or turn == 1:  # In the second turn all are on this one.
                    self.assertEqual((await reader.client.closed())[0], 1012)
                    readers[number] = await self.new_reader(gateways[1 - turn])
            self.assertEqual(await stopping, 0)
            await leaving.start()
        await writers.stop()
        self.assertTrue(all(writers.confirmed.values()))
        await writers.all_reached(readers)

    async def new_reader(self, gateway):
        client = await self.client(gateway)
        for entity, key_id in KEYS:
            client.subscribe(entity, key_id)
        reader = Reader(client)
        self.addAsyncCleanup(reader.stop)
        return reader


if __name__ == "__main__":
    case.main()
