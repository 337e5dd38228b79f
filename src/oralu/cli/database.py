"""The database of a command that needs one: DATABASE_URL, or the private one, running or started for the while."""

from __future__ import annotations

import os
from contextlib import ExitStack

from oralu.config.environment import data_folder


def use_database(stack: ExitStack) -> None:
    """Make sure that there is a database to speak to until `stack` is closed. To be called before Django is set up,
    which reads its address. A command is a process of the system: it speaks as the worker, unless ORALU_AS says
    otherwise. Raises CannotStartError."""
    if "ORALU_AS" not in os.environ:
        os.environ["ORALU_AS"] = "worker"
        stack.callback(os.environ.pop, "ORALU_AS", None)
    from oralu.server.errors import AlreadyRunningError
    from oralu.server.postgres import Server

    if "DATABASE_URL" in os.environ:
        return
    try:
        stack.enter_context(Server(data_folder()))
    except AlreadyRunningError:
        return
