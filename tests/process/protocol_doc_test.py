"""Plays the conversations of docs/PROTOCOL.md against a gateway."""

import json
import pathlib
import re
import signal
import struct

import grpc
import xxhash

from support import case, stubs

DOCUMENT = pathlib.Path(__file__).resolve().parents[2] / "docs" / "PROTOCOL.md"
CONVERSATION = re.compile(r"^## ([^\n]*)\n(?:(?!^#).)*?^```conversation\n(.*?)^```$",
                          re.MULTILINE | re.DOTALL)
ANY = "…"  # In place of what differs from run to run.


def parse(text):
    """JSON in which … may stand for a number too."""
    return json.loads(re.sub(rf"(?<=[,\[]){ANY}(?=[,\]])", f'"{ANY}"', text))


def is_like(got, wanted):
    if wanted == ANY:
        return True
    if isinstance(wanted, dict):
        return isinstance(got, dict) and list(got) == list(wanted) and all(
            is_like(got[name], value) for name, value in wanted.items())
    if isinstance(wanted, list):
        return isinstance(got, list) and len(got) == len(wanted) and all(map(is_like, got, wanted))
    return got == wanted


def rows_of(text):
    """JSON texts one after the other; a word that is none stands for itself."""
    rows, decoder = [], json.JSONDecoder()
    while text:
        try:
            _, end = decoder.raw_decode(text)
        except ValueError:
            end = len(text.split(" ")[0])
        rows.append(text[:end])
        text = text[end:].lstrip()
    return rows


def content_hash(rows):
    """As the document says."""
    return xxhash.xxh3_128_hexdigest(
        b"".join(struct.pack("<Q", len(row.encode())) + row.encode() for row in rows))


class Conversation:
    """One of them; a method per kind of line."""

    def __init__(self, test, app, gateway, client):
        self._test, self._app, self._gateway, self._client = test, app, gateway, client
        self._hashes = set()  # Of all contents so far.

    async def play(self, text):
        for line in text.splitlines():
            kind, _, rest = line.partition(" ")
            try:
                await getattr(self, kind)(rest.strip())
            except Exception as error:
                error.add_note(f"in the line: {line}")
                raise
        if self._client.is_open:
            self._client.send('{"action":"ping","ref":4294967295}')
            self._test.assertEqual(json.loads((await self._client.next()).data),
                                   {"event": "pong", "ref": 4294967295}, "more than the document has")

    async def client(self, text):
        parse(text)  # It is JSON.
        self._client.send(text)

    async def gateway(self, text):
        got = (await self._client.next()).data.decode()
        wanted = parse(text)
        self._test.assertTrue(is_like(json.loads(got), wanted), f"{got}\nwanted: {text}")
        if wanted["event"] == "state":
            self._test.assertIn(wanted["version"].partition(".")[2], self._hashes)

    async def close(self, code):
        self._test.assertEqual((await self._client.closed())[0], int(code))

    async def drain(self, _):
        self._gateway.send(signal.SIGTERM)

    async def application(self, text):
        if found := re.fullmatch(r"(\w+)/(\w+)(?: version (\d+))?(?: for (\w+))? is (.*)", text):
            entity, key_id, version, secret, rows = found.groups()
            rows = rows_of(rows)
            self._hashes.add(content_hash(rows))
            self._app.set(entity, key_id, *rows, secret=secret,
                          version=None if version is None else int(version))
        elif found := re.fullmatch(r"(\w+)/(\w+) fails with (\w+)", text):
            entity, key_id, code = found.groups()
            self._app.fail(getattr(grpc.StatusCode, code), "always")
        elif text == "answers again":
            self._app.fail()
            return
        elif text == "takes no messages":
            self._app.on_message = None
            return
        elif found := re.fullmatch(r"replies (.*)", text):
            async def reply(_):
                return [(found.group(1).encode(), False)]
            self._app.on_message = reply
            return
        else:
            raise AssertionError("the application cannot do that")
        await self._gateway.notify((entity, key_id))


class ProtocolDocTest(case.ProcessTest):

    def test_every_message_has_an_example(self):
        text = "".join(part for _, part in CONVERSATION.findall(DOCUMENT.read_text("utf-8")))
        for kind, descriptor, word in (
                ("action", stubs.client.ClientMessage.DESCRIPTOR, "client"),
                ("event", stubs.client.ServerEvent.DESCRIPTOR, "gateway")):
            for field in descriptor.oneofs_by_name[kind].fields:
                self.assertRegex(text, rf'(?m)^{word} +\{{"{kind}":"{field.name}"', field.name)

    async def play(self, title, text):
        app = await self.application()
        gateway = await self.gateway(
            app, default_target="", entities={"items": {"target": "app"}},
            classic={"pass_through_target": "app"}, drain={"window": "1s", "unready_delay": "0s"})
        client = await self.client(
            gateway, headers=[("Sec-WebSocket-Protocol", "entity-sync.v1.json")])
        if title != "welcome":
            await client.next()
        await Conversation(self, app, gateway, client).play(text)


def add_tests():
    found = CONVERSATION.findall(DOCUMENT.read_text(encoding="utf-8"))
    assert len(found) >= 12, f"{DOCUMENT} has {len(found)} conversations"
    for title, text in found:
        async def test(self, title=title, text=text):
            await self.play(title, text)
        setattr(ProtocolDocTest, "test_" + re.sub(r"\W+", "_", title), test)


add_tests()

if __name__ == "__main__":
    case.main()
