"""Something for a pipeline to work on: a bucket with a source, a gate that holds its build."""

import io
import shlex
import zipfile

from pipelines import buckets
from tests.definitions import (
    action,
    approval,
    commands,
    definition,
    deploy,
    rule,
    s3_source,
    stage,
    when,
)


class Workplace:
    """A bucket of its own; Build of its pipelines goes on until the gate is opened."""

    def __init__(self, home, folder, name):
        self.name = name
        self.buckets = home / "buckets"
        self.gate = folder / "gate-is-open"
        buckets.create(self.buckets, self.uploads)
        buckets.create(self.buckets, f"{name}-public")
        self.upload("first")

    @property
    def uploads(self):
        return f"{self.name}-uploads"

    def upload(self, text):
        """Replace the source; the id of its version."""
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as files:
            files.writestr("index.txt", text)
        (self.buckets / self.uploads / "site.zip").write_bytes(archive.getvalue())
        return buckets.head(self.buckets, self.uploads, "site.zip").version_id

    def definition(self, **members):
        """Source, then Build, which waits for the gate; as the API takes it."""
        return self._with(self.build(), **members)

    def build(self):
        waiting = f"until test -e {shlex.quote(str(self.gate))}; do sleep 0.1; done"
        return stage("Build", commands("Build", waiting))

    def long_definition(self, **members):
        """One that builds, asks a person and deploys; it has a variable and a namespace."""
        variables = [{"name": "Level", "defaultValue": "info"}]
        return self._with(
            stage("Build", commands("Build", "echo #{variables.Level}")),
            stage("Approve", approval("Ask")),
            stage("Deploy", deploy("Publish", configuration=self.target)),
            variables=variables,
            **members,
        )

    def guarded_definition(self):
        """One whose Build is entered at the level "open" only; at first that is "shut"."""
        asked = {"Variable": "#{variables.Level}", "Value": "open", "Operator": "EQ"}
        level = rule(name="Level", configuration=asked)
        build = stage("Build", commands("Build", "echo built"), beforeEntry=when("FAIL", level))
        variables = [{"name": "Level", "defaultValue": "shut"}]
        return self._with(build, variables=variables)

    def definition_with_jobs(self, type_id, **build):
        """One whose Build is done by job workers."""
        return self._with(stage("Build", action("Build", type_id, inputs=["Code"], **build)))

    def definition_with(self, *stages):
        """The source, and then these."""
        return self._with(*stages)

    @property
    def target(self):
        return {"BucketName": f"{self.name}-public", "Extract": "true"}

    def _with(self, *stages, poll="false", **members):
        where = {"S3Bucket": self.uploads, "S3ObjectKey": "site.zip", "PollForSourceChanges": poll}
        first = stage("Source", s3_source(configuration=where))
        made = {"pipelineType": "V2", **members}
        return definition(self.name, stages=[first, *stages], **made)

    def open(self):
        self.gate.touch()
