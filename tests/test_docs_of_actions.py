"""What the pages about actions show can be used as it is."""

import json
import re

import pytest

from pipelines.management.commands import docs
from pipelines.providers.deploy_spec import parse_appspec, parse_deployspec
from tests.definitions import checked, commands, definition, source, stage

PARSERS = {"0.1": parse_deployspec, "0.0": parse_appspec}
PAGES = ("deploying.md", "invoking.md")


def blocks(page, language):
    text = (docs.folder() / page).read_text()
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


def declarations():
    return [json.loads(block) for page in PAGES for block in blocks(page, "json")]


@pytest.mark.parametrize("declaration", declarations(), ids=lambda each: each["name"])
def test_every_declaration_is_accepted(declaration):
    wanted = [each["name"] for each in declaration.get("inputArtifacts", [])]
    build = commands("Build", outputs=["Site"])
    stages = [
        stage("Source", source(output="Code")),
        stage("Build", build),
        stage("Do", {"outputArtifacts": [], "inputArtifacts": [], **declaration}),
    ]

    assert set(wanted) <= {"Code", "Site"}
    assert checked(definition(stages=stages, pipeline_type="V2"))


@pytest.mark.parametrize("text", blocks("deploying.md", "yaml"))
def test_every_spec_can_be_followed(text):
    version = text.split()[1]

    assert PARSERS[version](text.encode()).copies
