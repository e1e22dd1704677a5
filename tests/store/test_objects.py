"""An object is what its name says, or it is refused by name."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nexus.base.errors import CheckpointError
from nexus.store.objects import Objects, sha256


@given(data=st.binary(max_size=97))
def test_what_is_put_is_got(data: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    objects = Objects(tmp_path_factory.mktemp("objects"))
    assert objects.get(objects.put(data)) == data


def test_one_changed_byte_is_named_and_putting_heals_it(tmp_path: Path) -> None:
    objects, data = Objects(tmp_path), b"weights"
    name = objects.put(data)
    for position in range(len(data)):
        changed = bytearray(data)
        changed[position] ^= 1
        objects.path(name).write_bytes(changed)
        with pytest.raises(CheckpointError, match=f"{name}.*damaged.*delete it"):
            objects.get(name)
    objects.put(data)
    assert objects.get(name) == data


def test_a_missing_object_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=sha256(b"never put")):
        Objects(tmp_path).get(sha256(b"never put"))


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "a" * 63, "A" * 64, "a" * 64 + "\n"])
def test_a_name_cannot_leave_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(CheckpointError, match="not the name of an object"):
        Objects(tmp_path).get(name)
