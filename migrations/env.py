"""How alembic runs a migration here: in the transaction that `bot.store.migrate` has begun, and in no other way."""

from alembic import context

from bot.store.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
)
context.run_migrations()
