"""The pages in docs that are written from tables say what the tables say."""

import pytest
from django.core.management import call_command

from pipelines.api import model, reference
from pipelines.api.operations import OPERATIONS, absent
from pipelines.api.reference import HERE
from pipelines.management.commands import docs
from pipelines.providers import ACTION_TYPES, elsewhere, is_done_here


def section_of(action_type):
    """The part of the page about one type."""
    [section] = [
        part for part in docs.page().split("\n### ") if f"\n`{' / '.join(action_type.id)}`" in part
    ]
    return section


@pytest.mark.parametrize("name", ["api.md", "providers.md"])
def test_a_page_is_up_to_date(name):
    written = (docs.folder() / name).read_text()

    assert written == docs.pages()[name], "Run: python manage.py docs"


def test_the_page_of_the_api_knows_every_operation():
    text = reference.page()

    assert HERE.keys() == OPERATIONS.keys() - absent.OPERATIONS.keys()
    for name in model.service().operation_names:
        assert f"## {name}\n" in text or name in text.partition("## Not here yet")[2]


def test_every_type_says_its_keys_and_whether_it_is_done_here():
    for type_id, action_type in ACTION_TYPES.items():
        section = section_of(action_type)
        for key in action_type.configuration:
            assert f"\n| `{key}` |" in section
        if is_done_here(type_id):
            assert section.startswith(f"{action_type.label} – done here\n")
        else:
            assert f"\n> {elsewhere.refusal_of(type_id)}\n" in section


def test_the_command_writes_the_pages(tmp_path, settings):
    settings.BASE_DIR = tmp_path
    (tmp_path / "docs").mkdir()

    call_command("docs")

    written = {path.name: path.read_text() for path in (tmp_path / "docs").iterdir()}
    assert written == docs.pages()
