"""Each row of the difference table (facts/rocketchat.md §16) has a test of the stand-in, and this says which."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FACTS = ROOT / "docs" / "facts" / "rocketchat.md"
STANDIN = ROOT / "tests" / "sandbox" / "rocketchat"

DIFFERENCES = "oauth/test_differences.py"
INSTANCE = "test_instance.py"
SETTINGS = "rest/test_settings.py"
SIGNIN = "oauth/test_signin.py"
PUBLICATION = "ddp/test_login_service_publication.py"

SHOWN = {
    "write of an equal value": [(INSTANCE, "test_write_of_an_equal_value_is_ignored")],
    "settle": [(INSTANCE, "test_settle_is_half_a_second_for_the_key_and_then_two_seconds")],
    "publication after an enable": [(PUBLICATION, "test_subscribed_before_hears_nothing_of_enable_change_and_disable")],
    "refresh": [(INSTANCE, "test_refresh_rebuilds_at_once_with_new_ids")],
    "e-mail of a local account": [(DIFFERENCES, "test_e_mail_of_a_local_account")],
    "user name in another case": [(DIFFERENCES, "test_user_name_in_another_case")],
    "another service name, same e-mail; registration off, local e-mail": [
        (DIFFERENCES, "test_another_service_name_same_e_mail"),
        (DIFFERENCES, "test_registration_off_local_e_mail"),
    ],
    "default roles": [(DIFFERENCES, "test_default_roles")],
    "allowed domains": [(DIFFERENCES, "test_allowed_domains")],
    "manual approval, no e-mail": [(DIFFERENCES, "test_manual_approval_no_e_mail")],
    "e-mail second factor opt-in without e-mail": [(DIFFERENCES, "test_e_mail_second_factor_opt_in_without_e_mail")],
    "numeric or list user name": [
        (DIFFERENCES, "test_numeric_or_list_user_name"),
        (SIGNIN, "test_numeric_or_list_user_name_is_shown_as_it_is"),
    ],
    "key_field with an unknown word": [(DIFFERENCES, "test_key_field_with_an_unknown_word")],
    'merge_users stored as text "true"': [(DIFFERENCES, "test_merge_users_stored_as_text_true")],
    "blanks around field names": [(DIFFERENCES, "test_blanks_around_field_names")],
    "`result` wrapper, `ocs.data`": [(DIFFERENCES, "test_result_wrapper_and_ocs_data")],
    "dots in claim names; leading `$`": [(DIFFERENCES, "test_dots_in_claim_names_and_a_leading_dollar")],
    "template null / true / missing": [(DIFFERENCES, "test_template_null_true_missing")],
    "identity_token_sent_via ''": [(SIGNIN, "test_identity_token_sent_via_empty")],
    "access_token_param ''": [(SIGNIN, "test_access_token_param_empty")],
    "login_style ''": [(SIGNIN, "test_login_style_empty")],
    "token answer without access_token": [(SIGNIN, "test_token_answer_without_access_token")],
    "bulk write: unknown id with text; wrong type": [
        (SETTINGS, "test_a_bulk_write_of_an_unknown_id_with_text_is_200_and_stores_nothing"),
        (SETTINGS, "test_a_bulk_write_of_a_wrong_type_is_a_match_error_and_stores_nothing"),
    ],
    "name `!!!`": [(SETTINGS, "test_a_name_without_letters_makes_thirty_useless_settings_and_cannot_be_removed")],
    "add again after removal, no restart": [(INSTANCE, "test_add_again_after_removal_makes_documents_without_value")],
}


def situations() -> set[str]:
    """The first cell of each row of the table."""
    section = FACTS.read_text(encoding="utf-8").split("\n## 16.")[1].split("\n## ")[0]
    rows = [line.split("|")[1].strip() for line in section.splitlines() if line.startswith("|")]
    return {row for row in rows if row != "situation" and row.strip("-")}


def test_every_row_has_its_tests_and_no_row_is_made_up() -> None:
    assert set(SHOWN) == situations()


@pytest.mark.parametrize(("file", "name"), sorted({place for places in SHOWN.values() for place in places}))
def test_what_is_named_is_a_test(file: str, name: str) -> None:
    tree = ast.parse((STANDIN / file).read_text(encoding="utf-8"))
    named = [node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    assert named.count(name) == 1
