"""The second factor (facts/rocketchat.md §1.4): whether it is asked, by which method, and whether a code is right."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sandbox.ledger import Ledger
from sandbox.rocketchat.people import ResumeToken, User
from sandbox.rocketchat.problems import MeteorError
from sandbox.rocketchat.settings import Settings

_PREFIX = "Accounts_TwoFactorAuthentication_"
_TOTP_STEP = 30
_EMAIL_CODE_LIFE = timedelta(minutes=10)


@dataclass(frozen=True)
class FactorAttempt:
    """What a caller shows: the token it came with, a fingerprint of the client, and a code if it has one."""

    token: ResumeToken | None
    fingerprint: str
    code: str = ""
    method: str = ""


def fingerprint(user_agent: str, ip: str) -> str:
    """How a client is recognised: MD5 of its user agent and address (as the real server; not a secret)."""
    return hashlib.md5(f"{user_agent}{ip}".encode(), usedforsecurity=False).hexdigest()


def totp(secret: str, at: datetime) -> str:
    """The six digits of RFC 6238 for a base32 secret."""
    counter = struct.pack(">Q", int(at.timestamp()) // _TOTP_STEP)
    mac = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    offset = mac[-1] & 0xF
    number = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


def enrol_totp(user: User) -> str:
    """Switches TOTP on for somebody; the base32 secret."""
    secret = base64.b32encode(secrets.token_bytes(20)).decode()
    user.services["totp"] = {"enabled": True, "secret": secret}
    return secret


class SecondFactor:
    """Decides. `honour_bypass` off is the regression of 8.5, which ignored `bypassTwoFactor` on REST."""

    def __init__(self, settings: Settings, now: Callable[[], datetime], ledger: Ledger) -> None:
        self._settings = settings
        self._now = now
        self._ledger = ledger
        self.honour_bypass = True

    def check(self, user: User, attempt: FactorAttempt, *, remember: bool = True) -> None:
        """Returns if the call may go on; `totp-required`, `totp-invalid` or `totp-max-attempts` if not. With
        `remember` off a code is needed each time."""
        if not self._settings.get(_PREFIX + "Enabled", False) or self._exempt(user, attempt, remember):
            return
        method = self._method(user, attempt.method)
        if method is None:
            return
        if not attempt.code:
            raise MeteorError("totp-required", "TOTP Required", self._details(user, method, fresh=True))
        if not self._right(user, method, attempt.code):
            if method == "email" and self._too_many(user):
                text = "TOTP Maximun Failed Attempts Reached"
                raise MeteorError("totp-max-attempts", text, self._details(user, method))
            raise MeteorError("totp-invalid", "TOTP Invalid", self._details(user, method))
        if remember and attempt.token is not None:
            attempt.token.authorized_until = self._now() + self._remember_for
            attempt.token.authorized_fingerprint = attempt.fingerprint

    def at_login(self, user: User, code: str, method: str = "") -> None:
        """The check of a login with a password: only a method that the person has is asked."""
        if not self._settings.get(_PREFIX + "Enabled", False) or not self.methods(user):
            return
        self.check(user, FactorAttempt(None, "", code, method), remember=False)

    def at_oauth_login(self, user: User, code: str) -> None:
        """The check of a login by single sign-on: as any, but nothing is asked of somebody new for as long as a code is
        remembered, unless they set up TOTP themselves (facts/rocketchat.md §3.6)."""
        if self.methods(user) != ["email"] or self._now() >= user.created_at + self._remember_for:
            self.at_login(user, code)

    def methods(self, user: User) -> list[str]:
        """The methods that a person has, in the order in which they are tried."""
        found = []
        if self._settings.get(_PREFIX + "By_TOTP_Enabled", True) and user.services.get("totp", {}).get("enabled"):
            found.append("totp")
        if self._settings.get(_PREFIX + "By_Email_Enabled", True) and self._by_email(user):
            found.append("email")
        return found

    def _by_email(self, user: User) -> bool:
        verified = any(email.get("verified") for email in user.emails)
        return verified and bool(user.services.get("email2fa", {}).get("enabled"))

    @property
    def _remember_for(self) -> timedelta:
        return timedelta(seconds=self._settings.get(_PREFIX + "RememberFor", 1800))

    def _exempt(self, user: User, attempt: FactorAttempt, remember: bool) -> bool:
        token = attempt.token
        if token is None:
            return False
        if token.bypass_two_factor and self.honour_bypass:
            return True
        if not self.methods(user) and self._now() < user.created_at + self._remember_for:
            return True
        if not remember or token.authorized_until is None:
            return False
        return self._now() < token.authorized_until and token.authorized_fingerprint == attempt.fingerprint

    def _method(self, user: User, named: str) -> str | None:
        """The named method if it is usable, else the first that the person has, else the password."""
        usable = self.methods(user)
        password = bool(self._settings.get(_PREFIX + "Enforce_Password_Fallback", True)) and bool(user.password_digest)
        if named in usable or (named == "password" and password and not usable):
            return named
        return usable[0] if usable else ("password" if password else None)

    def _details(self, user: User, method: str, *, fresh: bool = False) -> dict[str, Any]:
        generated = method == "email" and fresh
        details: dict[str, Any] = {"method": method, "codeGenerated": generated, "availableMethods": self.methods(user)}
        return details | ({"codeCount": 1, "codeExpires": [self._mail_code(user)]} if generated else {})

    def _mail_code(self, user: User) -> datetime:
        """Mails a code: an entry of kind `mail` in the ledger. Without SMTP it is not delivered."""
        code, expires = f"{secrets.randbelow(1_000_000):06d}", self._now() + _EMAIL_CODE_LIFE
        user.services["emailCode"] = {"code": code, "expire": expires, "attempts": 0}
        if self._settings.get("SMTP_Host", ""):
            self._ledger.add("mail", body={"to": user.addresses[0], "code": code})
        return expires

    def _right(self, user: User, method: str, code: str) -> bool:
        if method == "password":
            return user.password_digest is not None and hmac.compare_digest(user.password_digest, code)
        if method == "totp":
            secret = user.services["totp"]["secret"]
            steps = (timedelta(seconds=_TOTP_STEP * step) for step in (-1, 0, 1))
            return code in {totp(secret, self._now() + step) for step in steps}
        return self._right_email_code(user, code)

    def _right_email_code(self, user: User, code: str) -> bool:
        mailed = user.services.get("emailCode")
        if mailed is None or mailed["expire"] < self._now():
            return False
        if mailed["code"] != code:
            mailed["attempts"] += 1
            return False
        del user.services["emailCode"]
        return True

    def _too_many(self, user: User) -> bool:
        limit = self._settings.get(_PREFIX + "Max_Invalid_Email_OTP_Code_Attempts", 5)
        return bool(user.services.get("emailCode", {}).get("attempts", 0) >= limit)
