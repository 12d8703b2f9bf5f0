"""A column of JSON that comes back as it was written, the order of keys included."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:
    TextField = models.TextField[Any, Any]
else:
    TextField = models.TextField


class OrderedJSON(TextField):
    """JSON as text: PostgreSQL's own type forgets the order of keys, and nobody searches in it."""

    # What may be assigned to it and what comes out, for type checkers.
    _pyi_private_set_type: Any
    _pyi_private_get_type: Any

    def from_db_value(self, value: str | None, *_: object) -> Any:
        return None if value is None else json.loads(value)

    def get_prep_value(self, value: Any) -> str:
        return json.dumps(value)
