"""Run by Airflow's own Python: `read_dags.py FILE DAY` prints as JSON the DAGs of a file, with templates rendered."""

import json
import sys
from datetime import datetime
from importlib.util import module_from_spec, spec_from_file_location
from types import SimpleNamespace

from airflow.sdk import DAG

spec = spec_from_file_location("dags", sys.argv[1])
dags = module_from_spec(spec)
spec.loader.exec_module(dags)
context = {"dag_run": SimpleNamespace(run_after=datetime.fromisoformat(sys.argv[2]))}
result = {}
for dag in (value for value in vars(dags).values() if isinstance(value, DAG)):
    dag.validate()
    dag.check_cycle()
    tasks = {}
    for task in dag.topological_sort():
        task.render_template_fields(context)
        tasks[task.task_id] = {"command": task.bash_command, "env": task.env, "after": sorted(task.upstream_task_ids)}
    result[dag.dag_id] = {"schedule": dag.schedule, "catchup": dag.catchup, "runs": dag.max_active_runs, "tasks": tasks}
print(json.dumps(result))
