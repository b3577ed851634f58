"""Airflow: every night the days that are missing, then a look at them; once a week a new model. For Airflow 3.

Copy it into the folder of DAGs. It wants `segmentation` on the PATH of the workers, or SEGMENTATION_COMMAND, and the settings in
SEGMENTATION_CONFIG.
"""

import os
from datetime import datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

COMMAND = os.environ.get("SEGMENTATION_COMMAND", "segmentation")
CONFIG = os.environ.get("SEGMENTATION_CONFIG", "/etc/segmentation/shop.yaml")
# A day is described when it has begun: nothing from its midnight on counts. Whatever nights were missed come along.
TODAY = "{{ dag_run.run_after | ds }}"
SHARED = {
    "start_date": datetime(2026, 1, 1),
    "catchup": False,
    # One output, one run at a time; two at once would both be right, and one of them for nothing.
    "max_active_runs": 1,
    "tags": ["segmentation"],
}


def step(task_id: str, arguments: str) -> BashOperator:
    """A command of ours; its settings are told by the environment, so that no shell reads them."""
    return BashOperator(
        task_id=task_id,
        bash_command=f'{COMMAND} {arguments} --config "$SEGMENTATION_CONFIG"',
        env={"SEGMENTATION_CONFIG": CONFIG},
        append_env=True,
        execution_timeout=timedelta(hours=4),
    )


with DAG("segmentation_nightly", schedule="30 3 * * *", **SHARED) as nightly:
    # Nothing is described twice, so a second try is safe.
    scored = step("backfill", f"backfill --to {TODAY}")
    # Ends with 4, and so fails, where the advice is to stop and look.
    scored >> step("monitor", "monitor")

with DAG("segmentation_refit", schedule="0 5 * * 0", **SHARED) as refit:
    # Ends with 4 where the new model does not pass the gate; readers keep the old one.
    step("segment", f"segment --as-of {TODAY}")
