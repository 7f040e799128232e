"""The handshake: paths, errors as HTTP, origins, credentials."""

import asyncio
import json

from support import case, http
from support.websocket import PATH, Client, Refused, upgrade_request


def without(request, header):
    """The request less one header."""
    lines = request.split(b"\r\n")
    return b"\r\n".join(line for line in lines if not line.lower().startswith(header.encode()))


class HandshakeCase(case.ProcessTest):

    async def refusal(self, gateway, request):
        answer = await http.exchange(gateway.address, request)
        self.assertEqual(answer.headers["content-type"], "application/json")
        self.assertEqual(answer.body.count(b"\n"), 1, "one line")
        self.assertTrue(json.loads(answer.body)["error"])
        return answer

    async def assert_refused(self, gateway, status, request):
        self.assertEqual((await self.refusal(gateway, request)).status, status, request)

    async def assert_origin(self, gateway, origin, is_allowed):
        request = upgrade_request(gateway.address, headers=[("Origin", origin)])
        answer = await http.exchange(gateway.address, request)
        self.assertEqual(answer.status, 101 if is_allowed else 403, origin)


class HandshakeTest(HandshakeCase):

    async def test_default_path(self):
        gateway = await self.gateway()
        for path in ("/ws/entity-sync/", "/ws/entity-sync", "/ws/entity-sync/?x=1",
                     "/ws/entity-sync?x"):
            await self.client(gateway, path)
        await gateway.metric_becomes("connections", 4)

    async def test_custom_path_with_and_without_its_last_slash(self):
        for configured in ("/live/", "/live"):
            gateway = await self.gateway(websocket={"path": configured})
            await self.client(gateway, "/live/")
            await self.client(gateway, "/live")
            await self.assert_refused(gateway, 404, upgrade_request(gateway.address, PATH))

    async def test_other_paths_are_404(self):
        gateway = await self.gateway()
        for path in ("/", "/ws", "/ws/entity-sync/more", "/ws/entity-sync//", "/WS/entity-sync/",
                     "/ws/entity-sync%2f", "/metrics", "*", "http://x/ws/entity-sync/more"):
            await self.assert_refused(gateway, 404, upgrade_request(gateway.address, path))

    async def test_what_is_no_upgrade_is_400(self):
        gateway = await self.gateway()
        request = upgrade_request(gateway.address)
        await self.assert_refused(gateway, 400, without(request, "upgrade:"))
        await self.assert_refused(gateway, 400, without(request, "connection:"))
        await self.assert_refused(gateway, 400, without(request, "sec-websocket-key:"))
        await self.assert_refused(gateway, 400, request.replace(b"HTTP/1.1", b"HTTP/1.0"))
        await self.assert_refused(gateway, 400, request.replace(b": websocket", b": h2c"))
        await self.assert_refused(gateway, 400, upgrade_request(gateway.address, key="c2hvcnQ="))
        for garbage in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 40 + b"\r\n\r\n",
                        b"HELO there\r\n\r\n", b"GET\r\n\r\n",
                        b"GET / HTTP/1.1\r\nno colon\r\n\r\n"):
            await self.assert_refused(gateway, 400, garbage)

    async def test_other_websocket_version_is_400_and_names_ours(self):
        gateway = await self.gateway()
        for line in (b"Sec-WebSocket-Version: 8", b"Sec-WebSocket-Version: x", b"X: y"):
            answer = await self.refusal(gateway, upgrade_request(gateway.address).replace(
                b"Sec-WebSocket-Version: 13", line))
            self.assertEqual(answer.status, 400)
            self.assertEqual(answer.headers["sec-websocket-version"], "13")

    async def test_other_methods_are_405(self):
        gateway = await self.gateway()
        for method in (b"POST", b"PUT", b"OPTIONS"):
            answer = await self.refusal(
                gateway, upgrade_request(gateway.address).replace(b"GET", method, 1))
            self.assertEqual((answer.status, answer.headers["allow"]), (405, "GET"))

    async def test_body_is_413(self):
        gateway = await self.gateway()
        request = upgrade_request(gateway.address, headers=[("Content-Length", "5")]) + b"hello"
        await self.assert_refused(gateway, 413, request)

    async def test_too_large_a_head_is_431(self):
        gateway = await self.gateway()
        await self.assert_refused(gateway, 431, upgrade_request(
            gateway.address, headers=[("X-Filler", "x" * 100_000)]))
        await self.assert_refused(gateway, 431, upgrade_request(
            gateway.address, headers=[(f"X-{number}", "x" * 100) for number in range(2000)]))

    async def test_slow_handshake_is_408(self):
        gateway = await self.gateway(websocket={"handshake_timeout": "200ms"})
        await self.assert_refused(gateway, 408, b"GET /ws/entity-sync/ HTTP/1.1\r\nHost: x\r\n")

    async def test_unknown_subprotocols_are_400_and_none_is_selected(self):
        gateway = await self.gateway()
        for offered in ("chat", "chat, superchat", "entity-sync.v9.json"):
            answer = await self.refusal(gateway, upgrade_request(
                gateway.address, headers=[("Sec-WebSocket-Protocol", offered)]))
            self.assertEqual(answer.status, 400)
            self.assertIn("subprotocol", answer.body.decode())
            self.assertNotIn("sec-websocket-protocol", answer.headers)

    async def test_connections_beyond_the_limit_are_503_with_retry_after(self):
        gateway = await self.gateway(websocket={"max_connections": 2})
        first = await self.client(gateway)
        await self.client(gateway)
        answer = await self.refusal(gateway, upgrade_request(gateway.address))
        self.assertEqual(answer.status, 503)
        self.assertGreater(int(answer.headers["retry-after"]), 0)
        first.close()
        await gateway.metric_becomes("connections", 1)
        await case.eventually("there is room again", lambda: self.can_connect(gateway))

    async def can_connect(self, gateway):
        try:
            await self.client(gateway)
            return True
        except Refused:
            return False

    async def test_message_in_the_packet_of_the_handshake_is_not_lost(self):
        app = await self.application()
        gateway = await self.gateway(app)
        reader, writer = await asyncio.open_connection(*http.split_address(gateway.address))
        client = Client(reader, writer, {}, True)
        self.addAsyncCleanup(client.dispose)
        client.send_bytes(upgrade_request(gateway.address))
        client.subscribe("items", "1")
        status, _ = await http.read_head(reader)
        self.assertEqual(status, 101)
        await gateway.watches(1)


