"""A scene: a probe of several requests, most of them with a person who signs in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tests.judges.oidc.visitor import CHALLENGE, Visitor

OFFLINE = {"prompt": "consent", "scope": "openid offline_access"}
S256 = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
MAIN = {"redirect_uri": "{domain}/code"}

Scene = Callable[[Visitor], Awaitable[None]]


def declaring(scenes: dict[str, Scene]) -> Callable[[str], Callable[[Scene], Scene]]:
    """The decorator that puts a scene among these, by its name."""

    def named(name: str) -> Callable[[Scene], Scene]:
        def register(play: Scene) -> Scene:
            assert name not in scenes, name
            scenes[name] = play
            return play

        return register

    return named
