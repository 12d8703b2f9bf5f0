"""Build projects: what a CodeBuild action names, and what its builds are made with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models, transaction
from django.utils import timezone

if TYPE_CHECKING:
    from collections.abc import Mapping


class BuildProjectQuerySet(models.QuerySet["BuildProject"]):
    @transaction.atomic
    def start_build(self, name: str) -> BuildProject | None:
        """Count one more build of the project and return it as it now is, if there is one."""
        project = self.select_for_update().filter(name=name).first()
        if project:
            project.builds += 1
            project.save(update_fields=["builds"])
        return project


class BuildProject(models.Model):
    """A project by its name (API type Project of CodeBuild)."""

    name = models.CharField(max_length=150, unique=True)
    description = models.CharField(max_length=255, blank=True)
    # Empty: buildspec.yml in the source.  One line: another path there.  Else: the text itself.
    buildspec = models.TextField(blank=True)
    environment_variables = models.JSONField(default=list)  # of {"name": …, "value": …}, in order
    image = models.CharField(max_length=255, blank=True)  # a name that builds are told; no more
    timeout_minutes = models.PositiveIntegerField(default=60)
    builds = models.PositiveBigIntegerField(default=0)  # how many were started
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    updated_by = models.CharField(max_length=2048)

    objects = BuildProjectQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    @property
    def environment(self) -> Mapping[str, str]:
        return {each["name"]: each["value"] for each in self.environment_variables}
