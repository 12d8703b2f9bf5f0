"""Coming in, going out, and the theme."""

import pytest
from django.urls import reverse

SIGN_IN = "/sign-in"
PIPELINES = "/codesuite/codepipeline/pipelines"


@pytest.fixture
def alice(django_user_model):
    return django_user_model.objects.create_user("alice", password="correct horse")


def signed_in_user(client):
    return client.session.get("_auth_user_id")


def test_the_right_password_leads_to_the_page_that_was_wanted(client, alice):
    page = client.get(SIGN_IN, {"next": f"{PIPELINES}?q=web"}).content.decode()
    assert f'name="next" value="{PIPELINES}?q=web"' in page

    answer = client.post(
        SIGN_IN, {"username": "alice", "password": "correct horse", "next": f"{PIPELINES}?q=web"}
    )

    assert (answer.status_code, answer.url) == (302, f"{PIPELINES}?q=web")
    assert signed_in_user(client) == str(alice.pk)


@pytest.mark.parametrize(
    ("username", "password"), [("alice", "wrong"), ("nobody", "correct horse"), ("idle", "idle")]
)
def test_whatever_is_wrong_is_told_in_the_same_words(
    client, alice, django_user_model, username, password
):
    django_user_model.objects.create_user("idle", password="idle", is_active=False)

    answer = client.post(SIGN_IN, {"username": username, "password": password})

    text = answer.content.decode()
    assert "You could not be signed in" in text
    assert "Please enter a correct username and password." in text
    assert "inactive" not in text
    assert signed_in_user(client) is None


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example", "\x00"],
)
def test_no_address_of_somebody_else_is_gone_to(client, alice, elsewhere):
    answer = client.post(
        SIGN_IN, {"username": "alice", "password": "correct horse", "next": elsewhere}
    )

    assert answer.url == PIPELINES


def test_who_is_in_already_goes_on(signed_in):
    assert signed_in.get(SIGN_IN).url == PIPELINES
    assert signed_in.get(SIGN_IN, {"next": "/theme-park"}).url == "/theme-park"
    assert signed_in.get(SIGN_IN, {"next": "https://evil.example/"}).url == PIPELINES
    assert signed_in.get(SIGN_IN, {"next": f"{SIGN_IN}?next={SIGN_IN}"}).url == PIPELINES


def test_the_page_of_a_name_typed_before_is_escaped(client, db):
    answer = client.post(SIGN_IN, {"username": '"><b>x', "password": "x"})

    assert "&quot;&gt;&lt;b&gt;x" in answer.content.decode()


def test_signing_in_without_the_form_of_this_site_is_refused(alice):
    from django.test import Client  # noqa: PLC0415 - one that checks for forgery

    answer = Client(enforce_csrf_checks=True).post(
        SIGN_IN, {"username": "alice", "password": "correct horse"}
    )

    assert answer.status_code == 403


def test_signing_out_takes_a_post(signed_in):
    assert signed_in.get("/sign-out").status_code == 405
    assert signed_in_user(signed_in)

    answer = signed_in.post("/sign-out")

    assert answer.url == SIGN_IN
    assert signed_in_user(signed_in) is None


@pytest.mark.parametrize("path", ["/sign-out", "/theme"])
def test_what_takes_a_post_is_not_come_back_to_after_signing_in(client, path):
    assert client.post(path).url == SIGN_IN


@pytest.mark.parametrize("theme", ["light", "dark", "system"])
def test_a_theme_is_kept_and_leads_back(signed_in, theme):
    back = f"{PIPELINES}?q=a"

    answer = signed_in.post("/theme", {"theme": theme, "next": back})

    assert answer.url == back
    cookie = answer.cookies["theme"]
    assert cookie.value == theme
    assert (cookie["samesite"], cookie["httponly"]) == ("Lax", True)


def test_a_page_is_drawn_in_the_theme(signed_in):
    signed_in.post("/theme", {"theme": "dark"})

    assert 'data-theme="dark"' in signed_in.get(PIPELINES).content.decode()


def test_no_other_theme_is_kept(signed_in):
    answer = signed_in.post("/theme", {"theme": '"><script>', "next": PIPELINES})

    assert answer.status_code == 400
    assert "theme" not in answer.cookies


def test_a_theme_does_not_lead_elsewhere(signed_in):
    answer = signed_in.post("/theme", {"theme": "dark", "next": "https://evil.example/"})

    assert answer.url == reverse("pipelines")
