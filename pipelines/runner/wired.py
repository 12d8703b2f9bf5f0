"""What providers may ask of use cases that stand above the runner; the app puts them in its place.

Imports point down, and a provider is worked by the runner, below the use cases.  So who knows both,
`pipelines.apps`, says here what is called (docs/adr/0013-what-providers-may-ask-for.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.providers.contract import begins_nothing, starts_nothing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from pipelines.providers.contract import PipelineStart


@dataclass(slots=True)
class UseCases:
    """The calls, by what they are for."""

    begin_job: Callable[[str], Mapping[str, Any]] = begins_nothing
    start_pipeline: Callable[[PipelineStart], str] = starts_nothing


use_cases = UseCases()
