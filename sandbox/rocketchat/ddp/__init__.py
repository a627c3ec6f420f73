"""The websocket of the Rocket.Chat stand-in: the protocol, its methods and its streams."""
