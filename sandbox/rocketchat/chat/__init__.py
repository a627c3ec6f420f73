"""The chat of the Rocket.Chat stand-in: rooms, messages, who may do what, and what the web client makes of a line."""
