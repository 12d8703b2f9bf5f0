"""The workers, in one thread: real tasks, told and done in order."""

from collections import deque
from typing import Any

from pipelines import tasks
from pipelines.models import ActionExecution


class Workers:
    """Does in this thread, one after the other, what the workers would be told."""

    def __init__(self):
        self.told: deque[tuple[Any, tuple[Any, ...]]] = deque()

    def send(self, task, *arguments):
        self.told.append((task, arguments))

    def work(self, *, without=()):
        """All that is to do, leaving actions of these names alone."""
        while self.told:
            task, arguments = self.told.popleft()
            if task is tasks.perform and self._name(arguments[1]) in without:
                continue
            task(*arguments)

    def _name(self, action_id):
        return ActionExecution.objects.get(pk=action_id).action_name
