"""An HTTP proxy on the loopback that leads every CONNECT for one host to a port of ours."""

import asyncio
from contextlib import suppress


class ConnectProxy:
    """`status` is its answer to a CONNECT; `connects` holds what was asked: target and credentials."""

    def __init__(self, host: str) -> None:
        self.host = host
        self.status = 200
        self.connects: list[tuple[str, str | None]] = []
        self._tunnels: set[asyncio.Task[None]] = set()

    async def start(self, leads_to_port: int) -> int:
        """Returns the port it listens on."""
        self._leads_to_port = leads_to_port
        self._server = await asyncio.start_server(self._tunnel, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def stop(self) -> None:
        self._server.close()
        for tunnel in self._tunnels:
            tunnel.cancel()
        await asyncio.gather(*self._tunnels, return_exceptions=True)

    async def _tunnel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one CONNECT and carry bytes both ways until either side has enough."""
        tunnel = asyncio.current_task()
        assert tunnel is not None
        self._tunnels.add(tunnel)
        try:
            # asyncio logs a handler that ends as cancelled, and `stop` cancels.
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                status = self._admit(head)
                writer.write(f"HTTP/1.1 {status} Stand-in\r\n\r\n".encode())
                if status == 200:
                    far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._leads_to_port)
                    await asyncio.gather(_carry(reader, far_writer), _carry(far_reader, writer))
        finally:
            writer.close()
            self._tunnels.discard(tunnel)

    def _admit(self, head: str) -> int:
        method, target = head.split()[:2]
        lines = [line.partition(": ") for line in head.splitlines()]
        authorization = next((value for name, _, value in lines if name == "Proxy-Authorization"), None)
        self.connects.append((target, authorization))
        return self.status if (method, target) == ("CONNECT", f"{self.host}:443") else 403


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        with suppress(OSError):
            while chunk := await reader.read(65536):
                writer.write(chunk)
                await writer.drain()
    finally:
        writer.close()
