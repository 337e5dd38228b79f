"""Writing behind: in a long transaction of many batches the database writes the rows of one batch while this process
makes the next.

Everything goes over the one connection and stands in the one transaction, in the order in which it was asked for; only
nobody waits for an insertion to be done. Whatever asks the database for an answer waits until all of it is."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from queue import SimpleQueue
from threading import BoundedSemaphore, Event, Thread
from typing import Any

from django.db import NotSupportedError, connection
from psycopg import errors, pq

DEPTH = 12
"""Statements under way at most, each as long as a batch is: what bounds the memory."""
KEYS_AHEAD = 8
"""Keys are reserved for so many batches at once: to reserve some, one has to wait."""
_SAVEPOINTS = ("SAVEPOINT ", "RELEASE SAVEPOINT ")
_BACK = "ROLLBACK TO SAVEPOINT "
_DONE = (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK)


class Behind:
    """The statements under way. Made by `writing_behind`."""

    def __init__(self) -> None:
        self._waiting: SimpleQueue[tuple[str, str | None] | None] = SimpleQueue()
        self._room = BoundedSemaphore(DEPTH)
        self._sent = self._done = 0
        self._progress = Event()
        self._error: BaseException | None = None
        self._keys: dict[str, deque[int]] = {}
        self._pgconn = connection.connection.pgconn
        self._thread = Thread(target=self._write, name="writing-behind", daemon=True)
        self._thread.start()

    def send(self, statement: str, value: str | None = None) -> None:
        """Have a statement executed that answers nothing. `value` stands for its `$1`. Raises what went wrong with an
        earlier one."""
        self._raise()
        self._room.acquire()
        self._sent += 1
        self._waiting.put((statement, value))

    def keys(self, table: str, count: int, reserve: Callable[[str, int], list[int]]) -> list[int]:
        """Keys for new rows of a table, of those that were reserved ahead."""
        left = self._keys.setdefault(table, deque())
        if len(left) < count:
            left.extend(reserve(table, KEYS_AHEAD * count))
        return [left.popleft() for _ in range(count)]

    def settle(self) -> None:
        """Wait until everything sent is done. Raises django.db.Error for what the database refused."""
        while self._done < self._sent:
            self._progress.wait()
            self._progress.clear()
        self._raise()

    def stop(self) -> None:
        """End the thread; what was not begun is not done: the transaction will be rolled back."""
        if self._done < self._sent and self._error is None:
            self._error = errors.QueryCanceled("given up")
        self._waiting.put(None)
        self._thread.join()

    def meet(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        """An ordinary statement comes after all that was sent. Savepoints are not made, since the database keeps the
        memory of each until the commit: what fails inside of one fails the whole transaction."""
        if sql.startswith(_SAVEPOINTS):
            return None
        if sql.startswith(_BACK):
            raise NotSupportedError("There is no way back within what is written behind.")
        self.settle()
        return execute(sql, params, many, context)

    def _raise(self) -> None:
        if self._error is not None:
            with connection.wrap_database_errors:
                raise self._error

    def _write(self) -> None:
        while (item := self._waiting.get()) is not None:
            if self._error is None:
                try:
                    self._execute(*item)
                except BaseException as error:
                    self._error = error
            del item
            self._done += 1
            self._room.release()
            self._progress.set()

    def _execute(self, statement: str, value: str | None) -> None:
        """In one call that lets the other thread work all the while. psycopg's own way wakes up for every piece of a
        long statement and waits for its turn each time."""
        values = [] if value is None else [value.encode()]
        result = self._pgconn.exec_params(statement.encode(), values)
        if result.status not in _DONE:
            raise errors.error_from_result(result)


BEHIND: ContextVar[Behind | None] = ContextVar("oralu_behind", default=None)


@contextmanager
def writing_behind() -> Iterator[None]:
    """In the block, what `oralu.apps.rows` writes is written behind; at its end all of it is done. Needs a transaction,
    and no other thread may use the connection.

    Pointers are checked with every statement, so that what is pointed at has to be written first: to check them later
    the database keeps a list of all that was written, in its memory, which it gives back only with the commit."""
    if not connection.in_atomic_block:
        raise RuntimeError("What is written behind has to stand in a transaction.")
    behind = Behind()
    token = BEHIND.set(behind)
    try:
        with connection.execute_wrapper(behind.meet):
            behind.send("SET CONSTRAINTS ALL IMMEDIATE")
            yield
            behind.send("SET CONSTRAINTS ALL DEFERRED")
            behind.settle()
    finally:
        BEHIND.reset(token)
        behind.stop()
