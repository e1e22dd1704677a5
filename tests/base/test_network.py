"""Nothing leaves the machine once the guard is on; loopback and the rendezvous still work."""

import logging
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexus.base.errors import NetworkError, NexusError
from nexus.base.network import admit, is_loopback, judge

DIALS = ["socket.connect", "socket.sendto", "socket.sendmsg"]
LOOK_UPS = ["socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"]


@pytest.mark.parametrize("event", DIALS)
@pytest.mark.parametrize("host", ["93.184.216.34", "2606:2800:220:1::1", "example.com", "0.0.0.1"])
def test_another_machine_is_refused(event: str, host: str) -> None:
    with pytest.raises(NetworkError, match="refused a connection to"):
        judge(event, (None, (host, 443)), {})


@pytest.mark.parametrize("event", LOOK_UPS)
def test_a_name_is_not_even_looked_up(event: str) -> None:
    with pytest.raises(NetworkError):
        judge(event, ("example.com", 443), {})
    with pytest.raises(NetworkError):
        judge(event, (b"example.com", 443), {})


def test_a_reverse_look_up_is_refused() -> None:
    with pytest.raises(NetworkError):
        judge("socket.getnameinfo", (("93.184.216.34", 80),), {})


@pytest.mark.parametrize("event", DIALS)
@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.8.7", "::1", "localhost"])
def test_loopback_passes_and_is_logged(
    event: str, host: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "nexus.base.network"):
        judge(event, (None, (host, 8188)), {})
    assert host in caplog.text


def test_unix_sockets_pass() -> None:
    judge("socket.connect", (None, "/run/some.sock"), {})
    judge("socket.connect", (None, b"\0abstract"), {})
    judge("socket.sendmsg", (None, None), {})


def test_only_the_rendezvous_torchrun_names_is_allowed() -> None:
    judge("socket.connect", (None, ("node-a", 29500)), {"MASTER_ADDR": "node-a"})
    with pytest.raises(NetworkError):
        judge("socket.connect", (None, ("node-b", 29500)), {"MASTER_ADDR": "node-a"})
    with pytest.raises(NetworkError):
        judge("socket.connect", (None, ("node-b", 29500)), {"MASTER_ADDR": ""})


def test_the_ledgers_server_is_admitted_and_logged(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nexus.base.network._admitted", {})
    with pytest.raises(NetworkError):
        judge("socket.connect", (None, ("db.example", 5432)), {})
    with caplog.at_level(logging.INFO, "nexus.base.network"):
        admit("db.example", "the server of the ledger")
        judge("socket.connect", (None, ("db.example", 5432)), {})
        judge("socket.getaddrinfo", ("db.example", 5432), {})
    assert caplog.text.count("db.example, the server of the ledger") == 3
    with pytest.raises(NetworkError):
        judge("socket.connect", (None, ("other.example", 5432)), {})


@given(st.ip_addresses())
def test_loopback_means_127_and_1(address: object) -> None:
    expected = str(address).startswith("127.") or str(address) == "::1"
    assert is_loopback(str(address)) == expected


@given(st.text(max_size=20).filter(lambda text: text not in ("", "localhost")))
def test_no_odd_name_counts_as_loopback(name: str) -> None:
    assert not is_loopback(f"{name}.example")


def test_libraries_may_take_the_refusal_for_an_unreachable_network() -> None:
    error = NetworkError("refused", hint="stay")
    assert isinstance(error, OSError)
    assert isinstance(error, NexusError)
    assert (str(error), error.hint) == ("refused (hint: stay)", "stay")


SESSION = """
import socket, sys
from nexus.base import network
network.install(); network.install()
server = socket.create_server(("127.0.0.1", 0))
socket.create_connection(server.getsockname(), timeout=5).close()
for attempt in (
    lambda: socket.create_connection(("192.0.2.1", 80), timeout=1),
    lambda: socket.getaddrinfo("example.com", 80),
    lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("192.0.2.1", 53)),
):
    try:
        attempt()
    except network.NetworkError:
        continue
    sys.exit("got through")
"""


def test_the_installed_hook_guards_real_sockets() -> None:
    subprocess.run([sys.executable, "-c", SESSION], check=True, timeout=60)


def test_importing_the_package_guards_nothing() -> None:
    code = "import nexus, nexus.base.network as n; assert not n.installed()"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
