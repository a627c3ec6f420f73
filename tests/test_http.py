"""One request: bounded, never redirected, and without a trace of what it carried when it fails."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import ssl
import traceback
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bot.errors import NoAnswer, Unreachable, look_there
from bot.http import HttpClient, HttpResponse
from tests.support.served import served

ROUTE = "GET /somewhere"


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    async with HttpClient("Encvoy ID", timeout=2.0) as made:
        yield made


async def echo(request: web.Request) -> web.StreamResponse:
    """Says what came."""
    if request.path == "/elsewhere":
        return web.Response(status=302, headers={"Location": "/end?token=abc"})
    said = {"path": request.raw_path, "cookies": dict(request.cookies), "agent": request.headers["User-Agent"]}
    answer = web.json_response(said)
    answer.set_cookie("one", request.path, path="/")
    return answer


@pytest.fixture
async def url() -> AsyncIterator[str]:
    async with served(echo) as url:
        yield url


async def test_a_redirect_is_an_answer_like_any_other(http: HttpClient, url: str) -> None:
    answer = await http.send("GET", f"{url}/elsewhere", route=ROUTE)

    assert (answer.status, answer.location) == (302, "/end?token=abc")


@pytest.mark.parametrize(("status", "location"), [(200, ""), (302, "/x"), (404, ""), (201, "")])
def test_only_a_redirect_points_somewhere(status: int, location: str) -> None:
    assert HttpResponse(status, {"Location": "/x"}, b"").location == location


def test_an_answer_prints_no_body() -> None:
    assert repr(HttpResponse(200, {"Set-Cookie": "a=secretword"}, b"secretword")) == "HttpResponse(200)"


async def test_an_address_goes_out_as_it_was_encoded(http: HttpClient, url: str) -> None:
    answer = await http.send("GET", f"{url}/a%2Fb?filter=%7B%22a%22%3A%22%2B%20%26%22%7D", route=ROUTE)

    assert '"/a%2Fb?filter=%7B%22a%22%3A%22%2B%20%26%22%7D"' in answer.text


async def test_a_plain_request_keeps_no_cookies(http: HttpClient, url: str) -> None:
    await http.send("GET", f"{url}/a", route=ROUTE)

    assert '"cookies": {}' in (await http.send("GET", f"{url}/b", route=ROUTE)).text


async def test_a_browser_keeps_its_own(http: HttpClient, url: str) -> None:
    async with http.browser() as first, http.browser() as second:
        await first.get(f"{url}/a", route=ROUTE)

        assert '"one": "/a"' in (await first.get(f"{url}/b", route=ROUTE)).text
        assert '"cookies": {}' in (await second.get(f"{url}/b", route=ROUTE)).text


async def test_the_program_says_who_it_is(http: HttpClient, url: str) -> None:
    assert '"agent": "ssobot"' in (await http.send("GET", url, route=ROUTE)).text


async def test_a_closed_wire_opens_again(http: HttpClient, url: str) -> None:
    await http.send("GET", url, route=ROUTE)
    await http.close()

    assert (await http.send("GET", url, route=ROUTE)).status == 200


async def test_nobody_at_the_port_is_unreachable_and_leaves_no_trace(http: HttpClient) -> None:
    url, form = "http://127.0.0.1:9/a?token=abc", {"password": "secretword"}

    with pytest.raises(Unreachable) as caught:
        await http.send("POST", url, route=ROUTE, form=form)

    told = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))
    assert "secretword" not in told
    assert "token=abc" not in told
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    assert not caught.value.effect_unknown


async def test_a_name_that_nobody_has_is_unreachable(http: HttpClient) -> None:
    with pytest.raises(Unreachable):
        await http.send("GET", "http://nobody.invalid/", route=ROUTE)


async def test_what_cannot_be_reached_is_told_with_cause_and_fix(http: HttpClient) -> None:
    with pytest.raises(Unreachable) as caught:
        await http.send("GET", "http://127.0.0.1:9/", route=ROUTE)

    assert caught.value.why == "Nothing responds at its address."
    assert "SSOBOT_ENCVOY_URL" in caught.value.fix


async def test_what_does_not_answer_is_told_with_cause_and_fix(http: HttpClient) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    async with server, HttpClient("Encvoy ID", timeout=0.1) as hasty:
        with pytest.raises(NoAnswer) as caught:
            await hasty.send("GET", f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", route=ROUTE)

    assert caught.value.why == "It took longer than 0.1 seconds."
    assert caught.value.fix == look_there(caught.value.system)
    assert "SSOBOT_ENCVOY_URL" in caught.value.fix


async def test_a_connection_cut_in_the_answer_is_unknown(http: HttpClient) -> None:
    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(cut, "127.0.0.1", 0)
    async with server:
        with pytest.raises(NoAnswer) as caught:
            await http.send("POST", f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", route=ROUTE)

    assert caught.value.effect_unknown


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for 127.0.0.1 that nobody signed but itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stand-in")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "certificate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


@pytest.fixture
async def https_url(certificate: Path) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", echo)
    runner = web.AppRunner(app)
    await runner.setup()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    yield f"https://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def test_a_certificate_that_nobody_vouches_for_is_named(http: HttpClient, https_url: str) -> None:
    with pytest.raises(Unreachable, match="certificate"):
        await http.send("GET", https_url, route=ROUTE)


async def test_a_private_authority_can_be_trusted(certificate: Path, https_url: str) -> None:
    context = ssl.create_default_context()
    context.load_verify_locations(certificate)

    async with HttpClient("Encvoy ID", timeout=2.0, tls=context) as http:
        assert (await http.send("GET", https_url, route=ROUTE)).status == 200


class Gate:
    """Comes before each write."""

    def __init__(self) -> None:
        self.asked: list[float] = []
        self.open = asyncio.Event()

    async def __call__(self, seconds: float) -> None:
        self.asked.append(seconds)
        await self.open.wait()


async def test_a_write_waits_until_it_may_be_sent_and_a_read_does_not() -> None:
    came: list[str] = []

    async def note(request: web.Request) -> web.StreamResponse:
        came.append(request.method)
        return web.Response()

    gate = Gate()
    async with served(note) as address, HttpClient("Encvoy ID", timeout=2.0, before_write=gate) as http:
        await http.send("GET", address, route=ROUTE)
        assert (came, gate.asked) == (["GET"], [])
        writing = asyncio.create_task(http.send("PUT", address, route=ROUTE, json={}))
        async with http.browser() as browser:
            posting = asyncio.create_task(browser.post(address, {}, route=ROUTE))
            await asyncio.sleep(0.05)
            assert (came, gate.asked) == (["GET"], [2.0, 2.0])
            gate.open.set()
            await asyncio.gather(writing, posting)
    assert sorted(came) == ["GET", "POST", "PUT"]
