"""A real gRPC application server that does what a test says."""

import asyncio
import collections
import dataclasses

import grpc

from . import stubs
from .ports import free_port
from .waiting import PATIENCE, eventually

REASONS = ("unspecified", "change", "snapshot", "revalidate")  # By FetchReason.


@dataclasses.dataclass(frozen=True)
class Fetch:
    entity: str
    id: str
    secret: bytes
    reason: str
    min_version: int


@dataclasses.dataclass(frozen=True)
class Message:
    secret: bytes
    connection: str
    data: bytes
    is_binary: bool


class Failure(Exception):
    """Raised by a hook: the call is answered with this status."""

    def __init__(self, code, details="as the test says"):
        super().__init__(code)
        self.code = code
        self.details = details


class Application(stubs.entity_grpc.EntityServiceServicer):
    """Answers fetches from a dict, and counts them.

    `fetches` and `messages` are what was asked, in order of arrival. An item of a batch is a fetch;
    `batches` holds how many items each call had, also of those that are UNIMPLEMENTED because
    `takes_batches` is off. `seconds` is how long after it read the rows a fetch is answered,
    `seconds_for` the same for single keys, by (entity, id).
    `on_message` is a coroutine function from a Message to a list of (data, is_binary), or None:
    UNIMPLEMENTED.
    """

    def __init__(self):
        self.fetches = []
        self.messages = []
        self.batches = []
        self.takes_batches = True
        self.metadata = []
        self.on_message = None
        self.seconds = 0
        self.seconds_for = {}
        self.most_at_once = collections.Counter()  # By (entity, id, secret).
        self.most_in_all = 0
        self.port = free_port()
        self._rows = {}
        self._failures = []
        self._refusals = {}
        self._at_once = collections.Counter()
        self._released = asyncio.Event()
        self._released.set()
        self._server = None

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    async def start(self, tls=None):
        """Listens, with a Certificate by TLS; after stop() on the same port as before."""
        self._server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
        stubs.entity_grpc.add_EntityServiceServicer_to_server(self, self._server)
        if tls is None:
            self.port = self._server.add_insecure_port(self.address)
        else:
            self.port = self._server.add_secure_port(self.address, tls.server_credentials())
        await self._server.start()

    async def stop(self):
        """Ends at once; calls under way fail."""
        self._released.set()
        await self._server.stop(0)

    def set(self, entity, key_id, *rows, secret=None, version=None):
        """The rows from now on; with a secret only for those who present it."""
        self._rows[entity, key_id, secret] = (
            [row.encode() if isinstance(row, str) else row for row in rows], version)
        self._refusals.pop((entity, key_id, secret), None)

    def refuse(self, entity, key_id, code, secret=None):
        """Fetches of the key fail with this code until rows are set."""
        self._refusals[entity, key_id, secret] = code

    def remove(self, entity, key_id, secret=None):
        del self._rows[entity, key_id, secret]

    def fail(self, *codes):
        """The next fetches fail with these codes, one each (None: not); "always" as the last
        repeats it."""
        self._failures = list(codes)

    def hold(self):
        """Fetches read the rows, then wait for release()."""
        self._released.clear()

    def release(self):
        self._released.set()

    def count(self, entity, key_id=None, secret=None):
        return sum(1 for fetch in self.fetches
                   if fetch.entity == entity and key_id in (None, fetch.id)
                   and secret in (None, fetch.secret))

    def in_flight(self):
        return self._at_once.total()

    async def fetched(self, count, entity, key_id=None, secret=None, timeout=PATIENCE):
        await eventually(f"{count} fetches of {entity} {key_id}",
                         lambda: self.count(entity, key_id, secret) >= count, timeout)

    # The gRPC methods.

    async def FetchEntity(self, request, context):
        self.metadata.append(dict(context.invocation_metadata()))
        try:
            return await self._fetch(request)
        except Failure as failure:
            return await context.abort(failure.code, failure.details)

    async def FetchEntities(self, request, context):
        self.batches.append(len(request.items))
        self.metadata.append(dict(context.invocation_metadata()))
        if not self.takes_batches:
            return await context.abort(grpc.StatusCode.UNIMPLEMENTED, "no batches are taken")
        return stubs.entity.FetchEntitiesResponse(
            results=await asyncio.gather(*[self._result(item) for item in request.items]))

    async def _result(self, item):
        try:
            return stubs.entity.FetchEntityResult(response=await self._fetch(item))
        except Failure as failure:
            return stubs.entity.FetchEntityResult(status={"code": failure.code.value[0],
                                                          "message": failure.details})

    async def _fetch(self, request):
        fetch = Fetch(request.key.entity, request.key.id, request.secret, REASONS[request.reason],
                      request.min_version)
        self.fetches.append(fetch)
        pair = (fetch.entity, fetch.id, fetch.secret)
        self._at_once[pair] += 1
        self.most_at_once[pair] = max(self.most_at_once[pair], self._at_once[pair])
        self.most_in_all = max(self.most_in_all, self.in_flight())
        try:
            return await self._answer(fetch)
        finally:
            self._at_once[pair] -= 1

    async def _answer(self, fetch):
        found = self._for_secret(self._rows, fetch)
        refusal = self._for_secret(self._refusals, fetch)
        if not self._released.is_set():
            await self._released.wait()
        seconds = self.seconds_for.get((fetch.entity, fetch.id), self.seconds)
        if seconds:
            await asyncio.sleep(seconds)
        if self._failures:
            code = self._failures[0]
            if self._failures[1:] != ["always"]:
                self._failures.pop(0)
            if code is not None:
                raise Failure(code)
        if refusal is not None:
            raise Failure(refusal)
        if found is None:
            raise Failure(grpc.StatusCode.NOT_FOUND)
        rows, version = found
        return stubs.entity.FetchEntityResponse(rows=rows, version=version)

    @staticmethod
    def _for_secret(table, fetch):
        """What is set for the fetch's secret, else what is for all."""
        own = (fetch.entity, fetch.id, fetch.secret.decode(errors="replace"))
        return table.get(own, table.get((fetch.entity, fetch.id, None)))

    async def HandleMessage(self, request, context):
        message = Message(request.secret, request.connection, request.data, request.is_binary)
        self.messages.append(message)
        if self.on_message is None:
            return await context.abort(grpc.StatusCode.UNIMPLEMENTED, "no messages are taken")
        try:
            replies = await self.on_message(message)
        except Failure as failure:
            return await context.abort(failure.code, failure.details)
        return stubs.entity.HandleMessageResponse(
            replies=[stubs.entity.Reply(data=data, is_binary=is_binary)
                     for data, is_binary in replies])
