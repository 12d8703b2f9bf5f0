"""The forms about work that is left behind: ending it, and what is done about it in the future."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from console.forms.text import Writing
from console.present.leftovers import WORDS
from pipelines.core.abandoned_work import COMMAND_LIMIT, Policy, Treatment

if TYPE_CHECKING:
    from pipelines.models import AbandonedWorkPolicy

SITE = "site"


class EndForm(forms.Form):
    """Nothing is asked but yes."""


class PolicyForm(forms.Form):
    """What is done about the work of one action."""

    policy = forms.ChoiceField(label="When the action is abandoned")
    command = Writing(
        label="Clean-up command",
        required=False,
        max_length=COMMAND_LIMIT,
        help_text="Run by a shell in the folder where the work was, with PENSTOCK_PIPELINE,"
        " PENSTOCK_STAGE, PENSTOCK_ACTION and PENSTOCK_PIPELINE_EXECUTION_ID; its output goes to"
        " the log of the action. Everybody who may see the pipeline sees it.",
    )

    def __init__(
        self, data: Any = None, *, own: AbandonedWorkPolicy | None, site: Treatment
    ) -> None:
        super().__init__(data, initial=_initial(own))
        choices = [(policy.value, words) for policy, words in WORDS.items()]
        of_site = (SITE, f"As everywhere here: {WORDS[site.policy]}")
        field = self.fields["policy"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 (declared above)
        field.choices = [of_site, *choices]

    @property
    def treatment(self) -> Treatment | None:
        asked = self.cleaned_data
        if asked["policy"] == SITE:
            return None
        return Treatment(Policy(asked["policy"]), asked["command"])


def _initial(own: AbandonedWorkPolicy | None) -> dict[str, str]:
    return {"policy": own.policy, "command": own.command} if own else {"policy": SITE}
