"""The rules that a pipeline definition keeps as a whole, and those that its stages keep."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from pipelines.core.action_types import ActionType, ActionTypeId, Category
from pipelines.core.plan import ActionPlan, PipelinePlan

# https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html
MIN_STAGES = 2
MAX_STAGES = 50
MAX_ACTIONS_OF_STAGE = 50
MAX_ACTIONS = 500
ABSENT = "not available in this version of Penstock"


# (position of the stage, run order): the lower is over before the higher starts.
Place = tuple[int, int]


class Placed(NamedTuple):
    """An action, and where it stands."""

    place: Place
    stage_name: str
    action: ActionPlan

    @property
    def where(self) -> str:
        return f"StageName=[{self.stage_name}], ActionName=[{self.action.name}]"


@dataclass(frozen=True, kw_only=True)
class Declared:
    """A definition of the right shape, and what it is checked against."""

    definition: Mapping[str, Any]  # normalised
    plan: PipelinePlan
    action_types: Mapping[ActionTypeId, ActionType]
    region: str

    @cached_property
    def actions(self) -> tuple[Placed, ...]:
        return tuple(
            Placed((position, action.run_order), stage.name, action)
            for position, stage in enumerate(self.plan.stages)
            for action in stage.actions
        )

    @property
    def output_artifact_names(self) -> Iterator[str]:
        return (name for placed in self.actions for name, _ in placed.action.output_artifacts)

    @cached_property
    def place_of_namespace(self) -> Mapping[str, Place]:
        """Where the namespaces of actions are filled."""
        return {
            placed.action.namespace: placed.place
            for placed in self.actions
            if placed.action.namespace
        }


def pipeline_failures(declared: Declared) -> Iterator[str]:
    """What is wrong with the pipeline as a whole, the first thing first."""
    for rule in PIPELINE_RULES:
        yield from rule(declared)


def number_of_stages(declared: Declared) -> Iterator[str]:
    count = len(declared.plan.stages)
    if count < MIN_STAGES:
        yield (
            f"Pipeline has only {count} stage(s). "
            f"There should be a minimum of {MIN_STAGES} stages in a pipeline"
        )
    if count > MAX_STAGES:
        yield (
            f"Pipeline has {count} stages. "
            f"There should be a maximum of {MAX_STAGES} stages in a pipeline"
        )


def stage_names(declared: Declared) -> Iterator[str]:
    for name in repeated(stage.name for stage in declared.plan.stages):
        yield f"Stage name must be unique within the pipeline. {name} has been used more than once."


def variables(declared: Declared) -> Iterator[str]:
    for name in repeated(each["name"] for each in declared.definition.get("variables", [])):
        yield (
            "Variable name must be unique within the pipeline. "
            f"{name} has been used more than once."
        )


def artifact_stores(declared: Declared) -> Iterator[str]:
    given = [name for name in ("artifactStore", "artifactStores") if name in declared.definition]
    if len(given) != 1:
        found = "both were" if given else "neither was"
        yield (f"Pipeline must have either artifactStore or artifactStores, but {found} found")


def artifact_store_regions(declared: Declared) -> Iterator[str]:
    stores = declared.definition.get("artifactStores", {declared.region: None})
    used = [
        declared.region,
        *(placed.action.region for placed in declared.actions if placed.action.region),
    ]
    for region in used:
        if region not in stores:
            yield (
                "Pipeline must have an artifact store in every region of its actions: "
                f"artifactStores has no entry for {region}"
            )


def source_stage(declared: Declared) -> Iterator[str]:
    actions = declared.plan.first.actions
    if not actions or not all(is_source(action) for action in actions):
        yield "Pipeline should start with a stage that only contains source actions"


def source_actions(declared: Declared) -> Iterator[str]:
    for placed in declared.actions:
        if is_source(placed.action) and placed.stage_name != declared.plan.first.name:
            yield f"Source actions are only allowed in the first stage. {placed.where}"


def number_of_actions(declared: Declared) -> Iterator[str]:
    count = len(declared.actions)
    if count > MAX_ACTIONS:
        yield (
            f"Pipeline has {count} actions. "
            f"There should be a maximum of {MAX_ACTIONS} actions in a pipeline"
        )


def output_artifacts(declared: Declared) -> Iterator[str]:
    for name in repeated(declared.output_artifact_names):
        yield (
            "Output Artifact Bundle name must be unique within the pipeline. "
            f"{name} has been used more than once."
        )


def input_artifacts(declared: Declared) -> Iterator[str]:
    made_at = {
        artifact.name: place
        for place, _, action in declared.actions
        for artifact in action.output_artifacts
    }
    for place, _, action in declared.actions:
        for name in action.input_artifacts:
            if name not in made_at or made_at[name] >= place:
                yield (
                    f"Input Artifact Bundle {name} in action {action.name} is not declared as "
                    "Output Artifact Bundle in any of the preceding actions"
                )


Rule = Callable[[Declared], Iterator[str]]

PIPELINE_RULES: tuple[Rule, ...] = (
    number_of_stages,
    stage_names,
    variables,
    artifact_stores,
    artifact_store_regions,
    source_stage,
    source_actions,
    number_of_actions,
    output_artifacts,
    input_artifacts,
)


def blocker_failures(declared: Declared) -> Iterator[str]:
    for stage in declared.definition["stages"]:
        if stage.get("blockers"):
            yield f"Stage {stage['name']} declares blockers, which are reserved for future use"


def stage_failures(declared: Declared) -> Iterator[str]:
    """What is wrong with the stages, stage by stage."""
    for stage in declared.definition["stages"]:
        yield from actions_of_stage(stage)


def actions_of_stage(stage: Mapping[str, Any]) -> Iterator[str]:
    names = [action["name"] for action in stage["actions"]]
    if not names:
        yield f"Stage {stage['name']} has no actions. There should be a minimum of 1 action"
    if len(names) > MAX_ACTIONS_OF_STAGE:
        yield (
            f"Stage {stage['name']} has {len(names)} actions. "
            f"There should be a maximum of {MAX_ACTIONS_OF_STAGE} actions in a stage"
        )
    for name in repeated(names):
        yield (
            f"Action name must be unique within the stage {stage['name']}. "
            f"{name} has been used more than once."
        )


def is_source(action: ActionPlan) -> bool:
    return action.type_id.category == Category.SOURCE


def repeated(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]
