"""What a gateway does so that nobody stays behind unnoticed: the audit; and states kept for those
who come back."""

from support import case


class HealingTest(case.ProcessTest):

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.app = await self.application()

    async def test_the_audit_mends_a_change_that_was_never_notified(self):
        gateway = await self.gateway(self.app, fetch={"audit_period": "1s"},
                                     classic={"snapshot": True})
        self.app.set("items", "1", "before")
        client = await self.watcher(gateway, ("items", "1"))
        self.assertEqual(await client.rows(), ["before"])
        self.app.set("items", "1", "after, and nobody said so")
        self.assertEqual(await client.rows(), ["after, and nobody said so"])
        self.assertEqual(self.app.fetches[-1].reason, "revalidate")
        await gateway.metric_becomes("audit_differences_total", 1)
        await gateway.logs("the audit found")

    async def test_who_comes_back_in_time_is_served_without_a_fetch(self):
        gateway = await self.gateway(
            self.app, classic={"snapshot": True},
            entities={"items": {"keep_state": "1h"}, "others": {}})
        for entity in ("items", "others"):
            self.app.set(entity, "1", "present")
        for _ in range(2):
            client = await self.watcher(gateway, ("items", "1"), ("others", "1"))
            self.assertEqual(await client.rows(2), ["present", "present"])
            client.close()
            await gateway.metric_becomes("subscriptions", 0)
        self.assertEqual(self.app.count("items"), 1)
        self.assertEqual(self.app.count("others"), 2, "nothing is kept by default")
        await gateway.notify(("items", "1"))
        await gateway.metric_becomes("kept_states", 0)
        self.assertEqual(self.app.count("items"), 1, "nothing is fetched for what nobody watches")


if __name__ == "__main__":
    case.main()
