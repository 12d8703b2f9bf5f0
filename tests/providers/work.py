"""Work for providers, as the runner would hand it over."""

import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from pipelines.core.action_types import ActionTypeId
from pipelines.providers.contract import OutputArtifact, Site, Work


def make_site(folder: Path, **changes: Any) -> Site:
    (folder / "buckets").mkdir(exist_ok=True)
    (folder / "repositories").mkdir(exist_ok=True)
    return Site(
        buckets=folder / "buckets",
        repositories=folder / "repositories",
        account_id="123456789012",
        region="us-east-1",
        url="http://localhost:8000",
        **changes,
    )


def make_work(folder: Path, **changes: Any) -> Work:
    (folder / "workspace").mkdir()
    values: dict[str, Any] = {
        "action_execution_id": str(uuid4()),
        "pipeline_name": "demo",
        "pipeline_execution_id": "11111111-2222-4333-8444-555555555555",
        "stage_name": "Build",
        "action_name": "Test",
        "type_id": ActionTypeId("Compute", "AWS", "Commands", "1"),
        "site": changes.get("site") or make_site(folder),
        "configuration": {},
        "workspace": folder / "workspace",
        "log_file": folder / "log",
        "log_limit": 1_000_000,
        "timeout": timedelta(minutes=2),
        **changes,
    }
    return Work(**values)


def make_artifact(folder: Path, files: dict[str, str | bytes], name: str = "input") -> Path:
    """A zip file of these files; those that end in `.sh` are executable."""
    path = folder / f"{name}.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file, content in files.items():
            info = zipfile.ZipInfo(file)
            info.external_attr = (0o755 if file.endswith(".sh") else 0o644) << 16
            archive.writestr(info, content)
    return path


def log_of(work: Work) -> str:
    return work.log_file.read_text() if work.log_file.exists() else ""


OUTPUT = (OutputArtifact(name="Output"),)
