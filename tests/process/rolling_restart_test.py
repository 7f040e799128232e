"""All replicas behind a load balancer restarted in turn, under load."""

import asyncio
import itertools

import grpc

from support import case
from support.haproxy import Haproxy
from support.notifier import WORTH_A_RETRY, Notifier

KEYS = [("items", str(number)) for number in range(10)]
CLIENTS = 60
# The balancer asks every second and believes the second answer; then the closes begin.
WINDOW = 4.0
DRAIN = {"unready_delay": "3s", "window": "4s", "timeout": "60s"}

# The longest that a client may be without the present state, in seconds: from the close of its
# connection to the last row of its new snapshot.
AWAY = 15 if case.SANITIZED else 5


class RollingRestartTest(case.ProcessTest):

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.app = await self.counter_application(len(KEYS))
        nats = await self.nats()
        self.replicas = [await self.gateway(self.app, nats, drain=DRAIN,
                                            classic={"snapshot": True}) for _ in range(3)]
        self.balancer = Haproxy("haproxy", self.folder, case.free_port(), case.free_port(),
                                self.replicas)
        self.processes.append(self.balancer)
        await self.balancer.start()
        self.notifier = Notifier(self.balancer.front_address)
        self.addAsyncCleanup(self.notifier.close)
        self.calls = self.retries = 0
        self.running = True

    async def write(self, keys):
        """An application: changes its rows, and tells until it is answered OK."""
        for key in itertools.cycle(keys):
            if not self.running:
                return
            self.app.database.change(key[1])
            while (answer := await self.notifier.notify_status(key, timeout=10))[0] \
                    != grpc.StatusCode.OK:
                self.assertIn(answer[0], WORTH_A_RETRY, answer)
                self.retries += 1
                await asyncio.sleep(0.02)
            self.calls += 1
            await asyncio.sleep(0.005)

    async def test_no_final_state_is_lost(self):
        viewers = [self.viewer([self.balancer.address], KEYS) for _ in range(CLIENTS)]
        await self.all_have_arrived(viewers)
        writers = [asyncio.create_task(self.write(KEYS[number::5])) for number in range(5)]
        for writer in writers:
            self.addCleanup(writer.cancel)  # For a test that fails.
        for replica in self.replicas:
            await self.restart(replica, viewers)
        calls = self.calls
        await case.eventually("calls go on", lambda: self.calls >= calls + 2 * len(KEYS))
        self.running = False
        await asyncio.gather(*writers)
        last = {key_id: self.app.database.number(key_id) for _, key_id in KEYS}
        await case.eventually("all have the last state", lambda: all(
            viewer.newest == last for viewer in viewers))
        longest = max(viewer.longest_away for viewer in viewers)
        print(f"  {self.calls} calls, {self.retries} repeated; longest without the present state:"
              f" {longest:.2f} s", flush=True)
        self.assertLess(longest, AWAY)
        for viewer in viewers:
            self.assertEqual(viewer.regressions, [])
            self.assertEqual({code for _, code in viewer.ends} - {1012}, set())

    async def restart(self, replica, viewers):
        held = await replica.metric("connections")
        self.assertGreater(held, CLIENTS / 10)
        before = [len(viewer.ends) for viewer in viewers]
        self.assertEqual(await replica.stop(), 0)
        times = sorted(time for viewer, count in zip(viewers, before)
                       for time, _ in viewer.ends[count:])
        self.assertGreaterEqual(len(times), held)
        self.assert_spread(replica, times)
        await replica.start()
        await self.all_have_arrived(viewers)

    def assert_spread(self, replica, times):
        """Over the window: no tenth of it holds half of the closes, and its length is not much
        exceeded."""
        most = max(sum(1 for time in times if first <= time < first + WINDOW / 10)
                   for first in times)
        print(f"  {replica.name}: {len(times)} closes within {times[-1] - times[0]:.2f} s, at most"
              f" {most} in a tenth of the window", flush=True)
        self.assertLess(most, len(times) / 2)
        self.assertGreater(times[-1] - times[0], WINDOW / 2)
        self.assertLess(times[-1] - times[0], WINDOW * (3 if case.SANITIZED else 1.5))

    async def all_have_arrived(self, viewers):
        await case.eventually("all clients are there", lambda: all(
            viewer.is_complete() for viewer in viewers))


if __name__ == "__main__":
    case.main()
