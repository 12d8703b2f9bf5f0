"""The folders and variables that every build begins with, after AWS CodeBuild's."""

import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from pipelines import artifacts, git
from pipelines.providers import clone_reference
from pipelines.providers.contract import Work


def unpacked_inputs(work: Work, primary: str) -> dict[str, Path]:
    """The folder of each input artifact, the primary one first, which is `workspace/src`.

    Raises ArtifactError.
    """
    others = [name for name in work.input_artifacts if name != primary]
    folders: dict[str, Path] = {}
    for name in (primary, *others):
        folder = work.workspace / "inputs" / name if folders else work.workspace / "src"
        folder.mkdir(parents=True)
        try:
            _fill(work, name, folder)
        except (artifacts.ArtifactError, clone_reference.NotCloned) as error:
            raise artifacts.ArtifactError(
                f"The input artifact {name} cannot be used. {error}"
            ) from error
        folders[name] = folder
    return folders


def _fill(work: Work, name: str, folder: Path) -> None:
    """With the files of the artifact, or with the repository that it refers to."""
    if name not in work.clone_references:
        artifacts.unpack(work.input_artifacts[name], folder)
        return
    try:
        clone_reference.clone(work, work.input_artifacts[name], folder)
    except git.Lost:
        raise artifacts.ArtifactError("The work was given up.") from None


def check_own(work: Work, folder: Path) -> None:
    """Raise ArtifactError for a folder in whose place the commands have put a link to outside."""
    if not Path(os.path.realpath(folder)).is_relative_to(os.path.realpath(work.workspace)):
        name = folder.relative_to(work.workspace)
        raise artifacts.ArtifactError(f"The folder {name} leads out of the build through a link.")


def home_and_temporary(work: Work) -> tuple[Path, Path]:
    """Two more folders, made here: what HOME and TMPDIR name."""
    home, temporary = work.workspace / "home", work.workspace / "tmp"
    home.mkdir()
    temporary.mkdir()
    return home, temporary


def variables(work: Work, build_id: str, folders: Mapping[str, Path]) -> dict[str, str]:
    """What AWS CodeBuild tells every build, as far as it makes sense here."""
    source, *others = folders.items()
    return {
        "AWS_REGION": work.site.region,
        "AWS_DEFAULT_REGION": work.site.region,
        "CODEBUILD_BUILD_ID": build_id,
        "CODEBUILD_INITIATOR": f"codepipeline/{work.pipeline_name}",
        "CODEBUILD_START_TIME": str(int(datetime.now(UTC).timestamp() * 1000)),
        "CODEBUILD_SRC_DIR": str(source[1]),
        **{f"CODEBUILD_SRC_DIR_{_identifier(name)}": str(folder) for name, folder in others},
    }


def leftovers_ended(count: int) -> str:
    """What the log says of processes that outlived the shell."""
    return f"Ended {count} process{'' if count == 1 else 'es'} that the commands had left running"


def _identifier(artifact: str) -> str:
    """Artifact names may have hyphens, which shells do not take in the name of a variable."""
    return re.sub(r"\W", "_", artifact)
