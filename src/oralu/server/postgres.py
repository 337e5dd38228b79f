"""A private PostgreSQL in the data folder: started as our own child, reached by a socket only, gone with us."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import pwd
import secrets
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

from oralu.config.environment import CONNECTION_FILE, private_connection
from oralu.server import binaries, roles
from oralu.server.errors import AlreadyRunningError, CannotStartError, disk_full
from oralu.server.processes import alive, can_enter, command_of, ordinary_account, preexec_dying, wait_until_gone

ADMIN = "oralu_admin"
LEAST_FREE = 256 * 1024 * 1024
"""Bytes that must be free before the server is started: its log segments alone take 16 MB each."""
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0777",
    "max_connections": "60",
    "shared_buffers": "64MB",
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
        passwords: kept in `connection.env` of the data folder, made at the first start.

    Raises:
        CannotStartError: on entering, with the reason in one sentence.
    """

    def __init__(self, folder: Path, *, durable: bool = True, database: str = roles.DATABASE) -> None:
        self.folder = folder.absolute()
        self.database = database
        self.created = False
        self.account: pwd.struct_passwd | None = ordinary_account()
        self.process: subprocess.Popen[bytes] | None = None
        self._settings = SETTINGS if durable else SETTINGS | UNSAFE_AND_FAST
        self._durable = durable
        self._lock: IO[str] | None = None

    @property
    def owner_url(self) -> str:
        return self._known["owner"]

    @property
    def app_url(self) -> str:
        return self._known["app"]

    @property
    def admin_url(self) -> str:
        return self._known["admin"]

    @property
    def log(self) -> Path:
        return self.home / "server.log"

    def __enter__(self) -> Self:
        try:
            self._prepare_folder()
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
        """An autocommit connection of the administrator, who is above row security: for this package and tests only."""
        url = self._known["admin"].replace(f"/{quote(self.database)}?", f"/{quote(database or self.database)}?")
        return psycopg.connect(url, autocommit=True)

    def recreate_database(self) -> None:
        """Throw the database away and make an empty one in its place."""
        with self.connect_admin("postgres") as admin:
            roles.drop_database(admin, self.database)
        self._prepare_database()

    def _prepare_folder(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._lock = (self.folder / "oralu.lock").open("a+", encoding="ascii")
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise
            raise CannotStartError(
                f"The data folder {self.folder} cannot be written ({os.strerror(error.errno or 0)}): "
                "choose another by DATA=…, or ask for the right to write there."
            ) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._lock.seek(0)
            holder = self._lock.read().strip() or "unknown"
            raise AlreadyRunningError(
                f"Oralu already runs on the data folder {self.folder} (process {holder}): "
                "stop it first, or choose another folder by DATA=…."
            ) from error
        self._lock.seek(0)
        self._lock.truncate()
        self._lock.write(str(os.getpid()))
        self._lock.flush()
        if shutil.disk_usage(self.folder).free < LEAST_FREE:
            raise disk_full(self.folder)
        self.home = self._choose_home()

    def _choose_home(self) -> Path:
        """`postgres` in the data folder; where the ordinary account cannot go there, a link to where it can."""
        home = self.folder / "postgres"
        if home.exists() or self.account is None or can_enter(self.folder, self.account):
            return home.resolve()
        shelter = binaries.SHELTER / hashlib.sha256(str(self.folder).encode()).hexdigest()[:12]
        binaries.SHELTER.mkdir(mode=0o755, parents=True, exist_ok=True)
        home.unlink(missing_ok=True)
        home.symlink_to(shelter)
        return shelter

    def _remove_stale_lock(self) -> None:
        """Deal with a `postmaster.pid` that a killed run left behind.

        Its number may belong to a stranger by now: only a process whose command line is a PostgreSQL of this very
        folder is waited for and, if it lingers without a master, stopped.
        """
        path = self.home / "postmaster.pid"
        try:
            pid = int(path.read_text(encoding="ascii").splitlines()[0])
        except (FileNotFoundError, NotADirectoryError):
            return
        except (OSError, ValueError, IndexError):
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
        if self.account is not None:
            os.chown(draft, self.account.pw_uid, self.account.pw_gid)
        password = secrets.token_urlsafe(24)
        with tempfile.NamedTemporaryFile("w", prefix="oralu-", encoding="ascii") as file:
            file.write(password)
            file.flush()
            if self.account is not None:
                os.chown(file.name, self.account.pw_uid, self.account.pw_gid)
            locale = ["--no-locale"]
            if self._binaries.major >= 17:
                locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
            done = self._run(
                ["initdb", "-D", str(draft), "-U", ADMIN, "-E", "UTF8", "--auth=scram-sha-256"],
                [f"--pwfile={file.name}", *locale, *([] if self._durable else ["--no-sync"])],
            )
        if done.returncode != 0:
            shutil.rmtree(draft, ignore_errors=True)
            raise self._explain(done.stderr.decode(errors="replace"), "PostgreSQL could not prepare its folder")
        self._write_connection(password)
        self._fsync_rename(draft)

    def _fsync_rename(self, draft: Path) -> None:
        draft.rename(self.home)
        if self._durable:
            handle = os.open(self.home.parent, os.O_RDONLY)
            os.fsync(handle)
            os.close(handle)

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
        known = private_connection(self.folder)
        if "admin_password" not in known:
            raise CannotStartError(
                f"{self.folder / CONNECTION_FILE}, with the passwords of the database in {self.home}, is missing: "
                "put it back from a backup."
            )
        socket = self._socket_folder()
        options = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        arguments = ["-D", str(self.home), "-c", f"unix_socket_directories={socket}", *options]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [self._binaries.program("postgres"), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env={"PATH": os.defpath, "LC_ALL": "C"},
                preexec_fn=preexec_dying(signal.SIGINT),  # noqa: PLW1509
                start_new_session=True,
                **self._as_account(),
            )
            offset = log.tell()
        self._known = self._addresses(socket, known)
        self._wait_until_ready(offset)

    def _wait_until_ready(self, offset: int, seconds: float = 120) -> None:
        assert self.process is not None
        end = time.monotonic() + seconds
        url = self._known["admin"].replace(f"/{quote(self.database)}?", "/postgres?")
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise self._explain(self._log_since(offset), "PostgreSQL did not start")
            try:
                psycopg.connect(url, connect_timeout=5).close()
            except psycopg.OperationalError as error:
                if "password authentication failed" in str(error):
                    raise CannotStartError(
                        f"The passwords in {self.folder / CONNECTION_FILE} do not open the database in {self.home}: "
                        "put the file back from a backup."
                    ) from error
                time.sleep(0.02)
            else:
                return
        raise self._explain(self._log_since(offset), f"PostgreSQL was not ready after {seconds:.0f} s")

    def _prepare_database(self) -> None:
        passwords = {roles.OWNER: self._known["owner_password"], roles.APP: self._known["app_password"]}
        with self.connect_admin("postgres") as admin:
            roles.ensure_roles(admin, passwords)
            self.created = roles.create_database(admin, self.database)
        with self.connect_admin() as admin:
            roles.grant(admin)
        self._save(self._known)

    def _addresses(self, socket: Path, known: dict[str, str]) -> dict[str, str]:
        def url(role: str, password: str) -> str:
            return f"postgresql://{role}:{password}@/{quote(self.database)}?host={quote(str(socket))}"

        return known | {
            "admin": url(ADMIN, known["admin_password"]),
            "owner": url(roles.OWNER, known["owner_password"]),
            "app": url(roles.APP, known["app_password"]),
        }

    def _write_connection(self, admin_password: str) -> None:
        parts = {"owner_password": secrets.token_urlsafe(24), "app_password": secrets.token_urlsafe(24)}
        self._save({"admin_password": admin_password} | parts)

    def _save(self, known: dict[str, str]) -> None:
        path = self.folder / CONNECTION_FILE
        text = "".join(f"{name}={value}\n" for name, value in sorted(known.items()))
        draft = path.with_suffix(".new")
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)

    def _socket_folder(self) -> Path:
        """A folder with a short path (a socket's address holds 107 bytes) that only PostgreSQL's account may change."""
        uid = self.account.pw_uid if self.account else os.geteuid()
        folder = self.home / "socket"
        if len(str(folder).encode()) > 85:
            tag = hashlib.sha256(str(self.home).encode()).hexdigest()[:12]
            folder = Path(tempfile.gettempdir()) / f"oralu-{uid}-{tag}"
        folder.mkdir(mode=0o711, exist_ok=True)
        if os.geteuid() == 0:
            os.chown(folder, uid, -1)
        if folder.is_symlink() or folder.stat().st_uid != uid:
            raise CannotStartError(f"{folder} belongs to somebody else: remove it.")
        return folder

    def _as_account(self) -> dict[str, Any]:
        if self.account is None:
            return {}
        return {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []}

    def _run(self, command: list[str], options: list[str]) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [self._binaries.program(command[0]), *command[1:], *options],
            capture_output=True,
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C"},
            check=False,
            preexec_fn=preexec_dying(signal.SIGTERM),
            **self._as_account(),
        )

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
