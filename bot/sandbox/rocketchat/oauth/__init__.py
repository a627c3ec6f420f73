"""Signing in to the Rocket.Chat stand-in by single sign-on: the legacy login engine and its pages."""
