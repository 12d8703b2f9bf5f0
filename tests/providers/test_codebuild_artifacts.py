"""Which files a build leaves as its artifacts."""

import stat
import zipfile
from pathlib import Path

import pytest

from pipelines import artifacts
from pipelines.core.statuses import FailureCode
from tests.providers.builds import build_of, failed, phases_of, said, succeeded
from tests.providers.work import make_artifact

FILES = {
    "my-build-1/my-file-1.txt": "1",
    "my-build-2/my-file-2.txt": "2",
    "my-build-2/my-subdirectory/my-file-3.txt": "3",
    "my-build-2/.hidden/x": "",
    "top.txt": "",
}


def spec(artifacts_section: str, command: str = "true") -> str:
    return f'version: 0.2\nphases: {{build: {{commands: ["{command}"]}}}}\n{artifacts_section}\n'


def contents(zip_file: Path) -> set[str]:
    with zipfile.ZipFile(zip_file) as archive:
        return set(archive.namelist())


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ("files: [top.txt]", {"top.txt"}),
        ("files: ['./top.txt']", {"top.txt"}),
        ("files: [my-build-1/*, nothing/*]", {"my-build-1/my-file-1.txt"}),
        (
            "files: ['*/my-file-3.txt'], base-directory: my-build-2",
            {"my-subdirectory/my-file-3.txt"},
        ),
        (
            "files: ['**/*'], base-directory: 'my-build*', discard-paths: yes",
            {"my-file-1.txt", "my-file-2.txt", "my-file-3.txt", "x"},
        ),
        (
            "files: ['**/*'], base-directory: my-build-2, exclude-paths: ['**/.*/**/*']",
            {"my-file-2.txt", "my-subdirectory/my-file-3.txt"},
        ),
        (
            "files: ['**/*.txt'], exclude-paths: 'my-build-2/**/*'",
            {"my-build-1/my-file-1.txt", "top.txt"},
        ),
        ("files: ['**/*'], base-directory: $CODEBUILD_SRC_DIR/my-build-1", {"my-file-1.txt"}),
        ("files: ['${CODEBUILD_SRC_DIR}/top.txt']", {"top.txt"}),
        ("files: ['$NAME.txt']", {"top.txt"}),
        ("files: [top.txt], base-directory: .", {"top.txt"}),
        ("files: [top.txt], name: $(date +%F), s3-prefix: x", {"top.txt"}),
    ],
)
def test_the_files_are_those_that_aws_takes(tmp_path: Path, declared: str, expected: set[str]):
    text = spec(f"artifacts: {{{declared}}}\nenv: {{variables: {{NAME: top}}}}")
    _, outcome = build_of(tmp_path, text, files=FILES, outputs=["Site"])

    assert contents(succeeded(outcome).artifacts["Site"]) == expected


@pytest.mark.parametrize(
    ("declared", "sentence"),
    [
        ("files: [nothing]", "no matching artifact paths found for Site: no file matches nothing"),
        ("files: [my-build-1]", "no matching artifact paths found"),
        (
            "files: ['*'], base-directory: cdk.out",
            "no matching base directory path found for cdk.o",
        ),
        ("files: ['*'], base-directory: top.txt", "no matching base directory path found for top"),
        ("files: ['*'], base-directory: ..", "'..' is not a path inside the source folder"),
        ("files: ['*'], base-directory: /etc", "/etc is outside of the folders of the build"),
        ("files: ['../x']", "'../x' is not a path inside the source folder"),
        ("files: [/etc/passwd]", "'/etc/passwd' is not a path inside the source folder"),
        (
            "files: ['**/*'], discard-paths: yes",
            "buildspec.yml and other/buildspec.yml would both be buildspec.yml in the artifact",
        ),
    ],
)
def test_what_cannot_be_packed_fails_the_upload(tmp_path: Path, declared: str, sentence: str):
    text = spec(f"artifacts: {{{declared}}}")
    files = {**FILES, "other/buildspec.yml": ""}
    work, outcome = build_of(tmp_path, text, files=files, outputs=["Site"])

    assert failed(outcome).code is FailureCode.JOB_FAILED
    start = "Build terminated with state: FAILED. Phase: UPLOAD_ARTIFACTS, Code: CLIENT_ERROR,"
    assert failed(outcome).message.startswith(start)
    assert sentence in failed(outcome).message
    assert phases_of(work)[-1] == "UPLOAD_ARTIFACTS FAILED"


def test_several_artifacts_are_the_secondary_ones_of_their_names(tmp_path: Path):
    text = spec(
        "artifacts: {files: [top.txt], secondary-artifacts: {One: {files: ['*'], base-directory:"
        " my-build-1}, Two-2: {files: ['*'], base-directory: my-build-2}, Other: {files: [x]}}}"
    )
    _, outcome = build_of(tmp_path, text, files=FILES, outputs=["Two-2", "One"])

    made = succeeded(outcome).artifacts
    assert {name: contents(path) for name, path in made.items()} == {
        "One": {"my-file-1.txt"},
        "Two-2": {"my-file-2.txt"},
    }


