"""The application fails, hangs, dies and comes back; and how often it is asked."""

import asyncio

import grpc

from support import case

Code = grpc.StatusCode
SOON = {"fetch": {"backoff_min": "10ms", "backoff_max": "200ms"}}


class AnswersTest(case.ProcessTest):

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.app = await self.application()

    async def test_failures_are_retried_until_an_answer_comes(self):
        gateway = await self.gateway(self.app, **SOON)
        client = await self.watcher(gateway, ("items", "1"))
        codes = [Code.UNAVAILABLE, Code.UNKNOWN, Code.INTERNAL, Code.DEADLINE_EXCEEDED,
                 Code.RESOURCE_EXHAUSTED, Code.ABORTED, Code.CANCELLED, Code.DATA_LOSS,
                 Code.FAILED_PRECONDITION, Code.OUT_OF_RANGE, Code.ALREADY_EXISTS]
        self.app.set("items", "1", "at last")
        self.app.fail(*codes)
        await gateway.notify(("items", "1"))
        self.assertEqual(await client.rows(), ["at last"])
        self.assertEqual(self.app.count("items"), len(codes) + 1)
        self.assertEqual(await gateway.metric("fetches_total", result="failed"), len(codes))

    async def test_misconfigurations_are_retried_and_counted(self):
        gateway = await self.gateway(self.app, **SOON)
        client = await self.watcher(gateway, ("items", "1"))
        self.app.set("items", "1", "at last")
        self.app.fail(Code.UNIMPLEMENTED, Code.INVALID_ARGUMENT)
        await gateway.notify(("items", "1"))
        self.assertEqual(await client.rows(), ["at last"])
        self.assertEqual(await gateway.metric("fetches_total", result="misconfigured"), 2)
        await gateway.logs(r"UNIMPLEMENTED")

    async def test_final_refusals_send_nothing_and_are_not_retried(self):
        gateway = await self.gateway(self.app, **SOON)
        client = await self.watcher(gateway, ("items", "1"))
        for number, code in enumerate((Code.NOT_FOUND, Code.PERMISSION_DENIED,
                                       Code.UNAUTHENTICATED)):
            self.app.fail(code)
            await gateway.notify(("items", "1"))
            ended = 2 * number + 1
            await case.eventually("the refusal arrived", lambda: self.ended(gateway, ended))
            row = f"after {code.name}"
            self.app.set("items", "1", row)
            await gateway.notify(("items", "1"))
            self.assertEqual(await client.rows(), [row])
        self.assertEqual(self.app.count("items"), 6)

    async def ended(self, gateway, fetches):
        results = [await gateway.metric("fetches_total", result=result)
                   for result in ("ok", "not_found", "denied", "failed")]
        return sum(results) == fetches

    async def test_fetch_that_hangs_is_given_up_and_repeated(self):
        gateway = await self.gateway(self.app, targets={"app": {"timeout": "200ms"}}, **SOON)
        client = await self.watcher(gateway, ("items", "1"))
        self.app.set("items", "1", "answered at last")
        self.app.hold()
        await gateway.notify(("items", "1"))
        await self.app.fetched(3, "items")
        self.app.release()
        self.assertEqual(await client.rows(), ["answered at last"])

    async def test_answers_over_the_limits_count_as_failed(self):
        gateway = await self.gateway(self.app, fetch={
            **SOON["fetch"], "max_rows": 3, "max_state_bytes": "1KiB"})
        client = await self.watcher(gateway, ("items", "1"))
        for too_much in (["row"] * 4, ["x" * 1025], ["x" * 600] * 2):
            asked = self.app.count("items")
            self.app.set("items", "1", *too_much)
            await gateway.notify(("items", "1"))
            await self.app.fetched(asked + 2, "items")  # The second says that the first failed.
            self.app.set("items", "1", f"fits after {too_much[0][:1]} {len(too_much)}")
            self.assertEqual(await client.rows(),
                             [f"fits after {too_much[0][:1]} {len(too_much)}"])

    async def test_answer_beyond_what_grpc_may_receive_counts_as_failed(self):
        gateway = await self.gateway(
            self.app, targets={"app": {"max_receive_bytes": "64KiB"}}, **SOON)
        client = await self.watcher(gateway, ("items", "1"))
        self.app.set("items", "1", "x" * 100_000)
        await gateway.notify(("items", "1"))
        await self.app.fetched(2, "items")
        self.app.set("items", "1", "small")
        self.assertEqual(await client.rows(), ["small"])


