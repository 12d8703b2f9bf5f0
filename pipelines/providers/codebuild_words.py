"""What CodeBuild says of a build and its phases, in the log and as the reason of a failure."""

from pipelines.providers.contract import Build, Work
from pipelines.providers.log import say


class PhaseFailed(Exception):
    """A phase without commands failed: which, with what status code, and why."""

    def __init__(self, phase: str, code: str, message: str) -> None:
        super().__init__(message)
        self.phase, self.code, self.message = phase, code, message


def build_id(work: Work, build: Build) -> str:
    return f"{build.project_name}:{work.action_execution_id}"


def page_of(work: Work) -> str:
    pipeline = f"{work.site.url}/codesuite/codepipeline/pipelines/{work.pipeline_name}"
    return f"{pipeline}/executions/{work.pipeline_execution_id}/actions/{work.action_execution_id}"


def terminated(phase: str, code: str, message: str, state: str = "FAILED") -> str:
    return f"Build terminated with state: {state}. Phase: {phase}, Code: {code}, Message: {message}"


def say_complete(work: Work, phase: str, state: str, code: str = "", message: str = "") -> None:
    say(work, f"Phase complete: {phase} State: {state}")
    say(work, f"Phase context status code: {code} Message: {message}")
