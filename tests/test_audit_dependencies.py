"""The audit of dependencies never passes in silence: what no service answered is said, and ends with 2."""

import json
import subprocess
from types import SimpleNamespace

import audit_dependencies as audit
import pytest

FAULT = {"id": "PYSEC-1", "aliases": ["GHSA-1"], "fix_versions": ["2.0"]}
SOUND, SKIPPED = {"name": "sound", "version": "1", "vulns": []}, {"name": "strange", "skip_reason": "not found"}
FAULTY = {"name": "faulty", "version": "1", "vulns": [FAULT]}


@pytest.fixture
def attempt(monkeypatch, tmp_path, capsys):
    """Exit code and words, where services answer so, and these advisories are excused."""

    def made(*answers, excused=""):
        (tmp_path / "ignored.txt").write_text(excused)
        monkeypatch.setattr(audit, "IGNORED", tmp_path / "ignored.txt")
        left = list(answers)

        def run(*_, **__):
            answer = left.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return SimpleNamespace(stdout=json.dumps({"dependencies": answer}) if isinstance(answer, list) else "", stderr=str(answer))

        monkeypatch.setattr(audit.subprocess, "run", run)
        return audit.main([]), capsys.readouterr().out

    return made


def test_all_looked_up_and_sound_is_done(attempt):
    code, said = attempt([SOUND])
    assert (code, "1 of 1 dependencies" in said, "0 known faults" in said) == (0, True, True)


def test_a_known_fault_is_detected_and_reported_with_its_remedy(attempt):
    code, said = attempt([SOUND, FAULTY])
    assert (code, "faulty: PYSEC-1, mended in 2.0" in said) == (1, True)


@pytest.mark.parametrize("name", ["PYSEC-1", "GHSA-1"])
def test_an_excuse_with_a_reason_passes_it_over_and_says_so(attempt, name):
    code, said = attempt([FAULTY], excused=f"# why\n{name} only on a Tuesday\n")
    assert (code, "0 known faults, 1 excused" in said) == (0, True)


def test_an_excuse_without_a_reason_is_none(attempt):
    with pytest.raises(SystemExit, match="without a reason"):
        attempt([FAULTY], excused="PYSEC-1\n")


def test_what_a_service_does_not_know_is_not_audited(attempt):
    code, said = attempt([SOUND, SKIPPED])
    assert (code, "NOT AUDITED: pypi does not know strange" in said) == (2, True)


def test_the_second_service_is_asked_where_the_first_knows_nothing(attempt):
    code, said = attempt([SKIPPED], [SOUND])
    assert (code, "looked up at osv" in said) == (0, True)


def test_no_answer_at_all_is_said(attempt):
    code, said = attempt("ConnectionError: unreachable", subprocess.TimeoutExpired("pip-audit", 1))
    assert code == 2
    assert "NOT AUDITED: no service could be asked" in said
    assert "ConnectionError: unreachable" in said


def test_everything_excused_in_the_project_has_its_reason():
    assert list(audit.excuses(audit.IGNORED.read_text(encoding="utf-8"))) == []
