"""Whom the bot trusts, through which proxy it goes, and what it says: the same for all three transports."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from bot.errors import Unreachable
from bot.tls import client_context, proxy_for
from tests.support.transports import TRANSPORTS, Ask, answering, proxying

NOW = datetime.now(UTC)
ADDRESS = "SSOBOT_ROCKETCHAT_URL"

each_transport = pytest.mark.parametrize("ask", TRANSPORTS.values(), ids=TRANSPORTS)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    return file


def serving(authority: trustme.CA, *names: str, **dates: datetime) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate = authority.issue_cert(*(names or ("127.0.0.1",)), **dates)  # type: ignore[arg-type]
    certificate.configure_cert(context)
    return context


# --- certificates ----------------------------------------------------------------------------------------------------


@each_transport
async def test_an_authority_in_the_file_is_trusted(ask: Ask, authority: trustme.CA, ca_file: Path) -> None:
    async with answering(serving(authority)) as server:
        await ask(f"https://127.0.0.1:{server.port}", client_context(ca_file))


@each_transport
async def test_the_system_s_authorities_are_trusted_besides(
    ask: Ask, ca_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = trustme.CA()
    system.cert_pem.write_to_path(str(tmp_path / "system.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "system.pem"))
    async with answering(serving(system)) as server:
        await ask(f"https://127.0.0.1:{server.port}", client_context(ca_file))


@each_transport
@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
async def test_what_requests_reads_by_itself_makes_nobody_trusted(
    ask: Ask, variable: str, authority: trustme.CA, ca_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, str(ca_file))
    async with answering(serving(authority)) as server:
        with pytest.raises(Unreachable, match="not signed by a trusted authority"):
            await ask(f"https://127.0.0.1:{server.port}", client_context())


@each_transport
async def test_an_authority_that_is_put_into_the_file_later_is_trusted_from_then_on(ask: Ask, tmp_path: Path) -> None:
    before, after, file = trustme.CA(), trustme.CA(), tmp_path / "ca.pem"
    before.cert_pem.write_to_path(str(file))
    trusted = client_context(file)
    async with answering(serving(before)) as old, answering(serving(after)) as new:
        await ask(f"https://127.0.0.1:{old.port}", trusted)
        with pytest.raises(Unreachable, match="not signed by a trusted authority"):
            await ask(f"https://127.0.0.1:{new.port}", trusted)
        for half_written in ("", "-----BEGIN CERTIFICATE-----\nMII"):
            file.write_text(half_written)
            with pytest.raises(Unreachable, match="not signed by a trusted authority"):
                await ask(f"https://127.0.0.1:{new.port}", trusted)
        file.unlink()
        await ask(f"https://127.0.0.1:{old.port}", trusted)
        after.cert_pem.write_to_path(str(file))
        await ask(f"https://127.0.0.1:{new.port}", trusted)
        await ask(f"https://127.0.0.1:{old.port}", trusted)


def test_nothing_is_less_strict_for_a_file_of_ones_own(ca_file: Path) -> None:
    with_it, without = client_context(ca_file), client_context()
    for name in ("verify_mode", "verify_flags", "check_hostname", "options", "minimum_version", "protocol"):
        assert getattr(with_it, name) == getattr(without, name), name


DISTRUSTED = {
    "nobody": (
        (),
        {},
        "Its certificate is not signed by a trusted authority.",
        "Save the certificate of its authority to a file, and set SSOBOT_CA_FILE to that file.",
    ),
    "expired": (
        (),
        {"not_before": NOW - timedelta(days=9), "not_after": NOW - timedelta(days=1)},
        "Its certificate has expired.",
        "Renew the certificate of Rocket.Chat.",
    ),
    "too early": (
        (),
        {"not_before": NOW + timedelta(days=1), "not_after": NOW + timedelta(days=9)},
        "Its certificate is not valid yet.",
        "Set this machine's clock, or renew the certificate of Rocket.Chat.",
    ),
    "another host": (
        ("chat.example.org",),
        {},
        "Its certificate is for another host name.",
        f"Set {ADDRESS} to a name in the certificate, or get a certificate for this name.",
    ),
}


@each_transport
@pytest.mark.parametrize("case", DISTRUSTED)
async def test_a_certificate_that_is_not_accepted_says_why(
    ask: Ask, case: str, authority: trustme.CA, ca_file: Path
) -> None:
    names, dates, why, fix = DISTRUSTED[case]
    trusted = client_context(None if case == "nobody" else ca_file)
    async with answering(serving(authority, *names, **dates)) as server:
        with pytest.raises(Unreachable) as caught:
            await ask(f"https://127.0.0.1:{server.port}", trusted)
    assert (caught.value.why, caught.value.fix) == (why, fix)


@each_transport
async def test_a_port_that_speaks_no_tls_is_told(ask: Ask) -> None:
    async with answering() as server:
        with pytest.raises(Unreachable) as caught:
            await ask(f"https://127.0.0.1:{server.port}", client_context())
    assert caught.value.why == "It does not speak TLS on that port."
    assert caught.value.fix == f"Begin {ADDRESS} with http://, or use the port on which it speaks https."


@each_transport
async def test_a_server_that_speaks_only_old_tls_is_told(ask: Ask, authority: trustme.CA, ca_file: Path) -> None:
    old = serving(authority)
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    async with answering(old) as server:
        with pytest.raises(Unreachable) as caught:
            await ask(f"https://127.0.0.1:{server.port}", client_context(ca_file))
    assert caught.value.why == "The TLS handshake failed."
    assert caught.value.fix == "Let Rocket.Chat use TLS 1.2 or newer."


# --- proxies ---------------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.mark.parametrize(
    ("variables", "url", "proxy"),
    [
        ({}, "https://chat.example.org", None),
        ({"HTTPS_PROXY": "http://proxy:3128"}, "https://chat.example.org/sub", "http://proxy:3128"),
        ({"https_proxy": "http://proxy:3128"}, "https://chat.example.org", "http://proxy:3128"),
        ({"HTTPS_PROXY": "http://proxy:3128"}, "wss://chat.example.org/websocket", "http://proxy:3128"),
        ({"HTTPS_PROXY": "http://proxy:3128"}, "http://chat.example.org", None),
        ({"HTTP_PROXY": "http://proxy:3128"}, "ws://chat.example.org/websocket", "http://proxy:3128"),
        ({"ALL_PROXY": "http://proxy:3128"}, "https://chat.example.org", "http://proxy:3128"),
        ({"HTTPS_PROXY": "proxy:3128"}, "https://chat.example.org", "http://proxy:3128"),
        ({"HTTPS_PROXY": "http://proxy:1", "NO_PROXY": "example.org"}, "https://chat.example.org", None),
        ({"HTTPS_PROXY": "http://proxy:1", "NO_PROXY": "chat.example.org:8443"}, "https://chat.example.org:8443", None),
        ({"HTTPS_PROXY": "http://proxy:1", "NO_PROXY": "*"}, "https://chat.example.org", None),
        ({"HTTPS_PROXY": "http://proxy:1", "NO_PROXY": "other.org"}, "https://chat.example.org", "http://proxy:1"),
    ],
)
def test_the_proxy_is_the_one_that_the_environment_names(
    variables: dict[str, str], url: str, proxy: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert proxy_for(url) == proxy


@each_transport
@pytest.mark.parametrize("credentials", ["", "us%20er:pass%40word"], ids=["open", "with a password"])
async def test_https_goes_through_a_tunnel(
    ask: Ask, credentials: str, authority: trustme.CA, ca_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with answering(serving(authority, "chat.example.org")) as server, proxying(plain(credentials)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{credentials}{'@' if credentials else ''}127.0.0.1:{proxy.port}")
        await ask(f"https://chat.example.org:{server.port}", client_context(ca_file))
        assert [line.rpartition(" ")[0] for line in proxy.asked] == [f"CONNECT chat.example.org:{server.port}"]


@pytest.mark.parametrize("ask", [TRANSPORTS["aiohttp"], TRANSPORTS["requests"]], ids=["aiohttp", "requests"])
async def test_http_goes_through_the_proxy(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    async with answering() as server, proxying() as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
        await ask(f"http://chat.example.org:{server.port}", client_context())
        [line] = proxy.asked
        assert line.startswith(f"GET http://chat.example.org:{server.port}/api/")


@each_transport
@pytest.mark.parametrize("case", ["refuses", "is away"])
async def test_a_proxy_that_lets_nobody_through_is_told(ask: Ask, case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with proxying("user:right-password") as proxy:
        port = proxy.port if case == "refuses" else 1
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:wrong-password@127.0.0.1:{port}")
        with pytest.raises(Unreachable) as caught:
            await ask("https://chat.example.org", client_context())
    assert caught.value.why == "The proxy set in the environment does not let me through."
    assert caught.value.fix == f"Check HTTP_PROXY and HTTPS_PROXY, or add the host of {ADDRESS} to NO_PROXY."
    assert "password" not in caught.value.text


@each_transport
async def test_no_password_of_netrc_goes_anywhere(ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "netrc").write_text("default login me password hunter2\n")
    (tmp_path / "netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    async with answering() as server:
        await ask(f"http://127.0.0.1:{server.port}", client_context())
        [head] = server.heads
    assert "authorization" not in head.lower()


def plain(credentials: str) -> str:
    return credentials.replace("%20", " ").replace("%40", "@")
