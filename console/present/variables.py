"""The variables of an execution, those of the pipeline first."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pipelines.core.variables import PIPELINE_NAMESPACE

if TYPE_CHECKING:
    from pipelines.models import PipelineExecution


class Variable(NamedTuple):
    """One variable; pipeline-level ones have the namespace `variables`."""

    namespace: str
    name: str
    value: str
    is_of_pipeline: bool


def variables_of(execution: PipelineExecution) -> tuple[Variable, ...]:
    """By namespace and name, which a stored object keeps in no order."""
    found = [
        Variable(namespace, name, value, namespace == PIPELINE_NAMESPACE)
        for namespace, values in execution.variables.items()
        for name, value in values.items()
    ]
    return tuple(sorted(found, key=lambda each: (not each.is_of_pipeline, *each)))
