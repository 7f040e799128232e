"""What applications see of a gateway: NotifyChange, health, reflection, the bearer key."""

import asyncio

import grpc

from support import case, http

OK = grpc.StatusCode.OK
INVALID_ARGUMENT = grpc.StatusCode.INVALID_ARGUMENT
NOT_FOUND = grpc.StatusCode.NOT_FOUND
UNAUTHENTICATED = grpc.StatusCode.UNAUTHENTICATED
UNAVAILABLE = grpc.StatusCode.UNAVAILABLE
DEADLINE_EXCEEDED = grpc.StatusCode.DEADLINE_EXCEEDED


class NotifyTest(case.ProcessTest):

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.app = await self.application()

    async def test_key_that_nobody_watches_is_ok(self):
        gateway = await self.gateway(self.app)
        await gateway.notify(("items", "1"))
        await gateway.metric_becomes("changes_unwatched_total", 1)
        self.assertEqual(self.app.fetches, [])

    async def test_unknown_type_is_not_found_and_named_and_nothing_is_taken(self):
        gateway = await self.gateway(self.app, default_target="",
                                     entities={"items": {"target": "app"}})
        code, details = await gateway.notify_status(("items", "1"), ("nobody", "1"), ("what", "1"))
        self.assertEqual(code, NOT_FOUND)
        self.assertIn('"nobody"', details)
        self.assertIn('"what"', details)
        await gateway.notify(("items", "2"))
        await gateway.metric_becomes("changes_received_total", 1)

    async def test_gateway_without_any_target_knows_no_type(self):
        gateway = await self.gateway()
        code, details = await gateway.notify_status(("items", "1"))
        self.assertEqual((code, '"items"' in details), (NOT_FOUND, True))

    async def test_faults_are_invalid_argument_and_named(self):
        gateway = await self.gateway(self.app)
        for fault in (("", "1"), ("items", ""), ("e" * 129, "1"), ("items", "i" * 513),
                      ("it\0ms", "1"), ("items", "a\0b")):
            code, details = await gateway.notify_status(("items", "fine"), fault)
            self.assertEqual(code, INVALID_ARGUMENT, fault)
            self.assertIn("changes[1]", details)
        code, details = await gateway.notify_status()
        self.assertEqual(code, INVALID_ARGUMENT)
        self.assertIn("no changes", details)

    async def test_many_faults_are_summed_up(self):
        gateway = await self.gateway(self.app)
        code, details = await gateway.notify_status(*[("items", "")] * 25)
        self.assertEqual(code, INVALID_ARGUMENT)
        self.assertIn("25 of 25", details)
        self.assertEqual(details.count("changes["), 10)
        self.assertLessEqual(len(details.encode()), 2048)

    async def test_id_that_is_not_utf8_is_invalid_argument(self):
        gateway = await self.gateway(self.app)
        bad = b"\x0a\x0d\x0a\x0b\x0a\x05items\x12\x02\xff\xfe"
        call = gateway.channel.unary_unary("/entitysync.v1.GatewayService/NotifyChange")
        for request in (bad, b"\xff\xff\xff", b"\x0a\x7f"):
            with self.assertRaises(grpc.aio.AioRpcError) as raised:
                await call(request, timeout=case.PATIENCE)
            self.assertIn(raised.exception.code(), (INVALID_ARGUMENT, grpc.StatusCode.INTERNAL))

    async def test_limit_of_changes_per_call(self):
        gateway = await self.gateway(self.app)
        keys = [("items", str(number)) for number in range(10_001)]
        await gateway.notify(*keys[:10_000])
        code, details = await gateway.notify_status(*keys)
        self.assertEqual(code, INVALID_ARGUMENT)
        self.assertIn("10001", details)
        await gateway.metric_becomes("changes_unwatched_total", 10_000)

    async def test_request_beyond_16_mib_is_resource_exhausted(self):
        gateway = await self.gateway(self.app)
        keys = [("items", "x" * 510 + str(number)) for number in range(33_000)]
        code, _ = await gateway.notify_status(*keys)
        self.assertEqual(code, grpc.StatusCode.RESOURCE_EXHAUSTED)

    async def test_change_of_a_version_that_was_fetched_needs_no_fetch(self):
        gateway = await self.gateway(self.app)
        client = await self.watcher(gateway, ("items", "1"))
        self.app.set("items", "1", "five", version=5)
        await gateway.notify(("items", "1"), version=5)
        self.assertEqual(await client.rows(), ["five"])
        self.assertEqual(self.app.fetches[0].min_version, 5)
        await gateway.notify(("items", "1"), version=4)
        await gateway.metric_becomes("fetches_skipped_total", 1)
        self.app.set("items", "1", "six", version=6)
        await gateway.notify(("items", "1"), version=6)
        self.assertEqual(await client.rows(), ["six"])
        # Without a version it always asks: how an application says that rights changed.
        await gateway.notify(("items", "1"))
        await self.app.fetched(3, "items", "1")

    async def test_lagging_read_replica_is_asked_again(self):
        gateway = await self.gateway(self.app)
        client = await self.watcher(gateway, ("items", "1"))
        self.app.set("items", "1", "old", version=1)
        await gateway.notify(("items", "1"), version=2)
        self.assertEqual(await client.rows(), ["old"])
        self.app.set("items", "1", "new", version=2)
        self.assertEqual(await client.rows(), ["new"])


