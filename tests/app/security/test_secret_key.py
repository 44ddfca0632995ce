from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.errors import Misconfigured
from app.security.secret_key import FILE, secret_key
from app.settings import Settings


def test_the_setting_goes_first_and_makes_no_file(tmp_path: Path) -> None:
    assert secret_key(Settings(secret_key="k" * 32), tmp_path / "new") == "k" * 32
    assert not (tmp_path / "new").exists()


def test_a_key_is_made_once_and_read_by_its_owner_alone(tmp_path: Path) -> None:
    made = secret_key(Settings(), tmp_path / "new")

    assert secret_key(Settings(), tmp_path / "new") == made
    assert len(made) == 64
    assert stat.S_IMODE((tmp_path / "new" / FILE).stat().st_mode) == 0o600
    assert [one.name for one in (tmp_path / "new").iterdir()] == [FILE]


def test_processes_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        keys = set(threads.map(lambda _: secret_key(Settings(), tmp_path), range(32)))

    assert len(keys) == 1


def test_a_short_key_is_refused_without_being_shown(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="OPSBOOK_SECRET_KEY") as refused:
        secret_key(Settings(secret_key="hunter2"), tmp_path)

    assert "hunter2" not in refused.value.message


def test_a_folder_that_cannot_hold_the_key_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(Misconfigured, match="file"):
        secret_key(Settings(), tmp_path / "file")


def test_an_empty_key_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE).touch()

    with pytest.raises(Misconfigured, match="holds fewer than 32"):
        secret_key(Settings(), tmp_path)
