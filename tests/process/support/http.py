"""HTTP by hand: requests as the bytes they are, answers taken apart."""

import asyncio
import dataclasses

from .waiting import PATIENCE


@dataclasses.dataclass
class Answer:
    status: int
    headers: dict
    body: bytes


def split_address(address):
    host, port = address.rsplit(":", 1)
    return host, int(port)


async def read_head(reader):
    """The status and the headers of an answer; header names in lower case."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head[:-4].split("\r\n")
    headers = {}
    for line in lines:
        name, value = line.split(":", 1)
        headers[name.lower()] = value.strip()
    return int(first.split(" ")[1]), headers


async def exchange(address, request, timeout=PATIENCE):
    """Sends bytes on a connection of their own and reads the answer to its end."""
    async def talk():
        reader, writer = await asyncio.open_connection(*split_address(address))
        try:
            writer.write(request)
            status, headers = await read_head(reader)
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            return Answer(status, headers, body)
        finally:
            writer.close()
    return await asyncio.wait_for(talk(), timeout)


async def get(address, path, timeout=PATIENCE):
    return await exchange(
        address, f"GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n".encode(),
        timeout)
