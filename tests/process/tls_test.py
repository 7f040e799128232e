"""TLS on every side: clients, applications that notify, the application that is asked."""

import asyncio
import ssl

import grpc

from support import case, http
from support.certificates import Certificate
from support.websocket import Client


class TlsTest(case.ProcessTest):

    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.own = Certificate(self.folder, "gateway")

    async def test_change_travels_by_tls_all_the_way(self):
        answering = Certificate(self.folder, "application")
        app = await self.application(tls=answering)
        gateway = await self.gateway(
            app, tls=self.own, websocket={"tls": self.own.files()},
            front={"tls": self.own.files()},
            targets={"app": {"tls": {"enabled": True, "ca_file": str(answering.cert)}}})
        client = await self.client(gateway, tls=self.own.client_context(),
                                   headers=[("Origin", f"https://{gateway.address}")])
        client.subscribe("items", "1")
        await gateway.watches(1)
        for row in ("by TLS", "x" * 300_000, "again"):
            app.set("items", "1", row)
            await gateway.notify(("items", "1"))
            self.assertEqual(await client.rows(), [row])

    async def test_who_does_not_speak_tls_harms_nobody(self):
        gateway = await self.gateway(websocket={"tls": self.own.files(), "handshake_timeout": "1s"})
        for garbage in (b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"x" * 100, b""):
            reader, writer = await asyncio.open_connection(*http.split_address(gateway.address))
            writer.write(garbage)
            await asyncio.wait_for(reader.read(), case.PATIENCE)
            writer.close()
        with self.assertRaises(ssl.SSLError):
            await Client.connect(gateway.address, tls=ssl.create_default_context())
        client = await self.client(gateway, tls=self.own.client_context())
        client.close()
        self.assertEqual((await client.closed())[0], 1000)

    async def test_application_with_an_unknown_certificate_is_not_asked(self):
        app = await self.application(tls=Certificate(self.folder, "impostor"))
        gateway = await self.gateway(
            app, targets={"app": {"tls": {"enabled": True, "ca_file": str(self.own.cert)}}})
        client = await self.client(gateway)
        client.subscribe("items", "1")
        await gateway.watches(1)
        await gateway.notify(("items", "1"))
        await gateway.metric_becomes("fetches_total", lambda now: now > 0, result="failed")
        self.assertEqual(app.fetches, [])

    async def test_front_asks_for_a_certificate_of_its_authority(self):
        app = await self.application()
        notifying = Certificate(self.folder, "notifying")
        notifying.trusted = self.own
        gateway = await self.gateway(app, tls=notifying, front={
            "tls": {**self.own.files(), "client_ca_file": str(notifying.cert)}})
        await gateway.notify(("items", "1"))
        stranger = Certificate(self.folder, "stranger")
        stranger.trusted = self.own
        await gateway.close_channel()
        gateway.tls = stranger
        gateway.open_channel()
        code, _ = await gateway.notify_status(("items", "1"))
        self.assertEqual(code, grpc.StatusCode.UNAVAILABLE)


if __name__ == "__main__":
    case.main()
