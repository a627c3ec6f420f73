"""The history of the database. Shipped inside the wheel; applied by `bot.store.migrate`."""
