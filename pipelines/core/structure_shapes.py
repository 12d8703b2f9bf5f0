"""The shape of a pipeline definition: the members it has, and what each of them may hold.

The table is that of AWS's service model; `tests/core/test_structure_shapes.py` holds the two
together and lists where they differ on purpose.
"""

from pipelines.core.action_types import Category
from pipelines.core.shapes import ListOf, MapOf, Number, Structure, Text
from pipelines.core.statuses import RetryMode

# From the inside out.  The names are those of the service model.

NAME = Text(min=1, max=100, pattern=r"[A-Za-z0-9.@\-_]+")
ROLE_ARN = Text(max=1024, pattern=r"arn:aws(-[\w]+)*:iam::[0-9]{12}:role/.*")
REGION = Text(min=4, max=30)
PROVIDER = Text(min=1, max=35, pattern=r"[0-9A-Za-z_-]+")
VERSION = Text(min=1, max=9, pattern=r"[0-9A-Za-z_-]+")
ARTIFACT_NAME = Text(min=1, max=100, pattern=r"[a-zA-Z0-9_\-]+")

ENCRYPTION_KEY = Structure(
    members={"id": Text(min=1, max=400), "type": Text(choices=("KMS",))},
    required=("id", "type"),
)
ARTIFACT_STORE = Structure(
    members={
        "type": Text(choices=("S3",)),
        "location": Text(min=3, max=63, pattern=r"[a-zA-Z0-9\-\.]+"),
        "encryptionKey": ENCRYPTION_KEY,
    },
    required=("type", "location"),
)
ACTION_TYPE_ID = Structure(
    members={
        "category": Text(choices=tuple(Category)),
        "owner": Text(choices=("AWS", "ThirdParty", "Custom")),
        "provider": PROVIDER,
        "version": VERSION,
    },
    required=("category", "owner", "provider", "version"),
)
OUTPUT_ARTIFACT = Structure(
    members={"name": ARTIFACT_NAME, "files": ListOf(member=Text(min=1, max=128), min=1, max=10)},
    required=("name",),
)
ENVIRONMENT_VARIABLE = Structure(
    members={
        "name": Text(min=1, max=128, pattern=r"[A-Za-z0-9_]+"),
        "value": Text(min=1, max=2000, pattern=r".*", is_quotable=False),
        "type": Text(choices=("PLAINTEXT", "SECRETS_MANAGER")),
    },
    required=("name", "value"),
)
# The service model lets a command span lines; the user guide does not:
# https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-Commands.html
COMMAND = Text(min=1, max=1000, pattern=r"[^\r\n]+")
COMMANDS = ListOf(member=COMMAND, min=1, max=50)
INPUT_ARTIFACTS = ListOf(member=Structure(members={"name": ARTIFACT_NAME}, required=("name",)))
TIMEOUT = Number(min=5, max=86400)
ACTION = Structure(
    members={
        "name": NAME,
        "actionTypeId": ACTION_TYPE_ID,
        "runOrder": Number(min=1, max=999),
        "configuration": MapOf(
            key=Text(min=1, max=50), value=Text(min=1, max=1000, is_quotable=False)
        ),
        "commands": COMMANDS,
        "outputArtifacts": ListOf(member=OUTPUT_ARTIFACT),
        "inputArtifacts": INPUT_ARTIFACTS,
        "outputVariables": ListOf(member=Text(min=1, max=128), min=1, max=15),
        "roleArn": ROLE_ARN,
        "region": REGION,
        "namespace": Text(min=1, max=100, pattern=r"[A-Za-z0-9@\-_]+"),
        "timeoutInMinutes": TIMEOUT,
        "environmentVariables": ListOf(member=ENVIRONMENT_VARIABLE, min=1, max=10),
    },
    required=("name", "actionTypeId"),
)
RULE_TYPE_ID = Structure(
    members={
        "category": Text(choices=("Rule",)),
        "owner": Text(choices=("AWS",)),
        "provider": PROVIDER,
        "version": VERSION,
    },
    required=("category", "provider"),
)
RULE = Structure(
    members={
        "name": NAME,
        "ruleTypeId": RULE_TYPE_ID,
        "configuration": MapOf(
            key=Text(min=1, max=50), value=Text(min=1, max=10000, is_quotable=False), max=200
        ),
        "commands": COMMANDS,
        "inputArtifacts": INPUT_ARTIFACTS,
        "roleArn": ROLE_ARN,
        "region": REGION,
        "timeoutInMinutes": TIMEOUT,
    },
    required=("name", "ruleTypeId"),
)
RESULT = Text(choices=("ROLLBACK", "FAIL", "RETRY", "SKIP"))
CONDITIONS = ListOf(
    member=Structure(members={"result": RESULT, "rules": ListOf(member=RULE, min=1, max=5)}),
    min=1,
    max=1,
)
ON_FAILURE = Structure(
    members={
        "result": RESULT,
        "retryConfiguration": Structure(members={"retryMode": Text(choices=tuple(RetryMode))}),
        "conditions": CONDITIONS,
    }
)
BLOCKER = Structure(
    members={"name": Text(min=1, max=100), "type": Text(choices=("Schedule",))},
    required=("name", "type"),
)
STAGE = Structure(
    members={
        "name": NAME,
        "blockers": ListOf(member=BLOCKER),
        "actions": ListOf(member=ACTION),
        "onFailure": ON_FAILURE,
        "onSuccess": Structure(members={"conditions": CONDITIONS}, required=("conditions",)),
        "beforeEntry": Structure(members={"conditions": CONDITIONS}, required=("conditions",)),
    },
    required=("name", "actions"),
)
VARIABLE = Structure(
    members={
        "name": Text(min=1, max=128, pattern=r"[A-Za-z0-9@\-_]+"),
        "defaultValue": Text(min=1, max=1000, pattern=r".*"),
        "description": Text(max=200, pattern=r".*"),
    },
    required=("name",),
)
GIT_TAGS = ListOf(member=Text(min=1, max=255), min=1, max=8)
MATCHED = ListOf(member=Text(min=1, max=255, pattern=r".*"), min=1, max=8)
BRANCHES = Structure(members={"includes": MATCHED, "excludes": MATCHED})
FILE_PATHS = Structure(members={"includes": MATCHED, "excludes": MATCHED})
PUSH = Structure(
    members={
        "tags": Structure(members={"includes": GIT_TAGS, "excludes": GIT_TAGS}),
        "branches": BRANCHES,
        "filePaths": FILE_PATHS,
    }
)
PULL_REQUEST = Structure(
    members={
        "events": ListOf(member=Text(choices=("OPEN", "UPDATED", "CLOSED")), min=1, max=3),
        "branches": BRANCHES,
        "filePaths": FILE_PATHS,
    }
)
GIT_CONFIGURATION = Structure(
    members={
        "sourceActionName": NAME,
        "push": ListOf(member=PUSH, min=1, max=3),
        "pullRequest": ListOf(member=PULL_REQUEST, min=1, max=3),
    },
    required=("sourceActionName",),
)
TRIGGER = Structure(
    members={
        "providerType": Text(choices=("CodeStarSourceConnection",)),
        "gitConfiguration": GIT_CONFIGURATION,
    },
    required=("providerType", "gitConfiguration"),
)
PIPELINE = Structure(
    members={
        "name": NAME,
        "roleArn": ROLE_ARN,
        "artifactStore": ARTIFACT_STORE,
        "artifactStores": MapOf(key=REGION, value=ARTIFACT_STORE),
        "stages": ListOf(member=STAGE),
        "version": Number(min=1),
        "executionMode": Text(choices=("QUEUED", "SUPERSEDED", "PARALLEL")),
        "pipelineType": Text(choices=("V1", "V2")),
        "variables": ListOf(member=VARIABLE, max=50),
        "triggers": ListOf(member=TRIGGER, max=50),
    },
    required=("name", "roleArn", "stages"),
)
TAG_KEY = Text(min=1, max=128)
TAGS = ListOf(
    member=Structure(
        members={"key": TAG_KEY, "value": Text(max=256)},
        required=("key", "value"),
    )
)
TAG_KEYS = ListOf(member=TAG_KEY)
