"""Which role grants which operation."""

import pytest
from botocore.session import get_session

from pipelines.core.refusals import AccessDenied
from pipelines.core.rights import (
    ABANDON,
    CREATE_CONNECTION,
    CREATE_PROJECT,
    DELETE_CONNECTION,
    DELETE_PROJECT,
    DEPLOYMENT_GROUPS,
    END_WORK,
    FUNCTIONS,
    GRANTS,
    INSTANCES,
    LIST_CONNECTIONS,
    LIST_EVENT_TARGETS,
    LIST_PROJECTS,
    PUT_EVENT_TARGETS,
    REMOVE_EVENT_TARGETS,
    TOPICS,
    UPDATE_CONNECTION,
    UPDATE_PROJECT,
    USE_CONNECTION,
    Caller,
    Role,
)


def caller(*roles):
    return Caller(arn="arn:aws:iam::123456789012:user/alice", roles=frozenset(roles))


PROJECTS = {CREATE_PROJECT, DELETE_PROJECT, LIST_PROJECTS, UPDATE_PROJECT}
REGISTERED = {*INSTANCES, *DEPLOYMENT_GROUPS, *FUNCTIONS, *TOPICS}
CONNECTIONS = {
    CREATE_CONNECTION,
    DELETE_CONNECTION,
    LIST_CONNECTIONS,
    UPDATE_CONNECTION,
    USE_CONNECTION,
}
EVENTS = {LIST_EVENT_TARGETS, PUT_EVENT_TARGETS, REMOVE_EVENT_TARGETS}


def test_the_roles_know_every_operation_of_aws_and_one_more():
    operations = set(get_session().get_service_model("codepipeline").operation_names)

    others = {ABANDON, END_WORK} | PROJECTS | CONNECTIONS | EVENTS | REGISTERED
    assert GRANTS[Role.ADMIN] == operations | others
    assert frozenset().union(*GRANTS.values()) == GRANTS[Role.ADMIN]


@pytest.mark.parametrize(
    ("roles", "operation", "allowed"),
    [
        ((), "ListPipelines", False),
        ((Role.READ,), "ListPipelines", True),
        ((Role.READ,), "StopPipelineExecution", False),
        ((Role.OPERATE,), "StopPipelineExecution", True),
        ((Role.OPERATE,), ABANDON, False),
        ((Role.OPERATE, Role.ABANDON), ABANDON, True),
        ((Role.ABANDON,), "StopPipelineExecution", False),
        ((Role.OPERATE,), "UpdatePipeline", False),
        ((Role.EDIT,), "UpdatePipeline", True),
        ((Role.EDIT,), "StartPipelineExecution", False),
        ((Role.WORK,), "PollForJobs", True),
        ((Role.WORK,), "GetPipeline", False),
        ((Role.ADMIN,), ABANDON, True),
        ((Role.READ,), LIST_PROJECTS, True),
        ((Role.OPERATE,), CREATE_PROJECT, False),
        ((Role.EDIT,), CREATE_PROJECT, True),
        ((Role.READ,), LIST_CONNECTIONS, True),
        ((Role.READ,), USE_CONNECTION, False),
        ((Role.EDIT,), CREATE_CONNECTION, True),
        ((Role.READ,), INSTANCES.list, True),
        ((Role.EDIT,), INSTANCES.create, False),
        ((Role.ADMIN,), INSTANCES.create, True),
        ((Role.EDIT,), DEPLOYMENT_GROUPS.create, True),
        ((Role.OPERATE,), DEPLOYMENT_GROUPS.delete, False),
    ],
)
def test_a_role_grants_what_it_says(roles, operation, allowed):
    assert caller(*roles).may(operation) is allowed


def test_what_is_not_granted_is_refused_in_the_words_of_iam():
    arn = "arn:aws:codepipeline:us-east-1:123456789012:website"

    with pytest.raises(AccessDenied) as refusal:
        caller(Role.READ).check("StartPipelineExecution", on=arn)

    assert refusal.value.message == (
        "User: arn:aws:iam::123456789012:user/alice is not authorized to perform:"
        f" codepipeline:StartPipelineExecution on resource: {arn} because no identity-based policy"
        " allows the codepipeline:StartPipelineExecution action"
    )


def test_projects_are_refused_as_what_they_are_of_codebuild():
    with pytest.raises(AccessDenied, match="not authorized to perform: codebuild:DeleteProject on"):
        caller(Role.READ).check(DELETE_PROJECT)
