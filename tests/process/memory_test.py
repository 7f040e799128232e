"""What connections cost while they are idle, with TLS and compression, after having been busy."""

from support import case
from support.certificates import Certificate
from support.heap_meter import HeapMeter
from support.websocket import TEXT, deflate

CLIENTS = 200
OFFER = "permessage-deflate; client_max_window_bits"
RSV1 = 4
KIB = 1024
# A little room may stay, so that busy connections need not ask for it each time; and what all share
# shows here too: each state of 1 MB that is not gone yet is 4.5 KiB for each. A connection that kept
# its own would have 30 KiB of its long message, or far more of what waited.
KEPT = 16 * KIB


class MemoryTest(case.ProcessTest):

    async def connected(self, tls=None, offer=None, rsv=0):
        """So many clients that watch one key, and the bytes of heap for each beyond the first
        few, which have been busy: what all share was made for them."""
        self.app = await self.application()
        self.meter = HeapMeter(self.folder)
        self.running = self.new_gateway(self.app, workers=1, websocket={
            "compression": offer is not None, "tls": tls.files() if tls else {}})
        self.running.environment = self.meter.environment
        await self.running.start()
        self.clients = []
        context = tls.client_context() if tls else None
        for count in (20, 20 + CLIENTS):
            before = await self.meter.floor(200)
            while len(self.clients) < count:
                client = await self.client(self.running, tls=context, offer=offer)
                client.subscribe("items", "1")
                self.clients.append(client)
            await self.running.watches(count)
            if count == 20:
                await self.be_busy(rsv)
        held = await self.meter.floor(200)
        print(f"  {(held - before) / CLIENTS / KIB:.1f} KiB for each connection", flush=True)
        return (held - before) / CLIENTS

    async def assert_little_is_kept(self, rsv=0):
        """Of what is held more for each after long messages and states that had to wait."""
        held = await self.meter.floor(200)
        await self.be_busy(rsv)

        async def is_little():
            grown = (await self.meter.floor(200) - held) / CLIENTS
            print(f"  {grown:.0f} bytes more after having been busy", flush=True)
            return grown < KEPT
        await case.eventually(f"less than {KEPT} bytes are kept", is_little, timeout=10)

    async def be_busy(self, rsv):
        message = deflate(b"x" * 30_000) if rsv else b"x" * 30_000
        for number in range(2):
            self.app.set("items", "1", f"{number}" + "x" * 1_000_000)
            await self.running.notify(("items", "1"))
            for client in self.clients:
                client.send_frame(TEXT, message, rsv=rsv)
            for client in self.clients:
                await client.next()
        self.app.set("items", "1", "small")  # Nothing is left of the large ones.
        await self.running.notify(("items", "1"))
        for client in self.clients:
            await client.until("small")

    @case.unittest.skipIf(case.SANITIZED, "sanitizers have an allocator of their own")
    async def test_plain(self):
        self.assertLess(await self.connected(), 5 * KIB)
        await self.assert_little_is_kept()

    @case.unittest.skipIf(case.SANITIZED, "sanitizers have an allocator of their own")
    async def test_compression(self):
        self.assertLess(await self.connected(offer=OFFER, rsv=RSV1), 5 * KIB)
        await self.assert_little_is_kept(RSV1)

    @case.unittest.skipIf(case.SANITIZED, "sanitizers have an allocator of their own")
    async def test_tls(self):
        self.assertLess(await self.connected(tls=Certificate(self.folder, "gateway")), 20 * KIB)
        await self.assert_little_is_kept()


if __name__ == "__main__":
    case.main()
