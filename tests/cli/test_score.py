"""`segmentation score`: its options."""

from typer.testing import CliRunner

from segmentation.cli.app import app


def test_a_run_and_the_model_of_a_day_cannot_both_be_asked_for(tmp_path):
    result = CliRunner().invoke(app, ["score", "--config", str(tmp_path / "s.yaml"), "--run", "r1", "--model-as-of"])
    assert (result.exit_code, "--run and --model-as-of" in result.output) == (2, True)
