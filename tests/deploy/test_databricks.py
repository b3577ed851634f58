"""The bundle for Databricks: its jobs are valid, and call our commands with options that exist."""

import re
from datetime import datetime
from importlib.metadata import entry_points

import pytest
import yaml
from databricks.bundles.jobs import Job

from deploy.commands import DEPLOY, parsed

HERE = DEPLOY / "databricks"
BUNDLE = yaml.safe_load((HERE / "databricks.yml").read_text())
JOBS = yaml.safe_load((HERE / "jobs.yml").read_text())["resources"]["jobs"]
CONFIG = BUNDLE["variables"]["config"]["default"]


def _filled(text, context):
    parameters = {parameter["name"]: parameter["default"] for parameter in context["parameters"]}
    text = re.sub(r"\{\{job\.parameters\.(\w+)}}", lambda match: parameters[match[1]], text)
    return text.replace("${var.config}", CONFIG).replace("{{job.trigger.time.iso_date}}", "2026-03-01")


@pytest.mark.parametrize("name", JOBS)
def test_the_package_of_databricks_accepts_the_jobs(name):
    context = Job.from_dict(JOBS[name])
    assert context.max_concurrent_runs == 1
    assert {task.environment_key for task in context.tasks} <= {environment.environment_key for environment in context.environments}


@pytest.mark.parametrize("name", JOBS)
def test_that_package_refuses_an_unknown_field(name):
    with pytest.raises(ValueError, match="Unexpected field"):
        Job.from_dict({**JOBS[name], "taskz": []})


def test_each_task_is_a_command_of_ours():
    commands = {}
    for name, context in JOBS.items():
        for task in context["tasks"]:
            wheel = task["python_wheel_task"]
            assert wheel["package_name"] == "segmentation"
            assert entry_points(group="console_scripts", name=wheel["entry_point"])
            commands[name, task["task_key"]] = parsed([_filled(text, context) for text in wheel["parameters"]])
    day = datetime(2026, 3, 1)
    config = {key: str(values.pop("config")) for key, (_, values) in commands.items()}
    assert set(config.values()) == {CONFIG}
    assert {name: values["to"] for name, values in commands.values() if name == "backfill"} == {"backfill": day}
    assert {key[1] for key in commands} == {"backfill", "monitor", "segment"}


def test_the_bundle_has_its_jobs_and_a_target_that_is_the_default():
    assert all((HERE / name).exists() for name in BUNDLE["include"])
    assert [name for name, target in BUNDLE["targets"].items() if target.get("default")] == ["dev"]
    assert "make wheel" in BUNDLE["artifacts"]["segmentation"]["build"]
