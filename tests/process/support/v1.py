"""A v1 client: says messages, reads events, and keeps what each key looks like."""

import base64
import json

import jsonpatch
from google.protobuf import json_format

from . import stubs
from .waiting import PATIENCE
from .websocket import Client

JSON, PROTO = "entity-sync.v1.json", "entity-sync.v1.proto"

# Events that say what a key looks like.
STATES = ("state", "unchanged", "patch", "removed", "stale")


def decode_row(row):
    """A row of the JSON form as the application's bytes; None if it stands verbatim."""
    if isinstance(row, dict) and set(row) == {"$base64"}:
        return base64.b64decode(row["$base64"])
    return None


class V1Client:
    """An open v1 connection in either form.

    Messages and events are dicts of the JSON form whichever is spoken, rows of the binary form
    their bytes. `welcome` is the first event. `shown` is what the events came to, by (entity, id):
    (version, rows), rows as JSON values or bytes, None if removed; `log` all events that were read.
    """

    def __init__(self, socket, form):
        self.socket = socket
        self.form = form
        self.welcome = None
        self.shown = {}
        self.log = []
        self._ref = 0

    @classmethod
    async def connect(cls, address, form=JSON, **options):
        headers = [("Sec-WebSocket-Protocol", form)]
        socket = await Client.connect(address, headers=headers, **options)
        assert socket.headers["sec-websocket-protocol"] == form
        client = cls(socket, form)
        client.welcome = await client.next()
        assert client.welcome["event"] == "welcome", client.welcome
        return client

    # Saying.

    def say(self, action, body=None, ref=None):
        """Sends one message, with a ref of its own unless one is given (False: none)."""
        if ref is None:
            self._ref += 1
            ref = self._ref
        if self.form == JSON:
            text = {"action": action, **({} if ref is False else {"ref": ref}),
                    **({} if body is None else {"body": body})}
            self.socket.send(json.dumps(text))
        else:
            self.socket.send(self._message(action, body, ref).SerializeToString(), is_binary=True)
        return ref

    @staticmethod
    def _message(action, body, ref):
        message = stubs.client.ClientMessage()
        if ref is not False:
            message.ref = ref
        part = getattr(message, action)
        part.SetInParent()
        if action == "message":
            part.data = body
        elif action in ("subscribe", "unsubscribe"):
            name = {"subscribe": "subscriptions", "unsubscribe": "keys"}[action]
            items = body if isinstance(body, list) else [body]
            json_format.ParseDict({name: items}, part)
        elif body is not None:
            json_format.ParseDict(body, part)
        return message

    def subscribe(self, *keys, ref=None, **options):
        """Subscribes to (entity, id) pairs in one message, all with these options."""
        return self.say("subscribe", [{"entity": entity, "id": key_id, **options}
                                      for entity, key_id in keys], ref)

    def unsubscribe(self, *keys, ref=None):
        return self.say("unsubscribe", [{"entity": entity, "id": key_id}
                                        for entity, key_id in keys], ref)

    async def asked(self, action, body=None):
        """Says it and returns the answer, reading on until that comes."""
        ref = self.say(action, body)
        return await self.until(lambda event: event.get("ref") == ref)

    async def subscribed(self, *keys, **options):
        """The same for a subscription: its results."""
        ref = self.subscribe(*keys, **options)
        return (await self.until(lambda event: event.get("ref") == ref))["results"]

    # Reading.

    async def next(self, timeout=PATIENCE):
        """The next event."""
        frame = await self.socket.next(timeout)
        assert frame.is_binary == (self.form == PROTO), frame
        event = json.loads(frame.data) if self.form == JSON else self._event(frame.data)
        self.log.append(event)
        self._apply(event)
        return event

    @staticmethod
    def _event(data):
        read = stubs.client.ServerEvent.FromString(data)
        name = read.WhichOneof("event")
        part = getattr(read, name)
        event = {"event": name, **json_format.MessageToDict(part)}
        if read.HasField("ref"):
            event["ref"] = read.ref
        if name == "state":
            event["rows"] = list(part.rows)
        elif name == "reply":
            event["replies"] = list(part.replies)
        elif name == "patch":
            event["patch"] = json.loads(part.patch)
        return event

    def _apply(self, event):
        name = event["event"]
        if name == "unsubscribed":
            for key in event["keys"]:
                self.shown.pop((key["entity"], key["id"]), None)
        if name not in STATES:
            return
        key = event["entity"], event["id"]
        if name == "state":
            self.shown[key] = event["version"], event["rows"]
        elif name == "removed":
            self.shown[key] = event["version"], None
        elif name == "unchanged" and key in self.shown:
            assert self.shown[key][0] == event["version"], (self.shown[key], event)
        elif name == "patch":
            base, rows = self.shown[key]
            assert base == event["base"], (base, event)
            if self.form == PROTO:
                rows = [json.loads(row) for row in rows]
            rows = jsonpatch.apply_patch(rows, event["patch"])
            if self.form == PROTO:
                rows = [json.dumps(row).encode() for row in rows]
            self.shown[key] = event["version"], rows

    async def until(self, condition, timeout=PATIENCE):
        """Reads until the condition holds of an event, which is returned."""
        while True:
            event = await self.next(timeout)
            if condition(event):
                return event

    async def event(self, name, key=None):
        """The next event of this name, for this key."""
        return await self.until(lambda event: event["event"] == name and
                                key in (None, (event.get("entity"), event.get("id"))))

    async def fence(self):
        """The events that came before the answer to a ping sent now."""
        at = len(self.log)
        await self.asked("ping")
        return self.log[at:-1]

    async def closed(self):
        return await self.socket.closed()
