"""NotifyChange, as applications call it."""

import grpc

from . import stubs
from .waiting import PATIENCE, eventually

CHANNEL_OPTIONS = [("grpc.enable_http_proxy", 0), ("grpc.initial_reconnect_backoff_ms", 100),
                   ("grpc.max_reconnect_backoff_ms", 500)]

# What an application answers by calling again.
WORTH_A_RETRY = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)


def change(key, version=None):
    entity, key_id = key
    return stubs.types.Change(key=stubs.types.EntityKey(entity=entity, id=key_id), version=version)


class Notifies:
    """The calls of whatever has a `channel` to a front."""

    async def notify(self, *keys, version=None, timeout=PATIENCE, key=None):
        """NotifyChange of (entity, id) pairs; raises grpc.aio.AioRpcError unless OK."""
        stub = stubs.gateway_grpc.GatewayServiceStub(self.channel)
        await stub.NotifyChange(
            stubs.gateway.NotifyChangeRequest(changes=[change(each, version) for each in keys]),
            timeout=timeout, metadata=[("authorization", f"Bearer {key}")] if key else None)

    async def notify_status(self, *keys, **options):
        """The same; returns the status code and its message."""
        try:
            await self.notify(*keys, **options)
        except grpc.aio.AioRpcError as error:
            return error.code(), error.details()
        return grpc.StatusCode.OK, ""

    async def notify_until_ok(self, *keys, timeout=PATIENCE, **options):
        """As applications do: repeats what was answered UNAVAILABLE."""
        async def taken():
            code, details = await self.notify_status(*keys, **options)
            assert code == grpc.StatusCode.OK or code in WORTH_A_RETRY, (code, details)
            return code == grpc.StatusCode.OK
        await eventually("NotifyChange is answered OK", taken, timeout)


class Notifier(Notifies):
    """A channel of its own to an address, for instance of a load balancer."""

    def __init__(self, address):
        self.channel = grpc.aio.insecure_channel(address, options=CHANNEL_OPTIONS)

    async def close(self):
        await self.channel.close()