@pytest.mark.parametrize(
    ("section", "outputs", "sentence"),
    [
        ("", ["Site"], "so the buildspec needs artifacts/files"),
        (
            "artifacts: {secondary-artifacts: {Site: {files: [a]}}}",
            ["Site"],
            "Secondary artifacts are for actions with several",
        ),
        ("artifacts: {files: [a]}", ["A", "B"], "A, B is missing, there is: none"),
        (
            "artifacts: {secondary-artifacts: {A: {files: [a]}, b: {files: [a]}}}",
            ["A", "B"],
            "B is missing, there is: A, b",
        ),
    ],
)
def test_artifacts_that_the_buildspec_does_not_make_are_named_before_anything_runs(
    tmp_path: Path, section: str, outputs: list[str], sentence: str
):
    work, outcome = build_of(tmp_path, spec(section, "touch never"), outputs=outputs)

    assert "Phase: DOWNLOAD_SOURCE, Code: YAML_FILE_ERROR" in failed(outcome).message
    assert sentence in failed(outcome).message
    assert not (work.workspace / "src/never").exists()


def test_without_output_artifacts_nothing_is_packed(tmp_path: Path):
    work, outcome = build_of(tmp_path, spec("artifacts: {files: [nothing]}"))

    assert succeeded(outcome).artifacts == {}
    assert "Expanding" not in "".join(said(work))


def test_a_failed_build_makes_no_artifacts(tmp_path: Path):
    text = spec("artifacts: {files: ['**/*']}", "false")
    work, outcome = build_of(tmp_path, text, outputs=["Site"])

    assert failed(outcome).code is FailureCode.JOB_FAILED
    assert not (work.workspace / "Site.zip").exists()
    assert "UPLOAD_ARTIFACTS" not in "".join(phases_of(work))


@pytest.mark.parametrize(("kept", "is_link"), [("no", False), ("yes", True)])
def test_links_become_files_unless_they_are_to_be_kept(tmp_path: Path, kept: str, is_link: bool):
    make = "mkdir d; echo 1 > d/a; ln -s a d/b; ln -s /etc/passwd d/p; ln -s ../top.txt d/up"
    text = spec(f"artifacts: {{files: ['*'], base-directory: d, enable-symlinks: {kept}}}", make)
    work, outcome = build_of(tmp_path, text, files=FILES, outputs=["Site"])

    made = succeeded(outcome).artifacts["Site"]
    with zipfile.ZipFile(made) as archive:
        entry = archive.getinfo("b")
        assert stat.S_ISLNK(entry.external_attr >> 16) is is_link
        assert archive.read(entry) == (b"a" if is_link else b"1\n")
    assert "@ Left out of Site: p (it leads outside or is no file)" in said(work)
    assert ("up" in contents(made)) is not is_link  # as a link it would lead outside
    artifacts.unpack(made, tmp_path / "again")


def test_files_of_another_input_can_be_taken(tmp_path: Path):
    text = spec("artifacts: {files: ['**/*'], base-directory: $CODEBUILD_SRC_DIR_Data/sub}")
    inputs = {
        "Source": make_artifact(tmp_path, {"buildspec.yml": text}, "one"),
        "Data": make_artifact(tmp_path, {"sub/a/b": "", "c": ""}, "two"),
    }
    _, outcome = build_of(
        tmp_path,
        "",
        input_artifacts=inputs,
        configuration={"PrimarySource": "Source"},
        outputs=["Site"],
    )

    assert contents(succeeded(outcome).artifacts["Site"]) == {"a/b"}


def test_the_log_tells_how_the_files_were_found(tmp_path: Path):
    text = spec("artifacts: {files: [top.txt, nothing], base-directory: .}")
    work, _ = build_of(tmp_path, text, files=FILES, outputs=["Site"])

    told = said(work)
    assert told[told.index("@ Expanding base directory path: .") :] == [
        "@ Expanding base directory path: .",
        "@ Expanding file paths for base directory .",
        "@ Expanding top.txt",
        "@ Expanding nothing",
        "@ Skipping invalid file path nothing",
        "@ Found 1 file(s)",
        "@ Phase complete: UPLOAD_ARTIFACTS State: SUCCEEDED",
        "@ Phase context status code:  Message: ",
    ]


def test_a_link_in_place_of_the_source_leads_no_file_into_the_artifact(tmp_path: Path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("hunter2")
    replaced = f"cd .. && mv src gone && ln -s {outside} src"

    _, outcome = build_of(tmp_path, spec("artifacts: {files: ['*']}", replaced), outputs=("Out",))

    assert "The folder src leads out of the build through a link" in failed(outcome).message
