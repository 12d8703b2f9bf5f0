"""The rules for variables in a definition: who provides them, and who may refer to them."""

from collections.abc import Iterator

from pipelines.core.plan import ActionPlan
from pipelines.core.structure_rules import Declared, Placed, is_source, repeated
from pipelines.core.variables import (
    EXECUTION_KEY,
    EXECUTION_NAMESPACE,
    FORMAT,
    PIPELINE_NAMESPACE,
    Reference,
    malformed_references,
    references,
)


def namespace_failures(declared: Declared) -> Iterator[str]:
    """What is wrong with the namespaces of actions, then with the references to them."""
    yield from namespaces(declared)
    for placed in declared.actions:
        for text in texts_of(placed.action):
            yield from references_in(text, declared, placed)


def texts_of(action: ActionPlan) -> tuple[str, ...]:
    """The texts of an action that may refer to variables."""
    return (*action.configuration.values(), *action.commands, *action.environment.values())


def namespaces(declared: Declared) -> Iterator[str]:
    shared = repeated(p.action.namespace for p in declared.actions if p.action.namespace)
    reserved = reserved_namespaces(declared)
    artifacts = {*declared.output_artifact_names}
    for placed in declared.actions:
        namespace = placed.action.namespace
        if not namespace:
            continue
        at = f"{placed.where}, Namespace=[{namespace}]"
        if namespace in shared:
            yield (
                "Namespaces must be unique across the pipeline definition. "
                f"The following occur more than once in the pipeline. {at}"
            )
        if namespace in reserved:
            yield f"The following namespaces are reserved. {at}"
        if namespace in artifacts:
            yield f"Namespaces must not be the same as the name of an artifact. {at}"


def reserved_namespaces(declared: Declared) -> frozenset[str]:
    if declared.plan.variables:
        return frozenset({EXECUTION_NAMESPACE, PIPELINE_NAMESPACE})
    return frozenset({EXECUTION_NAMESPACE})


def references_in(text: str, declared: Declared, placed: Placed) -> Iterator[str]:
    for malformed in malformed_references(text):
        yield (
            f"{FORMAT} The following references do not have this format. "
            f"{placed.where}, Reference=[{malformed}]"
        )
    for reference in references(text):
        if reference.namespace == EXECUTION_NAMESPACE:
            yield from reference_to_execution(reference, placed)
        elif reference.namespace in reserved_namespaces(declared):
            yield from reference_to_pipeline_variable(reference, declared, placed)
        else:
            yield from reference_to_action(reference, declared, placed)


def reference_to_execution(reference: Reference, placed: Placed) -> Iterator[str]:
    if reference.key != EXECUTION_KEY:
        yield (
            f"The namespace {EXECUTION_NAMESPACE} has the variable {EXECUTION_KEY} only. "
            f"{placed.where}, ReferencedVariable=[{reference.key}]"
        )


def reference_to_pipeline_variable(
    reference: Reference, declared: Declared, placed: Placed
) -> Iterator[str]:
    if is_source(placed.action):
        yield f"Source actions cannot refer to the variables of the pipeline. {placed.where}"
    if reference.key not in declared.plan.variables:
        yield (
            "The following reference variables that the pipeline does not declare. "
            f"{placed.where}, ReferencedVariable=[{reference.key}]"
        )


def reference_to_action(reference: Reference, declared: Declared, placed: Placed) -> Iterator[str]:
    filled_at = declared.place_of_namespace.get(reference.namespace)
    at = f"{placed.where}, ActionConfigurationReferencedNamespace=[{reference.namespace}]"
    if filled_at is None:
        yield (
            f"{FORMAT} The following pipeline execution variables are referencing "
            f"a namespace that does not exist. {at}"
        )
    elif filled_at >= placed.place:
        yield (
            "The following pipeline execution variables are referencing the namespace of "
            f"an action that does not run before. {at}"
        )