class BearerKeyTest(case.ProcessTest):

    async def test_key_is_asked_for(self):
        app = await self.application()
        key = self.new_secret("front-key")
        gateway = await self.gateway(app, front={"bearer_key": key})
        wrong = self.new_secret("wrong-key")
        self.assertEqual((await gateway.notify_status(("items", "1")))[0], UNAUTHENTICATED)
        for presented in (wrong, key + "x", key[:-1], key.upper()):
            code, details = await gateway.notify_status(("items", "1"), key=presented)
            self.assertEqual(code, UNAUTHENTICATED)
            self.assertNotIn(presented, details)
        self.assertEqual((await gateway.notify_status(("items", "1"), key=key))[0], OK)

    async def test_gateway_shows_its_key_to_the_application(self):
        app = await self.application()
        key = self.new_secret("target-key")
        gateway = await self.gateway(app, targets={"app": {"bearer_key": key}})
        await self.watcher(gateway, ("items", "1"))
        await gateway.notify(("items", "1"))
        await app.fetched(1, "items", "1")
        self.assertEqual(app.metadata[0]["authorization"], f"Bearer {key}")


class HealthTest(case.ProcessTest):

    async def health(self, gateway, service):
        """grpc.health.v1.Health/Check by hand: 1 is SERVING, 2 NOT_SERVING."""
        call = gateway.channel.unary_unary("/grpc.health.v1.Health/Check")
        name = service.encode()
        request = b"\x0a" + bytes([len(name)]) + name if name else b""
        return (await call(request, timeout=case.PATIENCE))[1]

    async def test_serving_while_the_bus_is_there(self):
        nats = await self.nats()
        gateway = await self.gateway(await self.application(), nats)
        for service in ("", "entitysync.v1.GatewayService"):
            self.assertEqual(await self.health(gateway, service), 1)
        nats.kill()
        await gateway.not_ready("bus")
        for service in ("", "entitysync.v1.GatewayService"):
            self.assertEqual(await self.health(gateway, service), 2)

    async def test_reflection_lists_the_services(self):
        gateway = await self.gateway()
        call = gateway.channel.stream_stream(
            "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo")

        async def requests():
            yield b"\x3a\x00"  # list_services: ""
        answers = [answer async for answer in call(requests(), timeout=case.PATIENCE)]
        self.assertIn(b"entitysync.v1.GatewayService", answers[0])

    async def test_admin_pages(self):
        gateway = await self.gateway()
        self.assertEqual((await http.get(gateway.admin_address, "/healthz")).status, 200)
        self.assertEqual(await gateway.readiness(), (200, {"ready": True}))
        page = await gateway.metrics_page()
        self.assertIn("# TYPE entitysync_connections gauge", page)
        self.assertEqual((await http.get(gateway.admin_address, "/other")).status, 404)


class UnavailableTest(case.ProcessTest):

    async def test_without_nats_it_is_unavailable_within_the_deadline(self):
        nats = await self.nats(running=False)
        app = await self.application()
        gateway = await self.gateway(app, nats, ready=False, front={"notify_timeout": "500ms"})
        await gateway.not_ready("bus")
        code, details = await gateway.notify_status(("items", "1"))
        self.assertEqual(code, UNAVAILABLE)
        self.assertIn("retry", details)
        # Faults of the call itself are still told.
        self.assertEqual((await gateway.notify_status(("items", "")))[0], INVALID_ARGUMENT)

    async def test_callers_earlier_deadline_counts(self):
        nats = await self.nats(running=False)
        gateway = await self.gateway(await self.application(), nats, ready=False,
                                     front={"notify_timeout": "60s"})
        # The answer comes some 40 ms before the caller's own clock says DEADLINE_EXCEEDED: on a
        # busy machine not every time (the margin itself is PublishTimeoutTest's). The gateway's own
        # limit would never come first.
        async def is_told_in_time():
            code, _ = await gateway.notify_status(("items", "1"), timeout=2)
            self.assertIn(code, (UNAVAILABLE, DEADLINE_EXCEEDED))
            return code == UNAVAILABLE
        await case.eventually("UNAVAILABLE comes before the deadline", is_told_in_time)

    async def test_many_calls_at_once_all_end(self):
        nats = await self.nats(running=False)
        gateway = await self.gateway(await self.application(), nats, ready=False,
                                     front={"notify_timeout": "300ms"})
        answers = await asyncio.gather(
            *(gateway.notify_status(("items", str(number))) for number in range(500)))
        self.assertEqual({code for code, _ in answers}, {UNAVAILABLE})


if __name__ == "__main__":
    case.main()
