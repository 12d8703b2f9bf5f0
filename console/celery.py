"""The Celery application: the workers' and the scheduler's entry point."""

import os
from typing import Any

from celery import Celery
from celery.signals import task_postrun, task_prerun
from django.db import close_old_connections

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")

app = Celery("penstock")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


def keep_or_drop_connections(task: Any = None, **_: object) -> None:
    """Treat a task as Django treats a request: keep a good connection, drop a broken one.

    Left alone, Celery closes every database connection around every task, whatever CONN_MAX_AGE
    says; told to reuse them (CELERY_DB_REUSE_MAX), it never looks whether they still work.
    """
    if task is None or not task.request.is_eager:
        close_old_connections()


task_prerun.connect(keep_or_drop_connections)
task_postrun.connect(keep_or_drop_connections)
