"""The REST API of the Rocket.Chat stand-in: what is done around every route, and the routes."""
