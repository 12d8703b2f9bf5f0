"""What triggered an execution, as the lists say it."""

import json

import pytest

from console.present.triggering import triggered_by
from pipelines.models import PipelineExecution

CHANGE = {"full-repository-name": "examples/website", "commit-id": "5b2c9c51e2c4f7cf"}


@pytest.mark.parametrize(
    ("kind", "detail", "said"),
    [
        ("StartPipelineExecution", "arn:aws:iam::123456789012:user/alice", "alice"),
        ("WebhookV2", json.dumps({**CHANGE, "branch-name": "m"}), "examples/website m 5b2c9c51"),
        ("WebhookV2", json.dumps({**CHANGE, "tag-name": "v1"}), "examples/website v1 5b2c9c51"),
        ("WebhookV2", "{", "{"),
        ("WebhookV2", "[]", "[]"),
        ("WebhookV2", "{}", "{}"),
        ("WebhookV2", "", ""),
    ],
)
def test_who_or_which_change_triggered_it(kind, detail, said):
    assert triggered_by(PipelineExecution(trigger_type=kind, trigger_detail=detail)) == said
