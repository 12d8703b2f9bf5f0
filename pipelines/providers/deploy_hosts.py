"""Which kind of host an instance is."""

from pipelines.providers.deploy_host import Host, LocalHost, Place
from pipelines.providers.deploy_ssh import SshHost


def host_of(place: Place) -> Host:
    """A host that ssh reaches, or a folder of this machine."""
    return SshHost(place=place) if place.instance.ssh_host else LocalHost(place=place)
