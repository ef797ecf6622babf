"""Alembic loads this file to run steps. The connection is handed in by :mod:`storage.migrations.upgrade`."""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
context.run_migrations()