class RestartsTest(case.ProcessTest):

    async def test_change_while_the_application_is_away_arrives_when_it_is_back(self):
        app = await self.application()
        gateway = await self.gateway(app)
        client = await self.watcher(gateway, ("items", "1"))
        app.set("items", "1", "before")
        await gateway.notify(("items", "1"))
        self.assertEqual(await client.rows(), ["before"])
        for round_number in range(2):
            await app.stop()
            await gateway.notify(("items", "1"))
            failed = await gateway.metric("fetches_total", result="failed")
            await gateway.metric_becomes("fetches_total", lambda now, was=failed: now > was,
                                         result="failed")
            row = f"after restart {round_number}"
            app.set("items", "1", row)
            await app.start()
            self.assertEqual(await client.rows(), [row])
        self.assertTrue(client.is_open)

    async def test_application_that_comes_later_than_the_gateway(self):
        app = await self.application()
        await app.stop()
        gateway = await self.gateway(app, classic={"snapshot": True})
        client = await self.watcher(gateway, ("items", "1"))
        app.set("items", "1", "there at last")
        await app.start()
        self.assertEqual(await client.rows(), ["there at last"])

    async def test_nobody_is_asked_for_when_nobody_watches_any_more(self):
        app = await self.application()
        gateway = await self.gateway(app, **SOON)
        client = await self.watcher(gateway, ("items", "1"))
        app.fail(Code.UNAVAILABLE, "always")
        await gateway.notify(("items", "1"))
        await app.fetched(3, "items")
        client.close()
        await gateway.watches(0)
        asked = app.count("items")
        # The retries for another client are the clock: at least as many would have come for this.
        await self.watcher(gateway, ("others", "1"))
        await gateway.notify(("others", "1"))
        await app.fetched(10, "others")
        self.assertLessEqual(app.count("items"), asked + 1)

    async def test_two_addresses_share_the_work_and_one_suffices(self):
        apps = [await self.application() for _ in range(2)]
        gateway = await self.gateway(apps[0], targets={
            "app": {"address": [app.address for app in apps]}}, **SOON)
        keys = [("items", str(number)) for number in range(40)]
        client = await self.watcher(gateway, *keys)

        async def change_all(text):
            for app in apps:
                for key in keys:
                    app.set(*key, f"{text} {key[1]}")
            await gateway.notify(*keys)
            self.assertEqual(set(await client.rows(len(keys))),
                             {f"{text} {key[1]}" for key in keys})

        async def both_are_asked():
            await change_all(f"round {len(apps[0].fetches)} {len(apps[1].fetches)}")
            return all(app.fetches for app in apps)
        await case.eventually("both are asked", both_are_asked)
        await apps[0].stop()
        await change_all("only the second")
        await apps[0].start()
        await apps[1].stop()
        await change_all("only the first")
        await apps[1].start()


class FewFetchesTest(case.ProcessTest):

    async def test_burst_costs_one_fetch_in_flight_and_one_more(self):
        app = await self.application()
        gateway = await self.gateway(app)
        secrets = [self.new_secret("one"), self.new_secret("two")]
        clients = []
        for number in range(20):
            client = await self.client(gateway)
            client.secret(secrets[number % 2])
            client.subscribe("items", "1")
            clients.append(client)
        await gateway.watches(20)
        app.set("items", "1", "first")
        app.hold()
        await gateway.notify(("items", "1"))
        for secret in secrets:
            await app.fetched(1, "items", "1", secret.encode())
        await asyncio.gather(*(gateway.notify(("items", "1")) for _ in range(300)))
        await gateway.metric_becomes("changes_received_total", 301)
        self.assertEqual(len(app.fetches), 2)
        app.set("items", "1", "last")
        app.release()
        for client in clients:  # Who is not written to between the two is shown the last only.
            self.assertIn(await client.until("last"), (["first"], []))
        self.assertEqual(len(app.fetches), 4)
        self.assertEqual(set(app.most_at_once.values()), {1})

    async def test_change_during_a_fetch_is_not_lost(self):
        app = await self.application()
        gateway = await self.gateway(app)
        client = await self.watcher(gateway, ("items", "1"))
        app.set("items", "1", "read before the change")
        app.hold()
        await gateway.notify(("items", "1"))
        await app.fetched(1, "items")
        app.set("items", "1", "changed meanwhile")
        await gateway.notify(("items", "1"))
        await gateway.metric_becomes("changes_received_total", 2)
        app.release()
        await client.until("changed meanwhile")

    async def test_endless_burst_never_asks_twice_at_once(self):
        app = await self.application()
        gateway = await self.gateway(app)
        keys = [("items", str(number)) for number in range(5)]
        client = await self.watcher(gateway, *keys)
        for number in range(200):
            for key in keys:
                app.set(*key, f"{key[1]}: {number}")
            await asyncio.gather(*(gateway.notify(key) for key in keys))
        missing = {f"{key[1]}: 199" for key in keys}
        while missing:
            missing -= set(await client.rows())
        self.assertEqual(set(app.most_at_once.values()), {1})
        self.assertLessEqual(len(app.fetches), 200 * len(keys))

    async def test_calls_at_a_time_are_limited_per_target(self):
        app = await self.application()
        gateway = await self.gateway(app, targets={"app": {"max_in_flight": 4}})
        keys = [("items", str(number)) for number in range(100)]
        client = await self.watcher(gateway, *keys)
        for key in keys:
            app.set(*key, key[1])
        app.hold()
        await gateway.notify(*keys)
        await case.eventually("as many as allowed", lambda: app.in_flight() == 4)
        app.release()
        await client.rows(len(keys))
        self.assertEqual((app.most_in_all, len(app.fetches)), (4, len(keys)))


if __name__ == "__main__":
    case.main()
