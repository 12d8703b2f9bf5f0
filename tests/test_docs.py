"""The pages in docs that are written from tables say what the tables say."""

from django.core.management import call_command

from pipelines.management.commands import docs
from pipelines.providers import ACTION_TYPES, elsewhere, is_done_here


def section_of(action_type):
    """The part of the page about one type."""
    [section] = [
        part for part in docs.page().split("\n### ") if f"\n`{' / '.join(action_type.id)}`" in part
    ]
    return section


def test_the_page_of_providers_is_up_to_date():
    assert docs.path_of_page().read_text() == docs.page(), "Run: python manage.py docs"


def test_every_type_says_its_keys_and_whether_it_is_done_here():
    for type_id, action_type in ACTION_TYPES.items():
        section = section_of(action_type)
        for key in action_type.configuration:
            assert f"\n| `{key}` |" in section
        if is_done_here(type_id):
            assert section.startswith(f"{action_type.label} – done here\n")
        else:
            assert f"\n> {elsewhere.refusal_of(type_id)}\n" in section


def test_the_command_writes_the_page(tmp_path, settings):
    settings.BASE_DIR = tmp_path
    (tmp_path / "docs").mkdir()

    call_command("docs")

    assert (tmp_path / "docs" / "providers.md").read_text() == docs.page()
