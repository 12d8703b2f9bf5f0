"""A connection as a provider sees it: the host that its row names, with the credential opened."""

from __future__ import annotations

from pipelines import places, secrets
from pipelines.core.connections import connection_id_of, is_ssh
from pipelines.models import Connection
from pipelines.providers.git_hosts import Host
from pipelines.remotes import Credential


def connected(arn: str) -> Host | None:
    """The host of the connection with this ARN, if there is one.  Raises Unreadable."""
    connection_id = connection_id_of(arn)
    row = Connection.objects.filter(pk=connection_id).first() if connection_id else None
    return host_of(row) if row else None


def host_of(row: Connection) -> Host:
    """Raises Unreadable when its credential was sealed by another Penstock."""
    opened = ""
    if row.sealed_credential:
        opened = str(secrets.unseal(row.sealed_credential, of=str(row)))
    if is_ssh(row.base_url):
        credential = Credential(private_key=opened, known_hosts=places.known_hosts())
    else:
        # GitHub and GitLab look at the token only, but want some name beside it.
        username = row.username or ("x-access-token" if opened else "")
        credential = Credential(username=username, password=opened)
    return Host(
        base_url=row.base_url,
        called=f"the connection {row.name}",
        provider_type=row.provider_type,
        credential=credential,
    )
