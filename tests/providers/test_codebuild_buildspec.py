"""What a buildspec may say, and the sentence about what it may not."""

import pytest

from pipelines.providers.codebuild_buildspec import BuildspecError, is_inline, parse

WHOLE = b"""
version: 0.2
env:
  shell: bash
  variables: {A: 1, B: "two words"}
  exported-variables: [A]
  git-credential-helper: no
phases:
  install:
    runtime-versions: {python: 3.11}
  build:
    on-failure: CONTINUE
    commands:
      - make
      - |
        if true; then
          echo yes
        fi
    finally:
      - make clean
  post_build:
    commands: [yes]
artifacts:
  files: ['**/*']
  name: site-$(date +%F)
  discard-paths: yes
  base-directory: dist
  exclude-paths: '**/*.map'
  enable-symlinks: no
  secondary-artifacts:
    Docs: {files: [docs/**/*]}
"""


def test_a_whole_buildspec_is_read():
    spec = parse(WHOLE)

    assert spec.env.variables == {"A": "1", "B": "two words"}
    assert spec.env.exported_variables == ["A"]
    build = spec.phases.build
    assert build is not None
    assert build.commands == ["make", "if true; then\n  echo yes\nfi\n"]
    assert (build.finally_, build.on_failure) == (["make clean"], "CONTINUE")
    assert spec.phases.post_build is not None
    assert spec.phases.post_build.commands == ["yes"]
    assert spec.artifacts is not None
    assert spec.artifacts.discard_paths
    assert not spec.artifacts.enable_symlinks
    assert spec.artifacts.exclude_paths == ["**/*.map"]
    assert list(spec.artifacts.secondary_artifacts) == ["Docs"]
    assert list(spec.without_effect()) == ["runtime-versions"]


def with_build(rest: str) -> str:
    return f"version: 0.2\nphases: {{build: {{commands: [make]}}}}\n{rest}"


@pytest.mark.parametrize(
    "text",
    [
        with_build(""),
        with_build("env:"),
        with_build("env: {variables: , exported-variables: }"),
        with_build("artifacts:"),
        with_build("artifacts: {secondary-artifacts: {A: {files: [a]}}}"),
        with_build("cache:"),
        "version: '0.2'\nphases: {install: , build: {commands: [make]}}",
        "version: 0.2\nphases: {pre_build: &p {commands: [a]}, build: {<<: *p, finally: [b]}}",
    ],
)
def test_what_aws_takes_is_taken(text: str):
    parse(text.encode())


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("- a", "It is not a mapping of keys such as version and phases."),
        ("a: [", "It is not YAML that can be read: "),
        ("phases: {}", "version: it is missing; write version: 0.2."),
        ("version: 0.1\nenvironment_variables: {}", "version: '0.1' is not supported here; write"),
        ("version: [0.2]", "version: it is missing"),
        ("version: 0.2", "phases: Field required."),
        ("version: 0.2\nphases:", "phases: a mapping is needed here, of install, pre_build,"),
        ("version: 0.2\nphases: {}", "at least one of install, pre_build, build, post_build is"),
        (
            "version: 0.2\nphases: {bild: {commands: [a]}}",
            "phases: bild is not a key that is known here; known are install, pre_build, build,",
        ),
        (with_build("stages: {}"), "stages is not a key that is known here; known are version,"),
        ("version: 0.2\nphases: {build: }", "phases.build: a mapping is needed here, of commands,"),
        ("version: 0.2\nphases: {build: {}}", "phases.build.commands: Field required."),
        (
            "version: 0.2\nphases: {build: {commands: }}",
            "phases.build.commands: a list with at least one command is needed here.",
        ),
        ("version: 0.2\nphases: {build: {commands: make}}", "a list with at least one command"),
        ("version: 0.2\nphases: {build: {commands: []}}", "a list with at least one command"),
        ("version: 0.2\nphases: {build: {commands: [a, ' ']}}", "command number 2 is empty"),
        (
            "version: 0.2\nphases:\n  build:\n    commands:\n      - echo done: yes\n",
            "phases.build.commands: Expected Commands[0] to be of string type: it is a mapping.",
        ),
        ("version: 0.2\nphases: {build: {commands: [[a]]}}", "it is a list"),
        (
            "version: 0.2\nphases: {build: {on-failure: RETRY-3, commands: [a]}}",
            "phases.build.on-failure: RETRY is not done here",
        ),
        (
            "version: 0.2\nphases: {build: {on-failure: STOP, commands: [a]}}",
            "phases.build.on-failure: Input should be 'ABORT' or 'CONTINUE'.",
        ),
        (
            "version: 0.2\nphases: {build: {run-as: joe, commands: [a]}}",
            "phases.build.run-as: every command runs as the user that Penstock itself runs as",
        ),
        (with_build("run-as: joe"), "run-as: every command runs as the user"),
        (with_build("env: {shell: fish}"), "env.shell: Input should be 'bash', '/bin/sh' or 'sh'."),
        (with_build("env: {shell: powershell.exe}"), "env.shell: Input should be 'bash'"),
        (with_build("env: {variables: {A: [1]}}"), "env.variables.A: Input should be a valid str"),
        (with_build("env: {variables: {A-B: 1}}"), "env.variables: A-B cannot be the name of an"),
        (with_build("env: {exported-variables: [1x]}"), "env.exported-variables: 1x cannot be"),
        (
            with_build("env: {parameter-store: {A: /a}}"),
            "env.parameter-store: Systems Manager Parameter Store cannot be asked here; give",
        ),
        (with_build("env: {secrets-manager: {A: b}}"), "env.secrets-manager: Secrets Manager can"),
        (with_build("artifacts: {name: x}"), "artifacts: files is needed here"),
        (with_build("artifacts: {files: [a], flat: yes}"), "artifacts: flat is not a key that is"),
        (with_build("artifacts: {files: [a], discard-paths: maybe}"), "artifacts.discard-paths: "),
        (
            with_build("artifacts: {secondary-artifacts: {A: {}}}"),
            "artifacts.secondary-artifacts.A.files: Field required.",
        ),
        (with_build(f"{'x' * 900}: 1"), f"{'x' * 100} is not a key that is known here"),
    ],
)
def test_what_cannot_be_used_is_named_with_what_is_allowed(text: str, sentence: str):
    with pytest.raises(BuildspecError) as refused:
        parse(text.encode())

    assert sentence in str(refused.value)
    assert len(str(refused.value)) < 400


@pytest.mark.parametrize(
    ("text", "inline"),
    [
        ("", False),
        ("buildspec.yml", False),
        ("ci/version:1.yml", False),
        (" ci/build.yml\n", False),
        ("version: 0.2\nphases: {}", True),
        ("{version: 0.2}", True),
        ("version: 0.2", True),
    ],
)
def test_a_whole_buildspec_is_told_from_a_path(text: str, inline: bool):
    assert is_inline(text) is inline
