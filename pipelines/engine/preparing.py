"""What an action or a rule is to work with, resolved when it starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.core.variables import UnresolvedVariable, resolve, resolve_values

if TYPE_CHECKING:
    from pipelines.core.plan import ActionPlan
    from pipelines.models import ActionExecution


def prepare(action: ActionExecution, plan: ActionPlan) -> str:
    """Resolve what the action is to work with; the answer is what is wrong, or nothing."""
    execution = action.execution
    missing = [name for name in plan.input_artifacts if name not in execution.artifacts]
    if missing:
        return (
            f"The input artifact {missing[0]} does not exist: no action of this execution made it."
        )
    values = execution.namespaces
    try:
        action.resolved_configuration = resolve_values(plan.configuration, values)
        action.resolved_commands = [resolve(command, values) for command in plan.commands]
        action.resolved_environment = resolve_values(plan.environment, values)
    except UnresolvedVariable as problem:
        return str(problem)
    action.input_artifacts = {name: execution.artifacts[name] for name in plan.input_artifacts}
    return ""
