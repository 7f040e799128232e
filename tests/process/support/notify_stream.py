"""A producer on a stream of NotifyChanges, as gateway.proto describes its part."""

import asyncio
import collections

import grpc

from . import stubs
from .notifier import WORTH_A_RETRY, change
from .waiting import PATIENCE, eventually


class Stream:
    """One stream. Keeps what is not settled, by sequence, in the order in which it was sent.

    `acknowledged` is how far all is settled, `failures` what failed, in the order in which it was
    told, `status` how the stream ended, once it has. With `reads` off it never reads an answer.
    """

    def __init__(self, channel, key=None, reads=True):
        stub = stubs.gateway_grpc.GatewayServiceStub(channel)
        self._call = stub.NotifyChanges(
            metadata=[("authorization", f"Bearer {key}")] if key else None)
        self.acknowledged = 0
        self.failures = []
        self.responses = 0
        self.unsettled = collections.OrderedDict()
        self.status = None
        self._sequence = 0
        self._reader = asyncio.create_task(self._read()) if reads else None

    async def _read(self):
        try:
            async for response in self._call:
                self.responses += 1
                for failure in response.failures:
                    self.failures.append(failure)
                    self.unsettled.pop(failure.sequence, None)
                assert response.acknowledged >= self.acknowledged, "it never falls"
                self.acknowledged = response.acknowledged
                for sequence in list(self.unsettled):
                    if sequence > self.acknowledged:
                        break
                    del self.unsettled[sequence]
        except grpc.aio.AioRpcError:
            pass  # It is the stream's status.
        self.status = (await self._call.code(), await self._call.details())

    async def send(self, *keys):
        """One request about these keys; returns its sequence. Raises if the stream has ended."""
        self._sequence += 1
        sequence = self._sequence
        self.unsettled[sequence] = keys
        await self._call.write(stubs.gateway.NotifyChangesRequest(
            sequence=sequence, changes=[change(each) for each in keys]))
        return sequence

    async def settled(self, sequence=None, timeout=PATIENCE):
        """Until all up to `sequence` is settled, or all that was sent."""
        wanted = self._sequence if sequence is None else sequence
        await eventually(f"{wanted} is settled",
                         lambda: self.acknowledged >= wanted or self.status, timeout)
        assert self.acknowledged >= wanted, self.status

    async def ended(self):
        """Until the gateway has ended it; returns code and message."""
        return await eventually("the stream ends", lambda: self.status)

    async def close(self):
        """Closes this side; returns code and message."""
        await self._call.done_writing()
        return await self.ended()

    def cancel(self):
        self._call.cancel()


class Producer:
    """Sends about keys until each was confirmed since it was asked to, on a stream that it opens
    again, at the next gateway, whenever it ends.

    `ends` are the statuses of streams that ended, `resent` counts requests sent again.
    """

    def __init__(self, gateways):
        self.ends = []
        self.resent = 0
        self._gateways = gateways
        self._turn = 0
        self._stream = None

    def stream(self):
        if self._stream is None:
            gateway = self._gateways[self._turn % len(self._gateways)]
            self._turn += 1
            self._stream = Stream(gateway.channel)
        return self._stream

    async def send(self, *keys):
        """One request; whatever the stream left unsettled goes first."""
        while True:
            stream = self.stream()
            failed = [failure for failure in stream.failures]
            stream.failures.clear()
            assert all(failure.code == grpc.StatusCode.UNAVAILABLE.value[0] for failure in failed)
            try:
                return await stream.send(*keys)
            except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
                await self.replace()

    async def replace(self):
        """Opens another stream and sends again what the old one did not confirm."""
        old = self._stream
        code, details = await old.ended()
        # What grpc.aio makes of every end that meets a write, whatever the status was.
        meets_write = code == grpc.StatusCode.INTERNAL and "from Core" in details
        assert code in WORTH_A_RETRY or meets_write, (code, details)
        self.ends.append((code, details))
        self._stream = None
        for keys in old.unsettled.values():
            self.resent += 1
            await self.send(*keys)

    async def confirmed(self):
        """Until all that was sent is confirmed."""
        async def is_confirmed():
            stream = self.stream()
            if stream.status:
                await self.replace()
            return not self.stream().unsettled and not self.stream().status
        await eventually("all is confirmed", is_confirmed)

    async def close(self):
        if self._stream is not None:
            self._stream.cancel()
