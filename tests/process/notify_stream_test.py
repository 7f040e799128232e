"""Streams of NotifyChanges: thousands of changes, faults, and producers that behave badly."""

import asyncio
import signal

import grpc

from support import case
from support.heap_meter import HeapMeter
from support.notify_stream import Producer, Stream
from support.scene import ANSWERED_WITHIN

OK = grpc.StatusCode.OK
UNAVAILABLE = grpc.StatusCode.UNAVAILABLE
UNAUTHENTICATED = grpc.StatusCode.UNAUTHENTICATED

KEYS = [("items", str(number)) for number in range(50)]


class NotifyStreamTest(case.ProcessTest):

    def stream(self, gateway, **options):
        stream = Stream(gateway.channel, **options)
        self.addCleanup(stream.cancel)
        return stream

    async def settled_requests(self, gateway):
        return sum([await gateway.metric("notify_stream_requests_total", result=result)
                    for result in ("ok", "invalid", "unavailable")])

    async def test_thousands_of_changes_reach_the_clients_of_all_replicas(self):
        app = await self.counter_application(len(KEYS))
        nats = await self.nats()
        gateways = [await self.gateway(app, nats, classic={"snapshot": True}) for _ in range(2)]
        viewers = [self.viewer([gateway.address], KEYS) for gateway in gateways]
        await case.eventually("the snapshots are there",
                              lambda: all(viewer.is_complete() for viewer in viewers))
        stream = self.stream(gateways[0])
        for round_number in range(100):
            for entity, key_id in KEYS:
                app.database.change(key_id)
                await stream.send((entity, key_id))
        await stream.settled()
        last = {key_id: app.database.number(key_id) for _, key_id in KEYS}
        await case.eventually("all have the last state",
                              lambda: all(viewer.newest == last for viewer in viewers))
        self.assertEqual(stream.failures, [])
        self.assertEqual(await gateways[0].metric("notify_changes_total"), 100 * len(KEYS))
        published = await gateways[0].metric("bus_messages_published_total")
        print(f"  {100 * len(KEYS)} requests: {stream.responses} responses, {published:.0f} bus"
              " messages", flush=True)
        self.assertEqual(await stream.close(), (OK, ""))

    async def test_bad_change_in_the_middle_costs_its_own_request_only(self):
        gateway = await self.gateway(await self.application())
        stream = self.stream(gateway)
        await stream.send(("items", "1"))
        bad = await stream.send(("items", "2"), ("items", ""))
        unknown_bytes = await stream.send(("items", "3"), ("it\0ms", "3"))
        await stream.send(("items", "4"))
        await stream.settled()
        self.assertEqual([(failure.sequence, failure.code) for failure in stream.failures],
                         [(bad, 3), (unknown_bytes, 3)])
        self.assertIn('changes[1] {"items", ""}', stream.failures[0].message)
        self.assertEqual(await gateway.metric("notify_changes_total"), 2)
        self.assertEqual(await stream.close(), (OK, ""))

    async def test_without_nats_requests_fail_in_time_and_the_stream_lives_on(self):
        nats = await self.nats()
        gateway = await self.gateway(await self.application(), nats)
        stream = self.stream(gateway)
        await stream.send(("items", "1"))
        await stream.settled()
        nats.kill()
        await gateway.not_ready("bus")
        now = asyncio.get_running_loop().time
        for _ in range(3):
            begin = now()
            for number in range(100):
                await stream.send(("items", str(number)))
            await stream.settled()
            self.assertLessEqual(now() - begin, ANSWERED_WITHIN)
        self.assertEqual({failure.code for failure in stream.failures}, {14})
        self.assertEqual(len(stream.failures), 300)
        self.assertIn("retry", stream.failures[0].message)
        # Faults of a request itself are still told at once.
        await stream.send(("items", ""))
        await stream.settled()
        self.assertEqual(stream.failures[-1].code, 3)
        await nats.start()
        await gateway.ready()
        await stream.send(("items", "1"))
        await stream.settled()
        self.assertEqual(len(stream.failures), 301)

    async def test_bus_that_comes_back_in_time_takes_what_waited(self):
        nats = await self.nats()
        gateway = await self.gateway(await self.application(), nats,
                                     front={"notify_timeout": "60s"})
        stream = self.stream(gateway)
        nats.kill()
        await gateway.not_ready("bus")
        for number in range(100):
            await stream.send(("items", str(number)))
        await nats.start()
        await stream.settled()
        self.assertEqual(stream.failures, [])


class EndTest(case.ProcessTest):
    """How a gateway ends streams by itself: saying why, and what to do."""

    async def ends(self, gateway, end):
        streams = [Stream(gateway.channel) for _ in range(3)]
        for stream in streams:
            for number in range(10):
                await stream.send(("items", str(number)))
            await stream.settled()
        await end()
        for stream in streams:
            code, details = await stream.ended()
            self.assertEqual((code, stream.acknowledged, stream.failures), (UNAVAILABLE, 10, []))
            self.assertIn("send what was not acknowledged again", details)

    async def test_drain(self):
        gateway = await self.gateway(await self.application(), await self.nats())

        async def drain():
            await gateway.metric_becomes("notify_streams", 3)
            self.assertEqual(await gateway.stop(signal.SIGTERM), 0)
        await self.ends(gateway, drain)

    async def test_age(self):
        gateway = await self.gateway(await self.application(), await self.nats(),
                                     front={"max_connection_age": "5s"})

        async def grow_old():
            pass
        await self.ends(gateway, grow_old)
        await gateway.metric_becomes("notify_streams", 0)


