"""A private PostgreSQL in the data folder: started as our own child, reached by a socket only, gone with us."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self
from urllib.parse import quote

import psycopg

from oralu.config.environment import CONNECTION_FILE
from oralu.server import binaries, connection, memory, roles
from oralu.server.backup import archive
from oralu.server.datafolder import claim, database_home, socket_folder
from oralu.server.errors import CannotStartError, disk_full
from oralu.server.processes import alive, command_of, ordinary_account, preexec_dying, wait_until_gone

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0777",
    "max_connections": "60",
    "fsync": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "fatal",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_statement": "none",
}
"""No TCP; the socket is open to all accounts, entry is by password. Statements and their errors hold personal data and
stay out of the log: whoever sent them is told."""
UNSAFE_AND_FAST = {
    "shared_buffers": "64MB",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}
"""For tests, whose database may be lost at any moment."""


class Server:
    """The private server of one data folder. Use it as a context manager, from the main thread.

    Args:
        folder: the data folder; the server's own files are kept in `postgres` inside it.
        durable: False only for tests.
        database: made at the first start, owned by the owner role; `created` tells whether it was this start.
        patience: seconds that it may take to open; long only where a log is replayed.

    Raises:
        CannotStartError: on entering, with the reason in one sentence.
    """

    def __init__(
        self, folder: Path, *, durable: bool = True, database: str = roles.DATABASE, patience: float = 120
    ) -> None:
        self.folder = folder.absolute()
        self.database = database
        self.created = False
        self.account = ordinary_account()
        self.process: subprocess.Popen[bytes] | None = None
        self._durable = durable
        self._patience = patience
        self._lock: IO[str] | None = None
        self._known: dict[str, str] = {}

    @property
    def owner_url(self) -> str:
        return self._known["owner"]

    @property
    def app_url(self) -> str:
        return self._known["app"]

    @property
    def worker_url(self) -> str:
        return self._known["worker"]

    @property
    def admin_url(self) -> str:
        """Above row security: for this package alone, never for a process that serves."""
        return self._known["admin"]

    @property
    def log(self) -> Path:
        return self.home / "server.log"

    def __enter__(self) -> Self:
        try:
            self._lock = claim(self.folder)
            self.home = database_home(self.folder, self.account)
            self._binaries = binaries.find(self.account)
            self._remove_stale_lock()
            if not (self.home / "PG_VERSION").exists():
                self._initialise()
            self._check_version()
            self._start()
            self._prepare_database()
        except BaseException as error:
            self.stop()
            if isinstance(error, OSError) and error.errno == errno.ENOSPC:
                raise disk_full(self.folder) from error
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self, seconds: float = 30) -> None:
        """Stop in an orderly way (open sessions are ended, a checkpoint is written); at once if that takes too long."""
        if self.process is not None and self.process.poll() is None:
            for word, patience in ((signal.SIGINT, seconds), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
                self.process.send_signal(word)
                try:
                    self.process.wait(patience)
                    break
                except subprocess.TimeoutExpired:
                    continue
        self.process = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def died(self) -> int | None:
        """The exit code of a server that ended by itself, else None."""
        return self.process.poll() if self.process is not None else None

    def restart(self) -> None:
        """Start again after `died`; PostgreSQL replays its log, so that nothing acknowledged is lost."""
        self._remove_stale_lock()
        self._start()

    def connect_admin(self, database: str | None = None) -> psycopg.Connection:
        """An autocommit connection of the administrator, above row security: for this package and tests only."""
        url = self._known["admin"].replace(f"/{quote(self.database)}?", f"/{quote(database or self.database)}?")
        return psycopg.connect(url, autocommit=True, connect_timeout=5)

    def recreate_database(self) -> None:
        """Throw the database away and make an empty one in its place."""
        with self.connect_admin("postgres") as admin:
            roles.drop_database(admin, self.database)
        self._prepare_database()

    def _remove_stale_lock(self) -> None:
        """Deal with a `postmaster.pid` that a killed run left behind.

        Its number may belong to a stranger by now: only a process whose command line is a PostgreSQL of this very
        folder is waited for and, if it lingers without a master, stopped.
        """
        path = self.home / "postmaster.pid"
        try:
            pid = int(path.read_text(encoding="ascii").splitlines()[0])
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            return
        except (ValueError, IndexError):
            pid = 0
        if pid and self._is_ours(pid):
            for word in (None, signal.SIGINT, signal.SIGQUIT):
                if word is not None:
                    os.kill(pid, word)
                if wait_until_gone(pid, 5):
                    break
            else:
                raise CannotStartError(
                    f"A database server (process {pid}) still runs on {self.home} and does not stop: end it first."
                )
        path.unlink(missing_ok=True)

    def _is_ours(self, pid: int) -> bool:
        command = command_of(pid)
        return alive(pid) and bool(command) and "postgres" in Path(command[0]).name and str(self.home) in command

    def _initialise(self) -> None:
        """Make the cluster in a draft folder and rename it, so that a killed start leaves nothing half-made."""
        draft = self.home.with_name(f"{self.home.name}.new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        passwords = connection.new_passwords()
        with tempfile.NamedTemporaryFile("w", prefix="oralu-", encoding="ascii") as file:
            file.write(passwords["admin_password"])
            file.flush()
            if self.account is not None:
                os.chown(draft, self.account.pw_uid, self.account.pw_gid)
                os.chown(file.name, self.account.pw_uid, self.account.pw_gid)
            done = self._initdb(draft, Path(file.name))
        if done.returncode != 0:
            shutil.rmtree(draft, ignore_errors=True)
            raise self._explain(done.stderr.decode(errors="replace"), "PostgreSQL could not prepare its folder")
        connection.write(self.folder, passwords)
        draft.rename(self.home)

    def _initdb(self, draft: Path, password_file: Path) -> subprocess.CompletedProcess[bytes]:
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if self._binaries.major >= 17 else []
        entry = ["-U", connection.ADMIN, "--auth=scram-sha-256", f"--pwfile={password_file}"]
        options = [*entry, *locale, *([] if self._durable else ["--no-sync"])]
        return subprocess.run(
            [self._binaries.program("initdb"), "-D", str(draft), "-E", "UTF8", "--no-locale", *options],
            capture_output=True,
            check=False,
            **self._as_child(signal.SIGTERM),
        )

    def _check_version(self) -> None:
        try:
            made_by = (self.home / "PG_VERSION").read_text(encoding="ascii").strip()
        except OSError as error:
            raise CannotStartError(
                f"The database folder {self.home} cannot be read ({error.strerror}): "
                "start Oralu from the account that made it."
            ) from error
        if made_by != str(self._binaries.major):
            raise CannotStartError(
                f"The database in {self.home} was made by PostgreSQL {made_by}, but this is {self._binaries.major}: "
                f"set ORALU_PG_BIN to the programs of {made_by}."
            )

    def _start(self) -> None:
        known = connection.read(self.folder, self.home)
        socket = socket_folder(self.home, self.account)
        settings = SETTINGS | {"unix_socket_directories": str(socket)}
        if self._durable:
            settings |= self._archiving() | memory.settings(memory.memory_of_machine())
        else:
            settings |= UNSAFE_AND_FAST
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with self.log.open("ab") as log:
            offset = log.tell()
            self.process = subprocess.Popen(
                [self._binaries.program("postgres"), "-D", str(self.home), *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **self._as_child(signal.SIGINT),
            )
        self._known = connection.with_addresses(known, socket, self.database)
        self._wait_until_ready(offset)

    def _archiving(self) -> dict[str, str]:
        folder = archive.archive_folder(self.home)
        archive.prepare(folder, self.account)
        return archive.settings(folder)

    def _wait_until_ready(self, offset: int) -> None:
        assert self.process is not None
        end = time.monotonic() + self._patience
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise self._explain(self._log_since(offset), "PostgreSQL did not start")
            try:
                self.connect_admin("postgres").close()
            except psycopg.OperationalError as error:
                if "password authentication failed" in str(error):
                    raise CannotStartError(
                        f"The passwords in {self.folder / CONNECTION_FILE} do not open the database in {self.home}: "
                        "put the file back from a backup."
                    ) from error
                time.sleep(0.02)
            else:
                return
        raise self._explain(self._log_since(offset), f"PostgreSQL was not ready after {self._patience:.0f} s")

    def _prepare_database(self) -> None:
        passwords = {role: self._known[f"{role.removeprefix('oralu_')}_password"] for role in roles.ALL}
        with self.connect_admin("postgres") as admin:
            roles.ensure_roles(admin, passwords)
            self.created = roles.create_database(admin, self.database)
        with self.connect_admin() as admin:
            roles.grant(admin)
        connection.write(self.folder, self._known)

    def _as_child(self, last_word: signal.Signals) -> dict[str, Any]:
        """How PostgreSQL's programs are run: as the ordinary account, ended by `last_word` when we die."""
        account: dict[str, Any] = {}
        if self.account is not None:
            account = {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []}
        environment = {"PATH": os.defpath, "LC_ALL": "C"}
        return {"cwd": "/", "env": environment, "preexec_fn": preexec_dying(last_word)} | account

    def _log_since(self, offset: int) -> str:
        with self.log.open("rb") as log:
            log.seek(offset)
            return log.read().decode(errors="replace")

    def _explain(self, words: str, what: str) -> CannotStartError:
        if "No space left on device" in words:
            return disk_full(self.folder)
        lines = [line for line in words.splitlines() if "FATAL" in line or "error:" in line or "PANIC" in line]
        reason = (lines or words.strip().splitlines() or ["no reason was given"])[-1]
        return CannotStartError(f"{what} in {self.home}: {reason.strip()}")
