from __future__ import annotations

from hypothesis import HealthCheck, settings

# A busy machine must not make a right program look wrong: how long an example takes is not what is tested.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")
