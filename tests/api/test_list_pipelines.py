"""ListPipelines: every pipeline once, in the order of names, page by page."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.models import Pipeline
from tests.api.calling import call, refused
from tests.definitions import approval, commands, with_actions


def pages(**given):
    """The pages that a client would get."""
    output = call("ListPipelines", **given)
    yield output["pipelines"]
    while "nextToken" in output:
        output = call("ListPipelines", **given, nextToken=output["nextToken"])
        yield output["pipelines"]


def names(page):
    return [summary["name"] for summary in page]


@pytest.mark.usefixtures("engine_room")
def test_a_summary_says_what_the_pipeline_is():
    call("CreatePipeline", pipeline=with_actions(commands()))
    call("UpdatePipeline", pipeline=with_actions(approval(), pipeline_type="V1"))

    row = Pipeline.objects.get()
    assert call("ListPipelines") == {
        "pipelines": [
            {
                "name": "website",
                "version": 2,
                "pipelineType": "V1",
                "executionMode": "SUPERSEDED",
                "created": row.created_at,
                "updated": row.updated_at,
            }
        ]
    }


@pytest.mark.django_db
def test_there_may_be_none():
    assert call("ListPipelines") == {"pipelines": []}


@pytest.mark.django_db
@settings(deadline=None, max_examples=20)
@given(
    st.sets(st.text("abyzAZ09._-@", min_size=1, max_size=5), max_size=12),
    st.integers(min_value=1, max_value=13),
)
def test_every_pipeline_comes_once_and_in_order(all_names, size):
    Pipeline.objects.all().delete()
    Pipeline.objects.bulk_create(Pipeline(name=name) for name in all_names)

    found = list(pages(maxResults=size))

    everything = [name for page in found for name in names(page)]
    assert sorted(everything) == sorted(all_names)
    assert everything == names(call("ListPipelines")["pipelines"])
    assert [len(page) for page in found[:-1]] == [size] * (len(found) - 1)
    assert found[-1] or len(found) == 1


@pytest.mark.django_db
def test_without_a_size_a_page_has_a_thousand(django_assert_num_queries):
    Pipeline.objects.bulk_create(Pipeline(name=f"p{number:04}") for number in range(1001))

    with django_assert_num_queries(1):
        output = call("ListPipelines")

    assert len(output["pipelines"]) == 1000
    assert names(call("ListPipelines", nextToken=output["nextToken"])["pipelines"]) == ["p1000"]


@pytest.mark.django_db
def test_what_is_made_and_deleted_meanwhile_moves_nothing():
    Pipeline.objects.bulk_create(Pipeline(name=name) for name in "bdfh")
    first = call("ListPipelines", maxResults=2)

    Pipeline.objects.filter(name__in="bd").delete()
    Pipeline.objects.bulk_create(Pipeline(name=name) for name in "aeg")

    second = call("ListPipelines", maxResults=9, nextToken=first["nextToken"])
    assert names(second["pipelines"]) == ["e", "f", "g", "h"]


@pytest.mark.django_db
def test_a_token_that_is_none_is_refused():
    assert refused("ListPipelines", nextToken="mine")[0] == "InvalidNextTokenException"
