"""What a statement was given is nobody's concern who reads the log."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from support.queue_driver import QueueDriver

SECRET = "aW50ZXJhY3Rpb24"


def test_an_error_does_not_tell_the_values(tmp_path: Path) -> None:
    driver = QueueDriver(tmp_path)
    wrong = sa.text("INSERT INTO posts (id, token) VALUES ('short', :token)")

    with pytest.raises(sa.exc.IntegrityError) as raised:
        driver.write(lambda c: c.execute(wrong, {"token": SECRET}))

    assert "INSERT INTO posts" in str(raised.value)
    assert SECRET not in str(raised.value)
    driver.close()
