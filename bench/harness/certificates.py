"""A certificate for measurements with TLS."""

from __future__ import annotations

import dataclasses
import pathlib
import subprocess

from .errors import NotMeasured


@dataclasses.dataclass(frozen=True)
class Certificate:
    """PEM files of a certificate for 127.0.0.1 that nobody but itself has signed."""

    cert: pathlib.Path
    key: pathlib.Path

    def settings(self) -> dict[str, str]:
        return {"cert_file": str(self.cert), "key_file": str(self.key)}


def make(folder: pathlib.Path) -> Certificate:
    certificate = Certificate(folder / "bench.crt", folder / "bench.key")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
               "-nodes", "-days", "2", "-subj", "/CN=bench", "-addext",
               "subjectAltName=IP:127.0.0.1", "-out", str(certificate.cert),
               "-keyout", str(certificate.key)]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=60)
    except (OSError, subprocess.SubprocessError) as error:
        raise NotMeasured(f"openssl made no certificate: {error}") from None
    return certificate
