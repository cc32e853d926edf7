"""Composition root, shared part: the pipeline's dry run. Prints the whole plan and touches nothing."""

from camvault.apps._pipeline import PipelineRun


def print_preview(run: PipelineRun) -> None:
    """Print what a run would do."""
    run.check()
