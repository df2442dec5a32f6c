"""The network as the machine's environment describes it: whom to trust, and which proxy to go through."""

import os
import ssl
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from reminders.gateway import GatewayRefused

CERTIFICATE_VARIABLES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")


def trusted_certificates() -> ssl.SSLContext:
    """The authorities of REQUESTS_CA_BUNDLE, else of SSL_CERT_FILE, else of the system."""
    for variable in CERTIFICATE_VARIABLES:
        path = os.environ.get(variable)
        if path:
            return _certificates_at(path, variable)
    return ssl.create_default_context()


def _certificates_at(path: str, variable: str) -> ssl.SSLContext:
    try:
        if os.path.isdir(path):
            return ssl.create_default_context(capath=path)
        return ssl.create_default_context(cafile=path)
    except OSError:  # a file that is no certificate raises SSLError, which is one too
        raise GatewayRefused(f"{variable} names {path}, which holds no certificates we can read.") from None


def proxy_for(host: str) -> str | None:
    """The proxy that HTTPS_PROXY and NO_PROXY ask for, or None to go straight.

    aiohttp can look itself (`trust_env`), but it does so twice per request in other
    threads, goes past an https:// proxy, and fails over a .netrc with a default entry.
    """
    proxy = getproxies().get("https")
    if not proxy or proxy_bypass(host):
        return None
    if "://" not in proxy:
        proxy = f"http://{proxy}"
    if urlsplit(proxy).scheme not in ("http", "https"):
        raise GatewayRefused("HTTPS_PROXY must be an http:// or https:// address.")
    return proxy
