"""How clients are pointed at this Penstock: lines to copy, for each kind of client."""

from __future__ import annotations

from typing import NamedTuple

from django.conf import settings
from django.template.loader import render_to_string

from pipelines import access_keys

KEY_ID, SECRET = "<access key id>", "<secret access key>"  # what stands in their place


class Client(NamedTuple):
    """One kind of client; `name` is what an address calls it."""

    name: str
    label: str


class Lines(NamedTuple):
    """Some lines, what they are or where they belong, and the template they are made from."""

    title: str
    template: str
    note: str = ""


class Snippet(NamedTuple):
    """The same, made."""

    title: str
    text: str
    note: str


CLI = Client("cli", "AWS CLI")
PYTHON = Client("python", "Python (boto3)")
JAVASCRIPT = Client("javascript", "JavaScript")
TERRAFORM = Client("terraform", "Terraform")
CLIENTS: dict[Client, tuple[Lines, ...]] = {
    CLI: (
        Lines("In this shell", "environment"),
        Lines(
            "~/.aws/config",
            "config",
            "Or as a profile, which the SDKs read too. Your other profiles go to AWS as ever.",
        ),
        Lines("~/.aws/credentials", "credentials"),
        Lines("Try it", "try"),
    ),
    PYTHON: (
        Lines("boto3", "boto3"),
        Lines(
            "boto3 with a profile",
            "boto3_profile",
            f"With the profile of the tab {CLI.label}, no key stands in the code.",
        ),
    ),
    JAVASCRIPT: (
        Lines("AWS SDK for JavaScript v3", "javascript"),
        Lines(
            "In this shell",
            "environment",
            "With these variables and AWS_REGION, new CodePipelineClient({}) needs nothing else.",
        ),
    ),
    TERRAFORM: (
        Lines(
            "Provider",
            "terraform",
            "The skips keep the provider from asking other services of AWS who you are.",
        ),
    ),
}


def client_named(name: str) -> Client:
    """The first one, where there is no such client."""
    return next((client for client in CLIENTS if client.name == name), CLI)


def snippets_for(client: Client, access_key_id: str) -> list[Snippet]:
    """What to copy for this client, with the id of the key; its secret is known to nobody here."""
    key_id = access_key_id or KEY_ID
    values = {
        "endpoint": settings.PENSTOCK_URL,
        "region": settings.PENSTOCK_REGION,
        "key_id": key_id,
        "secret": SECRET,
        "environment": access_keys.shell_lines(key_id, SECRET),
    }
    return [_made(lines, values) for lines in CLIENTS[client]]


def _made(lines: Lines, values: dict[str, str]) -> Snippet:
    text = render_to_string(f"connect/snippets/{lines.template}.txt", values)
    return Snippet(lines.title, text.rstrip("\n"), lines.note)
