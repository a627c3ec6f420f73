"""Single sign-on in the Rocket.Chat stand-in: its settings, the live services, and the legacy login engine."""
