"""The provider's one signing key, and the id_tokens that it signs."""

from __future__ import annotations

import base64
import functools
import hashlib
from typing import Any, cast

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey


@functools.cache
def _process_key(generation: int) -> RSAKey:
    """Made once for a process: an installation keeps it in a file (facts/encvoy-id.md §1)."""
    return RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)


class Keys:
    """The key set of one provider."""

    def __init__(self) -> None:
        self.generation = 0

    @property
    def key(self) -> RSAKey:
        """The key in use."""
        return _process_key(self.generation)

    def lose(self) -> None:
        """The file is lost: the provider makes another key, and old id_tokens cannot be checked any more."""
        self.generation += 1

    def published(self) -> dict[str, Any]:
        """The JWK set, public parts only."""
        return {"keys": [cast(dict[str, Any], self.key.as_dict(private=False))]}

    def signed(self, token: str) -> bool:
        """Whether a JWT carries this key's signature, as `id_token_hint` must."""
        try:
            jwt.decode(token, self.key, algorithms=["RS256"])
        except (JoseError, ValueError):
            return False
        return True

    def sign(self, claims: dict[str, Any]) -> str:
        """A signed JWT (RS256)."""
        return jwt.encode({"alg": "RS256", "typ": "JWT", "kid": self.key.kid}, claims, self.key)


def half_hash(value: str) -> str:
    """`at_hash`, `c_hash`, `s_hash` of OpenID Connect Core §3.3.2.11 for RS256."""
    digest = hashlib.sha256(value.encode()).digest()
    return base64.urlsafe_b64encode(digest[:16]).rstrip(b"=").decode()
