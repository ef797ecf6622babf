"""Copies of all that is remembered: :mod:`.make` writes one, :mod:`.check` proves it, :mod:`.restore` puts it back.

A backup is a directory: ``mezzotint.db``, ``pictures/``, ``inputs/``, ``models.json`` and ``config.toml`` as in the
state directory, ``files.sha256`` (the form that ``sha256sum -c`` reads) and ``manifest.json``.
"""
