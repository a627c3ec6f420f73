"""A stand-in of Rocket.Chat: one workspace on one loopback port, by REST, by websocket and with its login page."""
