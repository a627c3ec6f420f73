"""The words of errors that more than one place raises."""

from __future__ import annotations

import pytest

from bot.config import Config
from bot.errors import ADDRESSES, System, look_there, took_too_long


@pytest.mark.parametrize("system", ADDRESSES)
def test_the_variable_that_leads_to_a_system_is_one_of_the_configuration(system: System) -> None:
    assert ADDRESSES[system].removeprefix("SSOBOT_").lower() in Config.model_fields
    assert look_there(system) == f"Check that {system} is running, and that {ADDRESSES[system]} leads to it from here."


@pytest.mark.parametrize(("seconds", "shown"), [(8.0, "8"), (0.1, "0.1"), (round(7.6), "8")])
def test_a_request_that_took_too_long_says_for_how_long_and_what_to_look_at(seconds: float, shown: str) -> None:
    error = took_too_long("Encvoy ID", "PUT /api/v1/clients/:client_id", seconds)
    assert error.why == f"It took longer than {shown} seconds."
    assert error.fix == look_there("Encvoy ID")
    assert (error.transient, error.effect_unknown) == (True, True)
