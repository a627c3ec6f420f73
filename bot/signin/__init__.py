"""Signing in as people do."""
