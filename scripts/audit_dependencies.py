"""Asks a vulnerability service about every pinned dependency, and says plainly what it did not answer.

    python scripts/audit_dependencies.py [constraints.txt]

Ends with 0 where every one was looked up and none has a known fault that is not excused in audit-ignored.txt, with 1 where one has, and
with 2 where the service could not be asked, or did not know some of them: nothing is passed over in silence.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]
IGNORED = REPOSITORY / "audit-ignored.txt"
SERVICES = ("pypi", "osv")
"""Asked in this order, until one answers."""
DONE, VULNERABLE, NOT_ASKED = 0, 1, 2
_PATIENCE_SECONDS = 600


def main(arguments: Sequence[str]) -> int:
    """Audit a file of pinned dependencies."""
    pinned = Path(arguments[0]) if arguments else REPOSITORY / "constraints.txt"
    faults = []
    for service in SERVICES:
        dependencies, fault = asked(service, pinned)
        if dependencies is not None:
            return verdict(dependencies, service, pinned)
        faults.append(f"  - {service}: {fault}")
    print("\n".join([f"NOT AUDITED: no service could be asked about {pinned.name}.", *faults, _REMEDY]))
    return NOT_ASKED


_REMEDY = "This says nothing about the dependencies. Run it where one of these services can be reached."


def asked(service: str, pinned: Path) -> tuple[list[dict[str, Any]] | None, str]:
    """What pip-audit reports of each dependency; None, and why, where it reported none."""
    command = [sys.executable, "-m", "pip_audit", "--vulnerability-service", service, "--format", "json", "--progress-spinner", "off"]
    try:
        done = subprocess.run(
            [*command, "--no-deps", "--disable-pip", "--requirement", str(pinned)],
            capture_output=True,
            text=True,
            check=False,
            timeout=_PATIENCE_SECONDS,
        )
        dependencies = json.loads(done.stdout)["dependencies"]
    except subprocess.TimeoutExpired:
        return None, f"no answer within {_PATIENCE_SECONDS} s"
    except (ValueError, KeyError):
        return None, (done.stderr.strip().splitlines() or ["no answer"])[-1]
    if all("skip_reason" in one for one in dependencies):
        return None, f"it knows none of {len(dependencies)} dependencies, which a mirror without advisories would say"
    return dependencies, ""


def verdict(dependencies: Sequence[dict[str, Any]], service: str, pinned: Path) -> int:
    """Print what was found, and the exit code that goes with it."""
    excused = dict(excuses(IGNORED.read_text(encoding="utf-8")))
    known = {(one["name"], fault["id"]): fault for one in dependencies for fault in one.get("vulns", [])}
    open_faults = {place: fault for place, fault in known.items() if excused.keys().isdisjoint({fault["id"], *fault["aliases"]})}
    skipped = [one["name"] for one in dependencies if "skip_reason" in one]
    for (name, advisory), fault in open_faults.items():
        print(f"{name}: {advisory}, mended in {', '.join(fault['fix_versions']) or 'no version yet'}")
    if skipped:
        print(f"NOT AUDITED: {service} does not know {', '.join(skipped)}")
    print(
        f"{len(dependencies) - len(skipped)} of {len(dependencies)} dependencies of {pinned.name} looked up at {service}: "
        f"{len(open_faults)} known faults, {len(known) - len(open_faults)} excused in {IGNORED.name}"
    )
    return VULNERABLE if open_faults else NOT_ASKED if skipped else DONE


def excuses(text: str) -> Iterator[tuple[str, str]]:
    """Advisory and reason, from lines such as `GHSA-… only when parsing XML, which we do not`; one without a reason is a fault."""
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            advisory, _, reason = line.partition(" ")
            if not reason.strip():
                raise SystemExit(f"{IGNORED.name}: {advisory} is excused without a reason")
            yield advisory, reason.strip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
