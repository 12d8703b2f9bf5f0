"""Why a pipeline definition is refused, by the names that the AWS API gives the reasons."""

from pipelines.core.refusals import Refusal


class InvalidDefinition(Refusal):
    """The definition cannot be stored; the message says what to change."""


class InvalidValue(InvalidDefinition):
    """Members are missing, or hold what they may not (API: ValidationException)."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        count = len(problems)
        noun = "error" if count == 1 else "errors"
        super().__init__(f"{count} validation {noun} detected: {'; '.join(problems)}")


class InvalidStructure(InvalidDefinition):
    """The pipeline as a whole breaks a rule (API: InvalidStructureException)."""


class InvalidBlockerDeclaration(InvalidDefinition):
    """A stage declares blockers (API: InvalidBlockerDeclarationException)."""


class InvalidStageDeclaration(InvalidDefinition):
    """A stage breaks a rule (API: InvalidStageDeclarationException)."""


class InvalidActionDeclaration(InvalidDefinition):
    """An action breaks a rule (API: InvalidActionDeclarationException)."""
