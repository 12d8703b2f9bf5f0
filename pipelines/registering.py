"""What is registered by its name: the same four things can be done with each kind of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from pipelines.core.refusals import InvalidRequest, NameInUse, ResourceNotFound
from pipelines.core.storable import check_storable
from pipelines.models.registered import Registered

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Mapping

    from django.db.models import QuerySet

    from pipelines.core.rights import Caller, ResourceRights

Row = TypeVar("Row", bound=Registered)


@dataclass(frozen=True, slots=True, kw_only=True)
class Register(Generic[Row]):
    """One kind of thing: what it is called, and who may do what with it."""

    model: type[Row]
    noun: str  # in a sentence: "instance"
    names: re.Pattern[str]
    rule: str  # what a name may be, for whoever gave another
    rights: ResourceRights
    arn: str  # of one, with a place for region, account and name

    def find(self, name: str) -> Row:
        """Raises ResourceNotFound."""
        row = self._rows().filter(name=name).first() if self.names.fullmatch(name) else None
        if row is None:
            raise ResourceNotFound(f"There is no {self.noun} named '{name}'.")
        return row

    def listed(self, *, by: Caller) -> QuerySet[Row]:
        """All of them, by name.  Raises AccessDenied."""
        by.check(self.rights.list)
        return self._rows().order_by("name")

    def create(self, name: str, columns: Callable[[], Mapping[str, object]], *, by: Caller) -> Row:
        """`columns` checks what was said and raises InvalidRequest; it is asked last.

        Raises AccessDenied, InvalidRequest and NameInUse.
        """
        by.check(self.rights.create, on=self.arn_of(name))
        if not self.names.fullmatch(name):
            raise InvalidRequest(f"Invalid name of the {self.noun}: {name[:300]!r}. {self.rule}")
        row = self.model(name=name, updated_by=by.arn, **columns())
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError as taken:
            raise NameInUse(f"The {self.noun} '{name}' exists already.") from taken
        return row

    def update(self, name: str, columns: Callable[[], Mapping[str, object]], *, by: Caller) -> Row:
        """What is under way already is not changed.

        Raises AccessDenied, ResourceNotFound and InvalidRequest.
        """
        by.check(self.rights.update, on=self.arn_of(name))
        row = self.find(name)
        changed = {**columns(), "updated_at": timezone.now(), "updated_by": by.arn}
        for column, value in changed.items():
            setattr(row, column, value)
        row.save(update_fields=changed)
        return row

    def delete(self, name: str, *, by: Caller) -> None:
        """Actions that name it fail from now on.  Raises AccessDenied and ResourceNotFound."""
        by.check(self.rights.delete, on=self.arn_of(name))
        self.find(name).delete()

    def arn_of(self, name: str) -> str:
        """The ARN of one of that name, whether there is one or not."""
        return self.arn.format(
            region=settings.PENSTOCK_REGION, account=settings.PENSTOCK_ACCOUNT_ID, name=name
        )

    def _rows(self) -> QuerySet[Row]:
        return self.model._default_manager.all()  # noqa: SLF001 - Django's way for any model


def check_text(label: str, text: str, limit: int) -> None:
    """Raise InvalidRequest for what cannot be kept."""
    if len(text) > limit:
        raise InvalidRequest(f"Invalid {label}: at most {limit} characters are allowed.")
    check_storable(text, label)
