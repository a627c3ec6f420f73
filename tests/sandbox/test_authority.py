"""The sandbox's certificate authority: made once, whoever comes first, and its key for nobody else."""

from __future__ import annotations

import multiprocessing
import ssl
import stat
from pathlib import Path

import pytest

from bot.errors import ConfigError
from sandbox.authority import FILE, WHOLE, authority_in


def file_of(folder: str) -> bytes:
    return authority_in(Path(folder)).file.read_bytes()


def test_it_is_made_once_and_used_again(tmp_path: Path) -> None:
    first = authority_in(tmp_path / "new" / "folder")
    again = authority_in(tmp_path / "new" / "folder")
    assert first.file == (tmp_path / "new" / "folder" / FILE).resolve()
    assert first.ca.cert_pem.bytes() == again.ca.cert_pem.bytes() == first.file.read_bytes()


def test_of_several_who_start_at_once_all_get_the_same(tmp_path: Path) -> None:
    with multiprocessing.get_context("forkserver").Pool(4) as pool:
        files = pool.map(file_of, [str(tmp_path)] * 8)
    assert len(set(files)) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([FILE, WHOLE])


def test_the_key_is_for_the_owner_alone(tmp_path: Path) -> None:
    authority_in(tmp_path)
    assert stat.S_IMODE((tmp_path / WHOLE).stat().st_mode) == 0o600
    assert b"PRIVATE" not in (tmp_path / FILE).read_bytes()


def test_whoever_trusts_the_file_trusts_its_servers(tmp_path: Path) -> None:
    authority = authority_in(tmp_path)
    client = ssl.create_default_context(cafile=authority.file)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    server_side = authority.server_context().wrap_bio(incoming, outgoing, server_side=True)
    client_side = client.wrap_bio(outgoing, incoming, server_hostname="localhost")
    for _ in range(3):
        for side in (client_side, server_side):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    assert client_side.version() == "TLSv1.3"


@pytest.mark.parametrize("content", ["", "hello", "-----BEGIN EC PRIVATE KEY-----\n"])
def test_a_folder_that_holds_something_else_under_that_name_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / WHOLE).write_text(content)
    with pytest.raises(ConfigError) as caught:
        authority_in(tmp_path)
    assert caught.value.text == (
        "--tls names a folder whose authority.pem is not a certificate authority. "
        "Remove that file, or name another folder."
    )


def test_a_folder_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="--tls names a folder that cannot be used: not a directory"):
        authority_in(tmp_path / "file" / "below")
