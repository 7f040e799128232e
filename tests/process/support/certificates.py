"""Certificates for TLS, made with the openssl program."""

import ssl
import subprocess

import grpc


class Certificate:
    """A self-signed certificate for 127.0.0.1, which is its own authority: `cert` and `key` name
    its PEM files."""

    def __init__(self, folder, name):
        self.cert, self.key = folder / f"{name}.crt", folder / f"{name}.key"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-days", "1", "-subj", f"/CN={name}", "-addext",
             "subjectAltName=IP:127.0.0.1", "-out", self.cert, "-keyout", self.key],
            check=True, capture_output=True)
        self.trusted = self  # Whom a client with this certificate trusts.

    def files(self):
        return {"cert_file": str(self.cert), "key_file": str(self.key)}

    def client_context(self):
        """For a websocket client that trusts only this."""
        return ssl.create_default_context(cafile=self.cert)

    def channel_credentials(self):
        """For a gRPC client that shows this and trusts `trusted`."""
        return grpc.ssl_channel_credentials(
            self.trusted.cert.read_bytes(), self.key.read_bytes(), self.cert.read_bytes())

    def server_credentials(self):
        return grpc.ssl_server_credentials([(self.key.read_bytes(), self.cert.read_bytes())])
