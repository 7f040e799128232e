"""Plays the conversations of tests/conformance/v1 against a gateway."""

import base64
import copy
import itertools
import json
import pathlib
import re

import grpc
import jsonpatch

from support import case
from support.application import Failure

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "conformance" / "v1"
PLACEHOLDER = re.compile(r"\$[A-Za-z0-9]+")
# What the README of the folder says that a gateway runner skips.
SKIPPED = {"refuse", "random", "advance_ms", "environment", "token", "api", "observe"}


def is_placeholder(value):
    return isinstance(value, str) and PLACEHOLDER.fullmatch(value) is not None


def without_defaults(event):
    """What the JSON mapping of proto3 may leave out counts as absent."""
    return {name: value for name, value in event.items()
            if value not in (0, "", []) or value is False}


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def row_bytes(row):
    if isinstance(row, dict) and set(row) == {"$bytes"}:
        return base64.b64decode(row["$bytes"])
    return compact(row).encode()


class Conversation:
    """One file; one method per kind of step."""

    def __init__(self, test, gateway, app):
        self._test, self._gateway, self._app = test, gateway, app
        self._client = None
        self._values = {}  # Of the placeholders.
        self._rows = {}  # By version.
        self._refs = itertools.count(1)
        self._handed_on = 0

    async def play(self, steps):
        for number, step in enumerate(steps):
            kind = next(iter(step))
            if kind in SKIPPED:
                continue
            try:
                await getattr(self, f"step_{kind}")(step if kind == "app" else step[kind])
            except Exception as error:
                error.add_note(f"in step {number}: {step}")
                raise
        if self._client is not None and self._client.is_open:
            self._client.send('{"action":"ping","ref":4000000000}')
            self._test.assertEqual(await self._next(), {"event": "pong", "ref": 4_000_000_000})

    # What is said.

    async def step_accept(self, _):
        self._client = await self._test.client(
            self._gateway, headers=[("Sec-WebSocket-Protocol", "entity-sync.v1.json")])

    async def step_welcome(self, members):
        got = await self._next()
        for member in ("connection", "protocol", "heartbeatSeconds", "limits"):
            self._test.assertIn(member, got)
        self._test.assertLessEqual(members.items(), got.items())

    async def step_client(self, message):
        self._client.send(compact(self._fill(message)))

    async def step_client_text(self, text):
        self._client.send(text)

    async def step_gateway(self, event):
        got = await self._next()
        self._test.assertTrue(self._matches(got, event), f"{got}\nwanted: {self._fill(event)}")

    async def step_gateway_unordered(self, events):
        left = list(events)
        while left:
            got = await self._next()
            match = next((event for event in left if self._matches(got, event)), None)
            self._test.assertIsNotNone(match, f"{got}\nwanted: {self._fill(left)}")
            left.remove(match)

    async def step_close(self, code):
        self._test.assertEqual((await self._client.closed())[0], code)

    async def step_drop(self, _):
        self._client.abort()

    async def step_client_close(self, code):
        self._client.close(code)
        await self._client.closed()

    # The application.

    async def step_app(self, step):
        await getattr(self, f"app_{step['app']}")(step)

    async def app_answer(self, step):
        key, secret = (step["entity"], step["id"]), step.get("secret")
        if "code" not in step:
            self._app.set(*key, *map(row_bytes, step["rows"]), secret=secret,
                          version=step.get("version"))
        else:
            self._app.refuse(*key, getattr(grpc.StatusCode, step["code"]), secret)

    async def app_notify(self, step):
        await self._gateway.notify((step["entity"], step["id"]), version=step.get("version"))

    async def app_reply(self, step):
        async def reply(_):
            if "code" in step:
                raise Failure(getattr(grpc.StatusCode, step["code"]))
            return [(row_bytes(row), False) for row in step["replies"]]
        self._app.on_message = reply

    async def app_got(self, step):
        self._handed_on += 1
        await case.eventually("the message is handed on",
                              lambda: len(self._app.messages) >= self._handed_on)
        got = self._app.messages[self._handed_on - 1]
        self._test.assertEqual(json.loads(got.data), step["data"])
        if "secret" in step:
            self._test.assertEqual(got.secret, step["secret"].encode())

    # Placeholders and events.

    def _fill(self, value):
        """The value with what the placeholders in it stand for; a ref that is new is chosen."""
        if is_placeholder(value):
            if value.startswith("$r") and value not in self._values:
                self._values[value] = next(self._refs)
            return self._values.get(value, value)
        if isinstance(value, dict):
            return {name: self._fill(each) for name, each in value.items()}
        return [self._fill(each) for each in value] if isinstance(value, list) else value

    async def _next(self):
        return without_defaults(json.loads((await self._client.next()).data))

    def _matches(self, got, wanted):
        """Whether the event is the one of the file; learns what its placeholders stand for."""
        values = dict(self._values)
        wanted = without_defaults(wanted)
        if wanted["event"] == "patch":
            matches = self._has_the_effect(got, wanted)
        else:
            matches = self._is_like(got, wanted)
        if not matches:
            self._values = values
        elif got["event"] == "state":
            self._rows[got["version"]] = got.get("rows", [])
        return matches

    def _has_the_effect(self, got, wanted):
        names = ("entity", "id", "version") + (("base",) if got["event"] == "patch" else ())
        if not all(self._is_like(got.get(name), wanted[name]) for name in names):
            return False
        rows = self._rows[self._fill(wanted["base"])]
        result = jsonpatch.apply_patch(copy.deepcopy(rows), wanted["patch"])
        self._rows[got["version"]] = result
        if got["event"] == "state":
            # Fine where the patch would save little.
            share = len(compact(self._fill(wanted))) / len(compact(got))
            return got["rows"] == result and share >= 0.7
        return jsonpatch.apply_patch(copy.deepcopy(rows), got["patch"]) == result

    def _is_like(self, got, wanted):
        if is_placeholder(wanted):
            return self._values.setdefault(wanted, got) == got
        if isinstance(wanted, dict):
            optional = {"message"} - set(wanted)  # Texts of errors are the gateway's affair.
            return (isinstance(got, dict) and set(got) - optional == set(wanted) and
                    all(self._is_like(got[name], each) for name, each in wanted.items()))
        if isinstance(wanted, list):
            return (isinstance(got, list) and len(got) == len(wanted) and
                    all(map(self._is_like, got, wanted)))
        return got == wanted


class V1ConformanceTest(case.ProcessTest):

    async def play(self, file):
        vector = json.loads(file.read_text(encoding="utf-8"))
        app = await self.application()
        gateway = await self.gateway(app, default_target="", entities={"items": {"target": "app"}},
                                     classic={"pass_through_target": "app"})
        await Conversation(self, gateway, app).play(vector["steps"])


def add_tests():
    files = [file for file in sorted(FOLDER.glob("*.json"))
             if "gateway" in json.loads(file.read_text(encoding="utf-8"))["for"]]
    assert len(files) > 20, f"{len(files)} files in {FOLDER}"
    for file in files:
        async def test(self, path=file):
            await self.play(path)
        setattr(V1ConformanceTest, f"test_{file.stem}", test)


add_tests()

if __name__ == "__main__":
    case.main()
