"""Keys are read from variables and files; weak and exposed ones are rejected and never quoted."""

import pytest

from segmentation.errors import SettingsError
from segmentation.settings import KeyReference
from segmentation.storage import read_secret

GOOD = "0123456789abcdef0123456789abcdef"
WHERE = "privacy.pseudonyms.key"


@pytest.fixture
def key_file(tmp_path):
    def put(content, mode=0o600):
        path = tmp_path / "hidden_place"
        path.write_bytes(content)
        path.chmod(mode)
        return KeyReference(file=str(path))

    return put


def _refused(reference):
    with pytest.raises(SettingsError) as refused:
        read_secret(reference, WHERE)
    assert refused.value.exit_code == 2
    return str(refused.value)


@pytest.mark.parametrize("content", [GOOD.encode(), GOOD.encode() + b"\n", GOOD.encode() + b"\r\n"])
def test_a_trailing_line_end_is_not_part_of_the_key(key_file, monkeypatch, content):
    assert read_secret(key_file(content), WHERE) == GOOD.encode()
    monkeypatch.setenv("SOME_KEY", content.decode())
    assert read_secret(KeyReference(environment="SOME_KEY"), WHERE) == GOOD.encode()


def test_all_other_bytes_are_part_of_the_key(key_file):
    content = b" " + bytes(range(200, 256)) + b" \n\n"
    assert read_secret(key_file(content), WHERE) == content[:-1]


def test_a_missing_variable_is_named(monkeypatch):
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    message = _refused(KeyReference(environment="NO_SUCH_KEY"))
    assert message.startswith(f"{WHERE}.environment: the environment has no NO_SUCH_KEY. Set it")


def test_a_missing_file_is_reported_without_its_path(tmp_path):
    message = _refused(KeyReference(file=str(tmp_path / "hidden_place")))
    assert message.startswith(f"{WHERE}.file: the key's file cannot be read: No such file or directory")
    assert "hidden_place" not in message


def test_a_folder_is_rejected(tmp_path):
    tmp_path.chmod(0o700)
    assert "cannot be read: Is a directory" in _refused(KeyReference(file=str(tmp_path)))


@pytest.mark.parametrize("mode", [0o604, 0o602, 0o644, 0o666])
def test_a_file_accessible_to_everybody_is_rejected(key_file, mode):
    assert "everybody may read or write the key's file. Take their right away (chmod 600)" in _refused(key_file(GOOD.encode(), mode))


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o640])
def test_a_file_accessible_to_owner_and_group_is_accepted(key_file, mode):
    assert read_secret(key_file(GOOD.encode(), mode), WHERE) == GOOD.encode()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "the key is empty"),
        (b"\n", "the key is empty"),
        (b" \t" * 40, "the key is empty"),
        (GOOD.encode()[:31], "the key has 31 bytes and needs 32"),
        (GOOD.encode()[:31] + b"\n", "the key has 31 bytes and needs 32"),
        (b"a" * 64, "the key has only 1 distinct bytes"),
        (b"abcdefg" * 10, "the key has only 7 distinct bytes"),
    ],
)
def test_a_weak_key_is_rejected_and_not_quoted(key_file, content, why):
    message = _refused(key_file(content))
    assert why in message
    assert "openssl rand -hex 32" in message
    assert len(content.strip()) < 20 or content.strip().decode() not in message
