"""A provider that costs little: a process that answers every create call of the official client over TLS.

It is proxy and API in one, so that the product runs unchanged: HTTPS_PROXY leads here, the CONNECT is
answered and TLS begins on the same connection. `python -m bench._provider FOLDER LATENCY` runs it; it
prints its port, and at the end of its input how many messages it took and how many phones they went to.
"""

import asyncio
import json
import os
import re
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import trustme

HOST = "api.twilio.com"
LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
PHONE = re.compile(rb"(?:^|&)To=([^&]*)")
VARIABLES = ("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")


@dataclass
class Provider:
    """What the process is told by, and what it says it took once it has ended."""

    environment: dict[str, str]
    took: int = 0
    phones: int = 0


@contextmanager
def providing(latency_seconds: float = 0.02) -> Iterator[Provider]:
    """A provider in a process of its own; this process's environment leads to it meanwhile."""
    with tempfile.TemporaryDirectory(prefix="homestretch-provider-") as folder:
        command = [sys.executable, "-m", "bench._provider", folder, str(latency_seconds)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        address = f"http://127.0.0.1:{int(process.stdout.readline())}"
        authority = str(Path(folder) / "authority.pem")
        environment = dict(zip(VARIABLES, (address, address, "", "", authority, authority), strict=True))
        before = {name: os.environ.get(name) for name in VARIABLES}
        os.environ.update(environment)
        provider = Provider(environment)
        try:
            yield provider
        finally:
            _restore(before)
            said = process.communicate()[0]
            provider.took, provider.phones = json.loads(said)


def _restore(before: dict[str, str | None]) -> None:
    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


@dataclass
class Counts:
    """What the provider took."""

    latency_seconds: float
    certificate: ssl.SSLContext
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    took: int = 0
    phones: set[bytes] = field(default_factory=set)


class Connection(asyncio.Protocol):
    """One connection of a client: first the CONNECT, then TLS, then a create call after another."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self._transport: asyncio.Transport | None = None
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        if head.startswith(b"CONNECT"):
            self._buffer = b""
            asyncio.get_running_loop().create_task(self._begin_tls())
            return
        length = LENGTH.search(head)
        size = int(length[1]) if length else 0
        if len(rest) >= size:
            self._buffer = rest[size:]
            asyncio.get_running_loop().call_later(self._counts.latency_seconds, self._answer, rest[:size])

    async def _begin_tls(self) -> None:
        transport = self._transport
        assert transport is not None
        transport.write(b"HTTP/1.1 200 Connected\r\n\r\n")
        loop = asyncio.get_running_loop()
        self._transport = await loop.start_tls(transport, self, self._counts.certificate, server_side=True)

    def _answer(self, form: bytes) -> None:
        counts = self._counts
        phone = PHONE.search(form)
        counts.took += 1
        counts.phones.add(phone[1] if phone else b"")
        sid = f"SM{next(counts.numbers):032x}"
        body = json.dumps({"sid": sid, "status": "queued", "num_segments": "1", "error_code": None}).encode()
        head = (
            f"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(head.encode() + body)


async def serve(folder: Path, latency_seconds: float) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    certificate = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(HOST).configure_cert(certificate)
    counts = Counts(latency_seconds, certificate)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(counts), "127.0.0.1", 0, backlog=1000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()
    print(json.dumps([counts.took, len(counts.phones)]), flush=True)


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), float(sys.argv[2])))
