"""Backup and restore: the databases of a folder, copied beside their running writers into one archive, and put back.

The archive is a gzip'ed tar of the files, each compact and without a WAL. A copy is of one moment, but not the same one
for all: files are copied in the order in which they are named, and it is for the caller to name first what comes first
in the story. It neither overwrites nor deletes: what is in the way is refused, or moved aside if asked.
"""

import contextlib
import os
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from bounced.database.file import check, lock, reading
from bounced.database.owner import denied, give, make_folder
from bounced.errors import BackupFailed, BackupInvalid, BouncedError, InputUnreadable

#: The name of a file (a shell pattern, fnmatch), anywhere in the folder, and its schema's scripts.
Known = Mapping[str, Sequence[str]]

#: A database's files, by what their names have behind its own.
_ENDS = ("", "-wal", "-shm")
_MODE = 0o600


def back_up(folder: Path, known: Known, target: Path) -> list[str]:
    """Copy all *known* files of *folder* into the archive *target*, which is on the disk when this returns; name them.

    Needs as much room again as the files have, beside *target*.

    Raises:
        BackupFailed: *target* exists or can't be written; there is nothing to copy.
        JournalInvalid: a file is damaged or of another release.
        JournalUnavailable: a file can't be read.
    """
    paths = [path for name in known for path in sorted(folder.rglob(name))]
    if not paths:
        raise BackupFailed(f"{folder}: there is no {' and no '.join(known)}")
    with _told(target), tempfile.TemporaryDirectory(dir=target.absolute().parent, prefix=f".{target.name}.") as place:
        archive = Path(place) / "archive"
        names = [str(path.relative_to(folder)) for path in paths]
        with open(archive, "wb", opener=lambda name, flags: os.open(name, flags, _MODE)) as file:
            with tarfile.open(fileobj=file, mode="w:gz", compresslevel=1) as tar:
                for path, name in zip(paths, names, strict=True):
                    copy = Path(place) / "copy"
                    with reading(path, _scripts(known, path.name) or ()) as connection:
                        connection.execute("VACUUM INTO ?", (str(copy),))
                    tar.add(copy, name)
                    copy.unlink()
            file.flush()
            os.fsync(file.fileno())
        os.link(archive, target)  # unlike a renaming, it refuses to replace
        _sync_folder(target.absolute().parent)
    return names


def restore(source: Path, known: Known, folder: Path, *, suffix: str | None) -> list[str]:
    """Put the files of the archive *source* into *folder*; name them.

    What is in the way is refused or, with *suffix*, renamed by it first. Nothing is touched before all of the archive has been read
    and found good.

    Raises:
        InputUnreadable: *source* can't be read.
        BackupFailed: a file is in the way, or *folder* can't be written.
        BackupInvalid: *source* is no backup, or damaged, or of a newer release.
        JournalHeld: a process has one of the files open.
    """
    try:
        archive = source.open("rb")
    except OSError as error:
        raise InputUnreadable(f"{source}: {error.strerror}") from error
    with archive, _told(folder), contextlib.ExitStack() as stack:
        make_folder(folder)
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=folder, prefix=".restore.")))
        copies = _unpack(archive, known, place)
        for name in copies:
            stack.enter_context(lock(folder / name))
        there = [(folder / name, end) for name in copies for end in _ENDS if (folder / f"{name}{end}").exists()]
        if there and suffix is None:
            raise BackupFailed(f"{there[0][0]} is there already: with --set-aside it is renamed, and what waits in it is not delivered")
        for path, end in there:  # the WAL too: beside another file it would be taken for that one's
            path.with_name(f"{path.name}{end}").rename(path.with_name(f"{path.name}{suffix}{end}"))
        for name, copy in copies.items():
            copy.rename(folder / name)
            give(folder / name)
            _sync_folder((folder / name).parent)
    return list(copies)


def _unpack(archive: BinaryIO, known: Known, place: Path) -> dict[str, Path]:
    """Read the archive whole, each file into one in *place*, and check that this release can use it."""
    source, copies = archive.name, dict[str, Path]()
    try:
        with tarfile.open(fileobj=archive, mode="r:gz") as tar:
            for member in tar:
                name = PurePosixPath(member.name)
                content = tar.extractfile(member) if member.isreg() else None
                if content is None or _scripts(known, name.name) is None or name.is_absolute() or ".." in name.parts:
                    raise BackupInvalid(f"{source}: {member.name!r} is not of bounced")
                copies[str(name)] = copy = place / str(len(copies))
                with open(copy, "wb", opener=lambda name, flags: os.open(name, flags, _MODE)) as file:
                    shutil.copyfileobj(content, file)
                    file.flush()
                    os.fsync(file.fileno())
    except (tarfile.TarError, zlib.error, EOFError, OSError) as error:
        raise BackupInvalid(f"{source}: {error}") from error
    if not copies:
        raise BackupInvalid(f"{source}: nothing is in it")
    for found, copy in copies.items():
        try:
            check(copy, _scripts(known, PurePosixPath(found).name) or ())
        except BouncedError as error:
            raise BackupInvalid(f"{source}: {found}: {error.detail.removeprefix(f'{copy}: ')}") from error
    return copies


def _scripts(known: Known, name: str) -> Sequence[str] | None:
    """Find the schema of the file called *name*; None when it is none of ours."""
    return next((scripts for pattern, scripts in known.items() if fnmatchcase(name, pattern)), None)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BackupFailed(f"{path}: {error.strerror or error}{denied(path)}") from error
