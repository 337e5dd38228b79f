"""`oralu`: the command line. Each group lives in its own module and is imported only when it is called, so that
`oralu policy …` and `oralu clock …` start without Django, a database or a server."""

from __future__ import annotations

from importlib import import_module

import click

GROUPS = {
    "policy": ("oralu.cli.policy", "Evaluate, explain and check an edition of the policy."),
    "clock": ("oralu.cli.clock", "Working time: when a deadline falls."),
    "cases": ("oralu.cli.cases", "Import a register of cases."),
    "run": ("oralu.cli.run", "Start Oralu here: database, web server and worker."),
    "demo": ("oralu.cli.demo", "Load the demo cohort into an empty database."),
    "administrator": ("oralu.cli.administrator", "Create the first account of an installation."),
    "account": ("oralu.cli.account", "Let somebody in again: reset the second factor, print an invitation."),
    "manage": ("oralu.cli.manage", "Django's own management commands."),
    "backup": ("oralu.cli.backup", "Back up the database and every file of the register."),
    "restore": ("oralu.cli.backup:restore_command", "Bring a register back, as it was at a moment."),
    "doctor": ("oralu.cli.doctor", "Ask whether this installation is well."),
    "journal": ("oralu.cli.journal", "Verify the sealed journal."),
    "retention": ("oralu.cli.retention", "What personal data are kept too long: a dry run."),
    "worker": ("oralu.cli.worker", "The worker: sweeps due clocks and sends the outbox."),
}


class LazyGroup(click.Group):
    """Lists every command, imports only the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(GROUPS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in GROUPS:
            return None
        module, _, name = GROUPS[cmd_name][0].partition(":")
        command = getattr(import_module(module), name or "command")
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in GROUPS.items()])


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="oralu")
def main() -> None:
    """Oralu: one route back into ordinary life, with a named person, a deadline and a proof behind every step."""
