"""Secrets of recorded bodies keep their shape and nothing else."""

from __future__ import annotations

import json
import re

import pytest

from tests.judges.rocketchat.masking import masked_fields, masked_text, shape
from tests.judges.rocketchat.recording import Exchange, lines

SECRET = "Kq7-x_" * 6


@pytest.mark.parametrize(
    ("text", "masked"), [("Ab9-_x", "Aa0-_a"), ("", ""), ("0f9C", "0a0A"), ("a b\n", "a a\n"), ("é", "a")]
)
def test_shape(text: str, masked: str) -> None:
    assert shape(text) == masked


def test_a_digest_stays_hexadecimal() -> None:
    masked = masked_fields({"password": {"digest": "9f" * 32, "algorithm": "sha-256"}})["password"]["digest"]
    assert re.fullmatch("[0-9a-f]{64}", masked)
    assert masked != "9f" * 32


@pytest.mark.parametrize("field", ["password", "resume", "authToken", "code", "credentialSecret"])
def test_a_secret_field_is_masked_whoever_made_the_secret(field: str) -> None:
    assert masked_fields({"data": [{field: SECRET}]}) == {"data": [{field: shape(SECRET)}]}


def test_the_value_of_a_secret_setting_is_masked_and_no_other() -> None:
    given = [{"_id": "X-secret", "value": SECRET}, {"_id": "X-scope", "value": "openid"}]
    assert masked_fields(given) == [{"_id": "X-secret", "value": shape(SECRET)}, {"_id": "X-scope", "value": "openid"}]


def test_a_secret_inside_a_text_of_json_is_masked() -> None:
    given = {"message": json.dumps({"params": [{"resume": SECRET}]})}
    assert json.loads(masked_fields(given)["message"]) == {"params": [{"resume": shape(SECRET)}]}


def test_a_text_that_only_looks_like_json_stays() -> None:
    assert masked_fields({"text": "{not json"}) == {"text": "{not json"}


@pytest.mark.parametrize("written", ['it is "{}"', "?x={}", "{}{}"])
def test_a_known_secret_is_masked_wherever_it_stands(written: str) -> None:
    text = written.replace("{}", SECRET)
    assert masked_text(text, [SECRET]) == written.replace("{}", shape(SECRET))


def test_a_known_secret_is_masked_as_an_address_writes_it() -> None:
    assert masked_text("a%2Fb%2Bc", ["a/b+c"]) == shape("a%2Fb%2Bc")


def test_a_line_of_the_record_holds_no_known_secret() -> None:
    exchange = Exchange("POST chat.sendMessage", True, {}, {"message": {"msg": f"it is {SECRET}"}}, 200, [], None)
    [line] = lines([exchange], [SECRET], "test").splitlines()
    assert json.loads(line)["body"] == {"message": {"msg": f"it is {shape(SECRET)}"}}
