"""What is registered by its name, so that actions can name it: where deployments go to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.utils import timezone

if TYPE_CHECKING:
    from collections.abc import Mapping


class Registered(models.Model):
    """One thing by its name, and who changed it last."""

    name = models.CharField(max_length=256, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    updated_by = models.CharField(max_length=2048)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


class Instance(Registered):
    """An on-premises instance of CodeDeploy: a folder of this machine, or a host that ssh reaches.

    The folder is what the instance has for its root.
    """

    folder = models.CharField(max_length=1024)
    ssh_host = models.CharField(max_length=255, blank=True)
    tags = models.JSONField(default=list)  # of {"key": …, "value": …}, by their keys

    def has_tag(self, key: str, value: str) -> bool:
        """Whether it has a tag of this key and, unless that is empty, this value."""
        return any(tag["key"] == key and (not value or tag["value"] == value) for tag in self.tags)

    @property
    def tag_values(self) -> Mapping[str, str]:
        return {tag["key"]: tag["value"] for tag in self.tags}


class DeploymentGroup(Registered):
    """A deployment group of CodeDeploy, by `application/group`: the instances with its tag."""

    tag_key = models.CharField(max_length=128)
    tag_value = models.CharField(max_length=256, blank=True)  # empty: any
    config = models.CharField(max_length=100)


class Topic(Registered):
    """A topic of SNS: an address that is posted to, an e-mail address, or both."""

    url = models.CharField(max_length=2048, blank=True)
    email = models.CharField(max_length=254, blank=True)


class Function(Registered):
    """A function of Lambda: an address that gets its events."""

    url = models.CharField(max_length=2048)