class ReplacedStreamTest(case.ProcessTest):
    """A producer goes on at another replica, and nothing is lost."""

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.app = await self.counter_application(len(KEYS))
        nats = await self.nats()
        self.gateways = [await self.gateway(self.app, nats, classic={"snapshot": True},
                                            drain={"unready_delay": "0s", "window": "0s"})
                         for _ in range(2)]
        self.viewers = [self.viewer([self.gateways[1].address], KEYS)]
        await case.eventually("the snapshots are there",
                              lambda: all(viewer.is_complete() for viewer in self.viewers))
        self.producer = Producer(self.gateways)
        self.addAsyncCleanup(self.producer.close)
        self.running = True
        self.sent = 0

    async def write(self):
        while self.running:
            for entity, key_id in KEYS:
                self.app.database.change(key_id)
                await self.producer.send((entity, key_id))
                self.sent += 1

    async def survives(self, end):
        writing = asyncio.create_task(self.write())
        self.addCleanup(writing.cancel)
        await case.eventually("changes come", lambda: self.sent > 1_000)
        await end(self.gateways[0])
        await case.eventually("another stream was opened", lambda: self.producer.ends)
        before = self.sent
        await case.eventually("changes go on", lambda: self.sent > before + 1_000)
        self.running = False
        await writing
        await self.producer.confirmed()
        last = {key_id: self.app.database.number(key_id) for _, key_id in KEYS}
        await case.eventually("all have the last state", lambda: all(
            viewer.newest == last for viewer in self.viewers))
        print(f"  {self.sent} requests, {self.producer.resent} of them sent again", flush=True)

    async def test_drain(self):
        await self.survives(lambda gateway: gateway.stop(signal.SIGTERM))

    async def test_kill(self):
        async def kill(gateway):
            gateway.kill()
        await self.survives(kill)

    async def test_streams_that_grow_old(self):
        self.gateways[0].settings["front"]["max_connection_age"] = "2s"
        await self.gateways[0].stop()
        await self.gateways[0].start()

        async def grow_old(_):
            pass
        await self.survives(grow_old)


class BoundsTest(case.ProcessTest):

    async def test_key_is_asked_for(self):
        key = self.new_secret("front-key")
        gateway = await self.gateway(await self.application(), front={"bearer_key": key})
        for presented in (None, self.new_secret("wrong-key")):
            self.assertEqual((await Stream(gateway.channel, presented).ended())[0],
                             UNAUTHENTICATED)
        stream = Stream(gateway.channel, key)
        self.addCleanup(stream.cancel)
        await stream.send(("items", "1"))
        await stream.settled()
        self.assertEqual(
            await gateway.metric("notify_streams_refused_total", cause="unauthenticated"), 2)

    async def test_too_many_streams_are_refused_until_one_ends(self):
        gateway = await self.gateway(await self.application(), front={"max_streams": 2})
        streams = [Stream(gateway.channel) for _ in range(2)]
        for stream in streams:
            self.addCleanup(stream.cancel)
            await stream.send(("items", "1"))
            await stream.settled()
        self.assertEqual(await gateway.metric("notify_streams"), 2)
        code, details = await Stream(gateway.channel).ended()
        self.assertEqual(code, UNAVAILABLE)
        self.assertIn("front.max_streams", details)
        await gateway.notify(("items", "1"))
        # A producer that is gone without a word frees its place too.
        streams[0].cancel()
        await gateway.metric_becomes("notify_streams", 1)
        stream = Stream(gateway.channel)
        self.addCleanup(stream.cancel)
        await stream.send(("items", "1"))
        await stream.settled()

    async def test_producer_that_never_reads_is_held_back(self):
        gateway = self.new_gateway(await self.application(), front={"stream_window": 1_000})
        meter = None if case.SANITIZED else HeapMeter(self.folder)
        if meter is not None:
            gateway.environment = meter.environment
        await gateway.start()
        before = 0 if meter is None else await meter.floor()
        # Bad requests, whose answers are the longest.
        bad = [("items", "x" * 600)] * 20
        stream = Stream(gateway.channel, reads=False)
        self.addCleanup(stream.cancel)

        async def flood():
            while True:
                await stream.send(*bad)
        flooding = asyncio.create_task(flood())
        self.addCleanup(flooding.cancel)
        other = Stream(gateway.channel)
        self.addCleanup(other.cancel)

        async def answered():
            return await gateway.metric("notify_stream_requests_total", result="invalid")

        async def is_held():
            """While others are served, again and again, it is not."""
            settled = await answered()
            for _ in range(300):
                await other.send(("items", "1"))
            await other.settled()
            return 0 < settled == await answered()
        await case.eventually("the producer is held back", is_held)
        self.assertFalse(flooding.done())
        await gateway.notify(("items", "1"))
        if meter is not None:
            held = await meter.floor() - before
            print(f"  {await answered():.0f} answers that nobody reads, {held / 2**20:.1f} MiB",
                  flush=True)
            self.assertLess(held, 16 * 2**20)


if __name__ == "__main__":
    case.main()
