"""Posting signed events to hosts of the internet alone."""

import asyncio
import socket
from collections.abc import Collection, Sequence
from datetime import datetime
from ipaddress import ip_address
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from care.errors import Refused
from reminders.gateway import GatewayRefused
from reminders.hooks.parcels import Parcel, headers_of
from reminders.hooks.targets import check_url
from reminders.surroundings import proxy_for, trusted_certificates

TIMEOUT_SECONDS = 10.0


async def post_all(parcels: Sequence[Parcel], allowed: Collection[str], now: datetime) -> list[int | str]:
    """For each the status that came back, or in a word why none did."""
    return await asyncio.gather(*[_call(parcel, allowed, now) for parcel in parcels])


async def _call(parcel: Parcel, allowed: Collection[str], now: datetime) -> int | str:
    try:
        check_url(parcel.url, allowed)
        host = urlsplit(parcel.url).hostname or ""
        proxy = proxy_for(host) if parcel.url.startswith("https:") else None
        resolver = None if proxy else Outside(allowed)
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)
        connector = aiohttp.TCPConnector(ssl=trusted_certificates(), resolver=resolver)
        async with (
            aiohttp.ClientSession(
                connector=connector, timeout=timeout, cookie_jar=aiohttp.DummyCookieJar(), proxy=proxy
            ) as session,
            session.post(
                parcel.url,
                data=parcel.body.encode(),
                headers=headers_of(parcel, now),
                allow_redirects=False,
            ) as answer,
        ):
            return answer.status
    except (Refused, NotOutside, GatewayRefused):
        return "not_allowed"
    except TimeoutError:
        return "no_answer"
    except (aiohttp.ClientError, OSError, ValueError) as trouble:
        return "not_allowed" if isinstance(trouble.__cause__, NotOutside) else "not_reached"


class NotOutside(OSError):
    """The name leads into our own network."""


class Outside(AbstractResolver):
    """Looks names up, and knows no addresses but those of the internet. What it returns is what is called."""

    def __init__(self, allowed: Collection[str]) -> None:
        self._allowed = allowed
        self._resolver = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        if host.lower() in self._allowed:
            return found
        outside = [one for one in found if ip_address(one["host"].partition("%")[0]).is_global]
        if not outside:
            raise NotOutside(host)
        return outside

    async def close(self) -> None:
        await self._resolver.close()
