"""The client of Encvoy ID. Begin with `bot.encvoy.client.EncvoyIdClient`."""
