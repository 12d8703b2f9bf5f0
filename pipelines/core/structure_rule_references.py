"""The rules for what rules of conditions may refer to: variables and artifacts made before them."""

from collections.abc import Iterator

from pipelines.core.rule_types import RULE_TYPES, rule_type_id
from pipelines.core.statuses import ConditionKind
from pipelines.core.structure_namespace_rules import references_in, texts_of
from pipelines.core.structure_rules import Declared, Place, Placed

BEFORE_ALL_ACTIONS, BEHIND_ALL_ACTIONS = 0, 1000  # as run orders, which go from 1 to 999


class PlacedRule(Placed):
    """A rule of a condition, and where it stands."""

    @property
    def where(self) -> str:
        return f"StageName=[{self.stage_name}], RuleName=[{self.action.name}]"


def rule_reference_failures(declared: Declared) -> Iterator[str]:
    """What is wrong with the references, rule by rule."""
    made_at = {
        artifact.name: place
        for place, _, action in declared.actions
        for artifact in action.output_artifacts
    }
    for placed in rules_of(declared):
        for text in texts_of(placed.action):
            yield from references_in(text, declared, placed)
        yield from number_of_inputs(placed)
        for name in placed.action.input_artifacts:
            if name not in made_at or made_at[name] >= placed.place:
                yield (
                    f"Input Artifact Bundle {name} in rule {placed.action.name} is not declared as "
                    "Output Artifact Bundle in any of the preceding actions"
                )


def rules_of(declared: Declared) -> Iterator[PlacedRule]:
    for position, stage in enumerate(declared.plan.stages):
        for kind, condition in stage.conditions.items():
            for rule in condition.rules:
                yield PlacedRule(_place(position, kind), stage.name, rule)


def number_of_inputs(placed: Placed) -> Iterator[str]:
    rule = placed.action
    rule_type = RULE_TYPES[rule_type_id(rule.type_id.provider)]
    allowed, count = rule_type.input_artifacts, len(rule.input_artifacts)
    if count < allowed.start:
        yield (
            f"Rule {rule.name} declares {count} input artifacts which is less than the minimum "
            f"count ({allowed.start})"
        )
    if count >= allowed.stop:
        yield (
            f"Rule {rule.name} declares {count} input artifacts which is more than the maximum "
            f"count ({allowed.stop - 1})"
        )


def _place(position: int, kind: ConditionKind) -> Place:
    is_before = kind is ConditionKind.BEFORE_ENTRY
    return position, BEFORE_ALL_ACTIONS if is_before else BEHIND_ALL_ACTIONS