class OriginsTest(HandshakeCase):

    async def test_pages_of_the_gateways_own_origin_may_connect(self):
        gateway = await self.gateway()
        await self.assert_origin(gateway, f"http://{gateway.address}", True)
        for origin in ("http://evil.example", "null", "http://127.0.0.1",
                       f"http://{gateway.address}.evil.example", ""):
            await self.assert_origin(gateway, origin, False)

    async def test_clients_without_origin_may_connect(self):
        gateway = await self.gateway()
        self.assertTrue((await self.client(gateway)).is_open)

    async def test_allowed_origins(self):
        gateway = await self.gateway(websocket={
            "allowed_origins": ["https://shop.example", "http://localhost:3000"]})
        for origin in ("https://shop.example", "https://SHOP.example", "https://shop.example:443",
                       "http://localhost:3000", f"http://{gateway.address}"):
            await self.assert_origin(gateway, origin, True)
        for origin in ("http://shop.example", "https://shop.example:8443", "http://localhost",
                       "https://sub.shop.example", "https://shop.example.evil.example"):
            await self.assert_origin(gateway, origin, False)

    async def test_star_allows_all(self):
        gateway = await self.gateway(websocket={"allowed_origins": ["*"]})
        await self.assert_origin(gateway, "https://any.example", True)
        await self.assert_origin(gateway, "null", True)

    async def test_two_origins_are_refused(self):
        gateway = await self.gateway()
        own = f"http://{gateway.address}"
        await self.assert_refused(gateway, 403, upgrade_request(
            gateway.address, headers=[("Origin", own), ("Origin", own)]))


