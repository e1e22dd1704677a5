"""``nexus``: finds the command, runs it, and turns what happens into an exit code.

0 done; 1 refused, with one line on stderr; 2 used wrongly; 130 stopped by Ctrl-C.
"""

import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol, TypeAlias

import tyro

from nexus.base import log, network
from nexus.base.errors import NexusError
from nexus.interfaces.cli import review
from nexus.interfaces.cli.adapt import Adapt
from nexus.interfaces.cli.ask import Ask
from nexus.interfaces.cli.correct import Correct
from nexus.interfaces.cli.data import Make, Show, Verify
from nexus.interfaces.cli.demo import Demo
from nexus.interfaces.cli.doctor import Doctor
from nexus.interfaces.cli.learn import Learn
from nexus.interfaces.cli.measure import Bench, Evaluate
from nexus.interfaces.cli.options import UsageError
from nexus.interfaces.cli.plan import Plan
from nexus.interfaces.cli.prove import Parse, Prove
from nexus.interfaces.cli.reflect import Reflect
from nexus.interfaces.cli.report import Report
from nexus.interfaces.cli.solve import Solve
from nexus.interfaces.cli.trace import TraceList, TraceShow
from nexus.interfaces.cli.train import Train


class Command(Protocol):
    """A parsed command: its fields are the options, its docstring is the help."""

    def run(self) -> int:
        """Do it and return the exit code."""
        ...


class Group(dict[str, "type[Command] | Group"]):
    """Commands under one word; the docstring's place is taken by ``summary``."""

    def __init__(self, summary: str, **commands: "type[Command] | Group") -> None:
        super().__init__(**commands)
        self.summary = summary


COMMANDS: Final = Group(
    "A world model you can train on your own computer, question, plan with and correct.",
    demo=Demo,
    data=Group("Make, look at and verify data sets.", make=Make, show=Show, verify=Verify),
    train=Train,
    ask=Ask,
    adapt=Adapt,
    solve=Solve,
    parse=Parse,
    prove=Prove,
    plan=Plan,
    learn=Learn,
    correct=Correct,
    trace=Group("List a run's thoughts, and see one.", list=TraceList, show=TraceShow),
    reflect=Reflect,
    review=Group(
        "Decide about changes to what thinks; nothing changes without you.",
        enroll=review.Enroll,
        list=review.List,
        show=review.Show,
        approve=review.Approve,
        deny=review.Deny,
        rollback=review.Rollback,
        monitor=review.Monitor,
        verify=review.Verify,
        **{"export-anchor": review.ExportAnchor},
    ),
    evaluate=Evaluate,
    bench=Bench,
    report=Report,
    doctor=Doctor,
)

Leaf: TypeAlias = type[Command]


def main() -> int:
    """Run the command line this process was started with and return its exit code."""
    return run(sys.argv[1:])


def run(words: Sequence[str]) -> int:
    """Run one command line and return its exit code; tyro exits by itself for help and misuse."""
    try:
        log.set_up()
        network.install()
        return parse(words).run()
    except UsageError as error:
        return _refuse(str(error), 2)
    except NexusError as error:
        return _refuse(str(error), 1)
    except KeyboardInterrupt as stop:
        again = shlex.join(["nexus", *words])
        print(f"\n{str(stop) or 'stopped'}; to go on: {again}", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of stdout left, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _refuse(message: str, code: int) -> int:
    print("error: " + " ".join(message.split()), file=sys.stderr)
    return code


def parse(words: Sequence[str]) -> Command:
    """Return the command that ``words`` ask for, ready to run.

    Raises:
        SystemExit: help was asked for (0), or the words are not a command (2).
        ConfigError: a setting of ``nexus train`` is impossible.
    """
    group, path, rest = COMMANDS, "nexus", list(words)
    while rest and rest[0] in group:
        path, entry = f"{path} {rest[0]}", group[rest.pop(0)]
        if not isinstance(entry, Group):
            return _parse_options(entry, path, rest)
        group = entry
    _choose(group, path, rest)
    raise AssertionError("tyro exits where no command is named")


def _parse_options(command: Leaf, path: str, rest: Sequence[str]) -> Command:
    options: dict[str, Any] = {}
    if command is Train:
        options["default"] = Train.with_recipe(rest)
    return tyro.cli(
        command, prog=path, args=rest, config=(tyro.conf.FlagCreatePairsOff,), **options
    )


def _choose(group: Group, path: str, rest: Sequence[str]) -> None:
    """Print the help of a group, or what is wrong with the words after it; always exits."""
    entries: Mapping[str, Any] = {name: _heading(entry) for name, entry in group.items()}
    tyro.extras.subcommand_cli_from_dict(
        entries,
        prog=path,
        description=group.summary,
        args=rest or ["--help"],
        sort_subcommands=False,
    )


def _heading(entry: "Leaf | Group") -> Any:
    """Return something tyro lists with the first line of the command's help."""

    def heading() -> None: ...

    text = entry.summary if isinstance(entry, Group) else entry.__doc__ or ""
    heading.__doc__ = text.partition("\n")[0]
    return heading
