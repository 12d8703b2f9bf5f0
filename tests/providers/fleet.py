"""Instances that are folders below a test's own, and deployments to them."""

from pathlib import Path
from typing import Any

from pipelines.providers.contract import DeploymentGroup, Instance, Target, Work
from tests.providers.work import make_artifact, make_site, make_work


class Fleet:
    """The instances, and all that was reported of them."""

    def __init__(self, folder: Path, *names: str, ssh_host: str = "") -> None:
        self.folder = folder
        self.reports: list[tuple[Target, ...]] = []
        self.instances = tuple(self.make(name, ssh_host) for name in names)

    def make(self, name: str, ssh_host: str) -> Instance:
        root = self.folder / "instances" / name
        root.mkdir(parents=True)
        return Instance(name=name, folder=root, ssh_host=ssh_host)

    def work(self, files: dict[str, Any], configuration: dict[str, str], **changes: Any) -> Work:
        """Another deployment, in a workspace of its own."""
        number = len(list(self.folder.glob("run*")))
        own = self.folder / f"run{number}"
        own.mkdir()
        group = DeploymentGroup(
            application="shop",
            name="web",
            config=changes.pop("config", "CodeDeployDefault.OneAtATime"),
            instances=self.instances,
        )
        site = make_site(
            own,
            instances=lambda key, value: self.instances if (key, value) == ("Name", "web") else (),
            deployment_group=lambda app, name: group if (app, name) == ("shop", "web") else None,
            **changes.pop("site", {}),
        )
        return make_work(
            own,
            site=site,
            configuration=configuration,
            input_artifacts={"Site": make_artifact(own, files)},
            **{"report": self.reports.append, **changes},
        )

    def files(self, name: str) -> dict[str, str]:
        """What an instance has, without what deployments keep for themselves."""
        root = self.folder / "instances" / name
        return {
            f"/{path.relative_to(root).as_posix()}": path.read_text()
            for path in sorted(root.rglob("*"))
            if path.is_file() and "codedeploy-agent" not in path.parts
        }

    def statuses(self) -> dict[str, str]:
        """At the end, as `name: status`, and `name event: status`."""
        found: dict[str, str] = {}
        for target in self.reports[-1]:
            found[target.id] = str(target.status)
            found |= {f"{target.id} {each.name}": str(each.status) for each in target.events}
        return found
