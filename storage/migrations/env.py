"""Runs the steps on the connection that :mod:`storage.migrate` hands over, inside its transaction."""

from __future__ import annotations

from alembic import context

from storage.schema import metadata

# One transaction around everything is begun and committed by the caller: alembic must add none.
context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=False)
context.run_migrations()
