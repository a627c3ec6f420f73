"""What a browser sees of the Rocket.Chat stand-in: the login page and a room, clients of its API like any other."""
