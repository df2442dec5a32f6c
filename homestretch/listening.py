"""Where the server listens: taken before anything else, so that its own address is known, port 0 included."""

import socket
from ipaddress import ip_address

from care.errors import Refused

LOOPBACK = {4: "127.0.0.1", 6: "::1"}


def listen(host: str, port: int) -> list[socket.socket]:
    """A socket for each address that the name stands for, all at one port; of port 0 at one that is free.

    The server is who begins to accept. Raises Refused where an address cannot be had.
    """
    taken: list[socket.socket] = []
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, _kind, _protocol, _name, (at, *_rest) in found:
            number = taken[0].getsockname()[1] if taken else port
            taken.append(_bound(family, str(at), number))
    except OSError as trouble:
        for one in taken:
            one.close()
        raise Refused(f"Nothing can listen at {host}, port {port}: {trouble.strerror}.") from None
    return taken


def _bound(family: int, at: str, port: int) -> socket.socket:
    one = socket.socket(family, socket.SOCK_STREAM)
    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    try:
        one.bind((at, port))
    except OSError:
        one.close()
        raise
    return one


def address_of(host: str, port: int) -> str | None:
    """The address of pages for whoever sits at this machine; None while nobody knows the port."""
    if not port:
        return None
    name = _leading_here(host)
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def _leading_here(host: str) -> str:
    """A name, or an address; of what stands for every address of the machine, its loopback."""
    try:
        given = ip_address(host)
    except ValueError:
        return host or LOOPBACK[4]
    return LOOPBACK[given.version] if given.is_unspecified else host
