"""Signing in to the Rocket.Chat stand-in by single sign-on: both login engines, the legacy and the modern one."""
