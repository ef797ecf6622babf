"""HTTP faces of the service. One folder an API; each is mounted on its own listener."""