class CredentialsTest(HandshakeCase):

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.app = await self.application()

    async def presented(self, gateway, *args, **options):
        """What the application is told when a client connects like this."""
        before = len(self.app.fetches)
        client = await self.client(gateway, *args, **options)
        client.subscribe("items", str(before))
        await self.app.fetched(1, "items", str(before))
        return self.app.fetches[-1].secret.decode(), client

    async def snapshot_gateway(self, **websocket):
        return await self.gateway(self.app, classic={"snapshot": True}, websocket=websocket)

    async def test_none_is_empty(self):
        gateway = await self.snapshot_gateway()
        self.assertEqual((await self.presented(gateway))[0], "")

    async def test_authorization_header(self):
        gateway = await self.snapshot_gateway()
        secret = self.new_secret()
        for value in (f"Bearer {secret}", f"bearer {secret}"):
            found, _ = await self.presented(gateway, headers=[("Authorization", value)])
            self.assertEqual(found, secret)
        found, _ = await self.presented(gateway, headers=[("Authorization", "Basic dTpw")])
        self.assertEqual(found, "")

    async def test_cookie_of_the_configured_name(self):
        gateway = await self.snapshot_gateway(credential_cookie="session")
        secret = self.new_secret()
        cookies = f"a=b; session={secret}; session2=other"
        self.assertEqual((await self.presented(gateway, headers=[("Cookie", cookies)]))[0], secret)

    async def test_cookies_are_not_looked_at_by_default(self):
        gateway = await self.snapshot_gateway()
        self.assertEqual(
            (await self.presented(gateway, headers=[("Cookie", "session=x; token=y")]))[0], "")

    async def test_query_token(self):
        gateway = await self.snapshot_gateway()
        secret = self.new_secret()
        self.assertEqual((await self.presented(gateway, f"{PATH}?a=b&token={secret}"))[0], secret)
        self.assertEqual((await self.presented(gateway, f"{PATH}?token=a%20b%2Bc"))[0], "a b+c")

    async def test_broken_query_token_is_400_and_not_repeated(self):
        gateway = await self.snapshot_gateway()
        secret = self.new_secret()
        answer = await self.refusal(
            gateway, upgrade_request(gateway.address, f"{PATH}?token={secret}%zz"))
        self.assertEqual(answer.status, 400)
        self.assertNotIn(secret, answer.body.decode())

    async def test_subprotocol_item_goes_back_to_the_browser(self):
        gateway = await self.snapshot_gateway()
        secret = self.new_secret()
        found, client = await self.presented(
            gateway, headers=[("Sec-WebSocket-Protocol", f"bearer.{secret}")])
        self.assertEqual(found, secret)
        self.assertEqual(client.headers["sec-websocket-protocol"], f"bearer.{secret}")

    async def test_secret_action_replaces_the_one_of_the_handshake(self):
        gateway = await self.snapshot_gateway()
        old, new = self.new_secret("old"), self.new_secret("new")
        client = await self.client(gateway, headers=[("Authorization", f"Bearer {old}")])
        client.secret(new)
        client.subscribe("items", "1")
        await self.app.fetched(1, "items", "1")
        self.assertEqual(self.app.fetches[-1].secret.decode(), new)

    async def test_secret_is_bytes_for_the_application(self):
        gateway = await self.snapshot_gateway()
        client = await self.client(gateway)
        secret = self.new_secret() + " \u20ac\U0001f600 \"quoted\""
        client.secret(secret)
        client.subscribe("items", "1")
        await self.app.fetched(1, "items", "1")
        self.assertEqual(self.app.fetches[-1].secret, secret.encode())


if __name__ == "__main__":
    case.main()
