"""No network: connections that leave this machine are refused, and loopback ones are logged.

Only the command line and the server install the guard, never ``import nexus``: a library must not
change what its host program may do. It hears of every socket Python opens (PEP 578). Sockets
opened by C++ code, such as gloo's between the ranks of one training, do not pass through it.
"""

import ipaddress
import logging
import os
import sys
from collections.abc import Mapping
from typing import Any, Final

from nexus.base.errors import NetworkError

_log = logging.getLogger(__name__)

_LOOK_UPS: Final = frozenset(
    f"socket.{name}" for name in ("getaddrinfo", "gethostbyname", "gethostbyaddr", "getnameinfo")
)
_DIALS: Final = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})

_installed = False
_admitted: dict[str, str] = {}
"""Hosts the person's own settings name -> what for."""


def install() -> None:
    """Refuse the network for the rest of this process; an audit hook cannot be taken out again."""
    global _installed
    if not _installed:
        sys.addaudithook(_hook)
        _installed = True


def admit(host: str, why: str) -> None:
    """Let connections to ``host`` pass from here on, and log that they may be made.

    A driver in C, as PostgreSQL's is, dials where no audit hook hears it: this line is its trace.
    """
    _admitted[host] = why
    _log.info("%s, %s, may be connected to", host, why)


def installed() -> bool:
    """Return whether this process refuses the network."""
    return _installed


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if event.startswith("socket."):
        judge(event, arguments, os.environ)


def judge(event: str, arguments: tuple[Any, ...], environ: Mapping[str, str]) -> None:
    """Return if an audit event stays on this machine, or reaches ``MASTER_ADDR`` or the admitted.

    Raises:
        NetworkError: the event looks up or reaches another machine.
    """
    host = _host(event, arguments)
    if host is None:
        return
    if is_loopback(host):
        if event in _DIALS:
            _log.info("loopback connection: %s %s", event, arguments[1])
        return
    rendezvous = environ.get("MASTER_ADDR", "")  # set by torchrun
    if rendezvous and host == rendezvous:
        _log.info("connection to the training rendezvous %s", host)
        return
    if host in _admitted:
        _log.info("connection to %s, %s", host, _admitted[host])
        return
    raise NetworkError(
        f"refused a connection to {host}: NEXUS stays on this machine",
        hint="loopback is allowed, the host torchrun names in MASTER_ADDR, and the ledger's",
    )


def _host(event: str, arguments: tuple[Any, ...]) -> str | None:
    """Return the host an event is about, or None when it cannot leave the machine."""
    if event in _LOOK_UPS:
        host = arguments[0][0] if isinstance(arguments[0], tuple) else arguments[0]
    elif event in _DIALS:
        address = arguments[1]
        if not isinstance(address, tuple):  # a Unix socket's path, or no address at all
            return None
        host = address[0]
    else:
        return None
    if isinstance(host, bytes):
        host = host.decode("ascii", errors="replace")
    return None if host is None else str(host)


def is_loopback(host: str) -> bool:
    """Return whether a host name or address means this very machine.

    >>> is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("10.0.0.1")
    (True, True, False)
    """
    if host in ("", "localhost"):
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False
