"""`python -m segmentation.cli`, where the command is not on the path."""

from segmentation.cli.app import app

app()
