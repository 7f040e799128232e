"""Ten thousand watched pairs are brought up to date after the bus was away."""

import asyncio

from support import case

CLIENTS, KEYS_EACH = (20 if case.SANITIZED else 100), 100
PAIRS = CLIENTS * KEYS_EACH  # Of a key and a secret.
FETCH_TAKES = 0.001

# Seconds from the moment that the nats-server is ready, at default settings.
CONVERGENCE = 40 if case.SANITIZED else 5


class ConvergenceTest(case.ProcessTest):

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.app = await self.counter_application(PAIRS)
        self.app.database.answer_after(FETCH_TAKES)
        self.bus = await self.nats()
        self.replica = await self.gateway(self.app, self.bus, classic={"snapshot": True},
                                          log={"level": "info"}, targets={"app": {"timeout": "5s"}})
        self.viewers = [self.viewer(
            [self.replica.address],
            [("items", str(number * KEYS_EACH + each)) for each in range(KEYS_EACH)],
            secret=self.new_secret()) for number in range(CLIENTS)]
        await self.are_current()

    def is_current(self, viewer):
        number = self.app.database.number
        return viewer.newest == {key_id: number(key_id) for _, key_id in viewer.keys}

    async def are_current(self, timeout=case.PATIENCE):
        late = list(self.viewers)
        def is_nobody_late():
            late[:] = [viewer for viewer in late if not self.is_current(viewer)]
            return not late
        await case.eventually("all have the present state", is_nobody_late, timeout)

    async def test_all_hold_the_last_state_soon_after_nats_is_back(self):
        now = asyncio.get_running_loop().time
        for turn in range(3):
            self.bus.kill()
            await self.replica.not_ready("bus")
            self.app.database.count_anew()
            for key in range(PAIRS):  # Nobody can be told.
                self.app.database.change(key)
            await self.bus.start()
            begin = now()
            await self.are_current(CONVERGENCE)
            print(f"  {PAIRS} pairs were up to date {now() - begin:.2f} s after the bus was back,"
                  f" {self.app.database.fetches} fetches, {self.app.database.most_in_flight} at"
                  " once", flush=True)
            self.assertLessEqual(self.app.database.fetches, PAIRS * 1.1)
        self.assertEqual([viewer.regressions for viewer in self.viewers], [[]] * CLIENTS)
        self.assertEqual([viewer.ends for viewer in self.viewers], [[]] * CLIENTS)


if __name__ == "__main__":
    case.main()
