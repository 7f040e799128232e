"""Plays the conversations of tests/conformance/classic against a gateway."""

import json
import pathlib

from support import case, http
from support.websocket import PATH, Frame, upgrade_request

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "conformance" / "classic"
MEMBERS = {"title", "about", "snapshot", "pass_through", "handshake", "steps"}


def row_bytes(row):
    return bytes.fromhex(row["hex"]) if isinstance(row, dict) else row.encode()


class Conversation:
    """One file on one connection; one method per kind of step."""

    def __init__(self, test, gateway, app, client):
        self._test, self._gateway, self._app, self._client = test, gateway, app, client
        self._fetches = 0
        self._handed_on = 0

    async def play(self, steps):
        for number, step in enumerate(steps):
            (kind, value), = step.items()
            try:
                await getattr(self, f"step_{kind}")(value)
            except Exception as error:
                error.add_note(f"in step {number}: {step}")
                raise
        self._test.assertEqual(self._client.waiting(), 0, "frames that no step expects")
        self._test.assertTrue(self._client.is_open)

    async def step_client(self, text):
        self._client.send(text)

    async def step_client_binary(self, digits):
        self._client.send(bytes.fromhex(digits), is_binary=True)

    async def step_watched(self, count):
        # What was sent before has been handled when a fence sent after it has.
        before = await self._gateway.metric("client_messages_total", kind="unsubscribe")
        self._client.unsubscribe("fence", "1")
        await self._gateway.metric_becomes(
            "client_messages_total", lambda now: now > before, kind="unsubscribe")
        await self._gateway.watches(count)

    async def step_dropped(self, count):
        await self._gateway.metric_becomes("client_messages_total", count, kind="unusable")

    async def step_rows(self, value):
        self._app.set(value["entity"], value["id"], *map(row_bytes, value["rows"]),
                      secret=value.get("secret"))

    async def step_changed(self, key):
        await self._gateway.notify((key["entity"], key["id"]))

    async def step_gateway(self, text):
        self._test.assertEqual(await self._client.next(), Frame(text.encode(), False))

    async def step_gateway_binary(self, digits):
        self._test.assertEqual(await self._client.next(), Frame(bytes.fromhex(digits), True))

    async def step_fetched(self, wanted):
        wanted = (wanted["entity"], wanted["id"], wanted["secret"].encode())

        def asked():
            found = [(each.entity, each.id, each.secret) for each in
                     self._app.fetches[self._fetches:]]
            return wanted in found and found.index(wanted) + 1
        self._fetches += await case.eventually(f"the fetch {wanted}", asked)

    async def step_handed_on(self, wanted):
        self._handed_on += 1
        await case.eventually("the message is handed on",
                              lambda: len(self._app.messages) >= self._handed_on)
        got = self._app.messages[self._handed_on - 1]
        data = bytes.fromhex(wanted["hex"]) if "hex" in wanted else wanted["text"].encode()
        self._test.assertEqual((got.data, got.is_binary, got.secret),
                               (data, "hex" in wanted, wanted["secret"].encode()))


class ConformanceTest(case.ProcessTest):

    async def play(self, file):
        vector = json.loads(file.read_text(encoding="utf-8"))
        self.assertLessEqual(set(vector), MEMBERS)
        self.assertTrue(vector["title"] and vector["about"])
        app = await self.application()
        classic = {"snapshot": vector.get("snapshot", False)}
        if vector.get("pass_through"):
            classic["pass_through_target"] = "app"
        gateway = await self.gateway(app, classic=classic)
        handshake = vector.get("handshake", {"path": PATH, "headers": [], "status": 101})
        headers = [(name, value.replace("${host}", gateway.address))
                   for name, value in handshake["headers"]]
        if handshake["status"] == 101:
            client = await self.client(gateway, handshake["path"], headers)
            answer = client.headers
            await Conversation(self, gateway, app, client).play(vector["steps"])
        else:
            refusal = await http.exchange(
                gateway.address, upgrade_request(gateway.address, handshake["path"], headers))
            self.assertEqual(refusal.status, handshake["status"])
            answer = refusal.headers
        for name, value in handshake.get("answer", {}).items():
            self.assertEqual(answer.get(name), value, name)


def add_tests():
    files = sorted(FOLDER.glob("*.json"))
    assert files, f"no files in {FOLDER}"
    for file in files:
        async def test(self, path=file):
            await self.play(path)
        setattr(ConformanceTest, f"test_{file.stem}", test)


add_tests()

if __name__ == "__main__":
    case.main()
