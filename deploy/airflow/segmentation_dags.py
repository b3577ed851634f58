"""Airflow 3: every night, score the missing days and monitor them; once a week, fit a new model.

Copy this into the folder of DAGs. It needs `segmentation` on the PATH of the workers, or SEGMENTATION_COMMAND, and the settings file in
SEGMENTATION_CONFIG.
"""

import os
from datetime import datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

COMMAND = os.environ.get("SEGMENTATION_COMMAND", "segmentation")
CONFIG = os.environ.get("SEGMENTATION_CONFIG", "/etc/segmentation/shop.yaml")
# A day can be described once it has begun: only lines before its midnight count. Nights that were missed are scored, too.
TODAY = "{{ dag_run.run_after | ds }}"
SHARED = {
    "start_date": datetime(2026, 1, 1),
    "catchup": False,
    # One run at a time: a second one would be correct, and useless.
    "max_active_runs": 1,
    "tags": ["segmentation"],
}


def step(task_id: str, arguments: str) -> BashOperator:
    """One of our commands; the settings file is passed in the environment, so that no shell interprets its name."""
    return BashOperator(
        task_id=task_id,
        bash_command=f'{COMMAND} {arguments} --config "$SEGMENTATION_CONFIG"',
        env={"SEGMENTATION_CONFIG": CONFIG},
        append_env=True,
        execution_timeout=timedelta(hours=4),
    )


with DAG("segmentation_nightly", schedule="30 3 * * *", **SHARED) as nightly:
    # No day is scored twice, so a retry is safe.
    scored = step("backfill", f"backfill --to {TODAY}")
    # Exit code 4, and so a failure, where the verdict is to stop and look.
    scored >> step("monitor", "monitor")

with DAG("segmentation_refit", schedule="0 5 * * 0", **SHARED) as refit:
    # Exit code 4 where the new model does not pass the gate; readers stay on the old one.
    step("segment", f"segment --as-of {TODAY}")
