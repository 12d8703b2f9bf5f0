"""Keeping commands in bubblewrap, where the site asks for it: they see little and leave nothing.

A process in it sees the programs of this machine (read-only), the few files of /etc that programs
need, and the build's own folder; no process of another, no secret of ours.  The network is there,
since builds fetch what they need.  The kernel ends every process when the first one ends.
"""

import shutil
import subprocess
from enum import StrEnum
from pathlib import Path

PROGRAMS = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/opt")
NEEDED_OF_ETC = (
    *("alternatives", "ca-certificates", "ca-certificates.conf", "fonts", "gitconfig", "group"),
    *("host.conf", "hosts", "inputrc", "java", "ld.so.cache", "ld.so.conf", "ld.so.conf.d"),
    *("localtime", "magic", "mime.types", "nsswitch.conf", "os-release", "passwd"),
    *("pki/ca-trust/extracted", "pki/tls/certs"),
    *("protocols", "python3", "resolv.conf", "services"),
    *("ssl/certs", "ssl/openssl.cnf", "timezone"),
)
OF_THE_KERNEL = ("/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus", "/proc/fs")
PROBE_SECONDS = 10


class Level(StrEnum):
    """What commands of users are kept in."""

    NONE = "none"  # nothing: a plain folder, and the rights of Penstock
    BWRAP = "bwrap"


class NotIsolated(Exception):
    """The isolation that the site asks for cannot be had; the message says why."""


def wrapped(
    argv: tuple[str, ...], level: Level, *, folder: Path, also: tuple[Path, ...] = ()
) -> tuple[str, ...]:
    """The command that runs `argv` where it can change nothing but what is in `folder` or `also`.

    The working directory and the environment are the caller's.  Raises NotIsolated.
    """
    if level is Level.NONE:
        return argv
    binds = (option for each in (folder, *also) for option in ("--bind", str(each), str(each)))
    prefix = (_bwrap(), *_options(), *binds)
    _probe(prefix)
    return (*prefix, "--", *argv)


def in_words(level: Level) -> str:
    """What the first line of a log says of it."""
    if level is Level.BWRAP:
        return (
            "The commands run on this machine inside bubblewrap (isolation: bwrap): they see the"
            " programs of this machine, their own folder and the network, and nothing else."
        )
    return (
        "The commands run directly on this machine, in a plain folder of their own and with the"
        " rights of Penstock, not in a container (isolation: none)."
    )


def _bwrap() -> str:
    found = shutil.which("bwrap")
    if not found:
        raise NotIsolated("bwrap is not installed (package bubblewrap)")
    return found


def _options() -> tuple[str, ...]:
    """Later options lie over earlier ones: the folder of a build may well be below /tmp."""
    seen = [option for path in PROGRAMS for option in ("--ro-bind-try", path, path)]
    for name in NEEDED_OF_ETC:
        seen += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    return (
        *("--die-with-parent", "--unshare-pid", "--unshare-ipc", "--unshare-uts"),
        *("--cap-drop", "ALL"),  # root outside would be root enough inside to mount over all this
        *seen,
        *("--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--tmpfs", "/run"),  # noqa: S108
        *(option for path in OF_THE_KERNEL for option in ("--ro-bind-try", path, path)),
    )


def _probe(prefix: tuple[str, ...]) -> None:
    """Some systems have bwrap and do not let it work: better to say so than to fail oddly."""
    try:
        tried = subprocess.run(
            [*prefix, "--", "true"], capture_output=True, timeout=PROBE_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise NotIsolated(f"bwrap does not work here: {problem}") from problem
    if tried.returncode:
        said = tried.stderr.decode(errors="replace").strip().splitlines()
        raise NotIsolated(f"bwrap does not work here: {said[-1] if said else tried.returncode}")
