"""How people reach the service.

A front end knows ``daemon.service`` and ``pipeline.request``, never storage, never another front end.
"""
