"""``nexus review``: what a person does about changes to what thinks."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

import tyro

from nexus.interfaces.cli.options import Json, RunName, UsageError
from nexus.interfaces.cli.output import print_json, say

if TYPE_CHECKING:
    from nexus.review.change import Change

Id: TypeAlias = Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="CHANGE")]
By: TypeAlias = Annotated[
    str, tyro.conf.arg(metavar="NAME", help="Whose key signs; your login name unless given.")
]
Stdin: TypeAlias = Annotated[
    bool,
    tyro.conf.arg(help="Read each passphrase as a line of standard input, not from the terminal."),
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Enroll:
    """Let a person decide in a run, with a key under a passphrase that is made if there is none.

    The first to be enrolled is the lead and taken on trust; a lead vouches for all others.

    For example:
        nexus review enroll ada
        nexus review enroll bob --voucher ada --run mine
    """

    name: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="NAME")]
    """1 to 40 of a-z, 0-9, - and _."""
    role: Literal["", "reviewer", "lead"] = ""
    """A lead may vouch for others; lead for the first, else reviewer."""
    voucher: Annotated[str, tyro.conf.arg(metavar="NAME")] = ""
    """The lead who vouches, and whose passphrase is asked too."""
    passphrase_stdin: Stdin = False
    run_name: RunName = ""
    json: Json = False

    def run(self) -> int:
        """Make or unlock the key, and enrol it."""
        from nexus.interfaces.service import reviewing

        ring, stdin = reviewing.keyring(), self.passphrase_stdin
        known = self.name in ring.names()
        words = _passphrase(self.name, stdin=stdin, new=not known)
        signer = ring.unlock(self.name, words) if known else ring.create(self.name, words)
        voucher = None
        if self.voucher:
            voucher = ring.unlock(self.voucher, _passphrase(self.voucher, stdin=stdin))
        role = self.role or ("reviewer" if self.voucher else "lead")
        run, book = reviewing.enroll(self.run_name, signer, role, voucher=voucher)
        if self.json:
            who = {"name": self.name, "role": role, "key": signer.public}
            print_json({"run": run, **who, "head": book.head})
        else:
            say(f"{self.name} may decide here, as {role}. The key is sealed in {ring.folder}.")
        return 0


@dataclass(frozen=True, kw_only=True, slots=True)
class List:
    """List the changes ever asked for in a run, and who decides there.

    For example:
        nexus review list
        nexus review list --run mine --json
    """

    run_name: RunName = ""
    json: Json = False

    def run(self) -> int:
        """Print one line a change."""
        from nexus.interfaces.review_words import list_json, list_lines
        from nexus.interfaces.service.reviewing import changes

        folder, book = changes(self.run_name)
        if self.json:
            print_json({"run": folder, **list_json(book)})
        else:
            say(*list_lines(book))
        return 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Show:
    """Show a change: why, what it rests on, what it was seen to do, and what you would sign.

    For example:
        nexus review show 0123456789ab
        nexus review show 0123456789ab --json
    """

    id: Id
    run_name: RunName = ""
    json: Json = False

    def run(self) -> int:
        """Print it."""
        from nexus.interfaces.review_words import show_json, show_lines
        from nexus.interfaces.service.reviewing import shown

        found = shown(self.run_name, self.id)
        if self.json:
            print_json(show_json(found))
        else:
            say(*show_lines(found))
        return 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Approve:
    """Say yes to a change: your signature over base, candidate, report and policy.

    With enough persons it is applied at once, and watched from then on.

    For example:
        nexus review approve 0123456789ab
        nexus review approve 0123456789ab --by ada --run mine
    """

    id: Id
    by: By = ""
    passphrase_stdin: Stdin = False
    run_name: RunName = ""
    json: Json = False

    def run(self) -> int:
        """Show what is signed, ask for the passphrase, sign."""
        from nexus.interfaces.review_words import show_lines
        from nexus.interfaces.service import reviewing

        found = reviewing.shown(self.run_name, self.id)
        if not self.json:
            say(*show_lines(found), "")
        signer = _signer(self.by, stdin=self.passphrase_stdin)
        change = reviewing.approve(self.run_name, found.ballots[0], signer)
        _tell(change, json=self.json)
        return 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Deny:
    """Say no to a change; no byte of what thinks is touched.

    For example:
        nexus review deny 0123456789ab --because "the old rules suffer"
    """

    id: Id
    because: Annotated[str, tyro.conf.arg(metavar="TEXT")]
    """Why; it is kept with the decision."""
    by: By = ""
    passphrase_stdin: Stdin = False
    run_name: RunName = ""
    json: Json = False

    def run(self) -> int:
        """Ask for the passphrase, sign."""
        from nexus.interfaces.service import reviewing

        because = reviewing.check_reason(self.because)
        signer = _signer(self.by, stdin=self.passphrase_stdin)
        _tell(reviewing.deny(self.run_name, self.id, signer, because=because), json=self.json)
        return 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Rollback:
    """Take a change back: the bytes there were before it think again.

    For example:
        nexus review rollback 0123456789ab --because "mazes got worse"
    """

    id: Id
    because: Annotated[str, tyro.conf.arg(metavar="TEXT")]
    """Why; it is kept with the decision."""
    by: By = ""
    passphrase_stdin: Stdin = False
    run_name: RunName = ""
    json: Json = False

    def run(self) -> int:
        """Ask for the passphrase, sign, and put the bytes back."""
        from nexus.interfaces.service import reviewing

        because = reviewing.check_reason(self.because)
        signer = _signer(self.by, stdin=self.passphrase_stdin)
        _tell(reviewing.roll_back(self.run_name, self.id, signer, because=because), json=self.json)
        return 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Monitor:
    """Record outcomes seen since a change was applied; they confirm it or take it back.

    For example:
        nexus review monitor 0123456789ab --right 97 --of 100
    """

    id: Id
    right: int
    """Outcomes that were right."""
    of: int
    """Outcomes seen."""
    figure: str = "all"
    """Which promise of the change they are about."""
    run_name: RunName = ""
    json: Json = False

    def run(self) -> int:
        """Record, and print how the change stands."""
        from nexus.interfaces.service.reviewing import monitor

        change = monitor(self.run_name, self.id, figure=self.figure, right=self.right, n=self.of)
        _tell(change, json=self.json)
        return 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Verify:
    """Verify a run's ledger line by line, and every byte string it names; nothing is written.

    For example:
        nexus review verify
        nexus review verify --anchor /media/stick/nexus-anchor-0123456789ab.json
    """

    anchor: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """Also hold the ledger against an anchor exported earlier."""
    mend: bool = False
    """First write manifest.json anew from what the ledger says, and finish what a crash left."""
    run_name: RunName = ""
    json: Json = False

    def run(self) -> int:
        """Verify, and print what was found whole."""
        from nexus.interfaces.review_words import verified_lines
        from nexus.interfaces.service.reviewing import verify

        found = verify(self.run_name, anchor=self.anchor, mend=self.mend)
        if self.json:
            book = found.book
            whole = {"lines": book.length, "head": book.head, "system": book.current}
            print_json({"run": found.run, **whole, "objects": found.objects})
        else:
            say(*verified_lines(found))
        return 0


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportAnchor:
    """Write down how far the ledger has come, to be kept away from the run.

    A ledger cut short or written anew afterwards does not stand up to it. An older anchor of the
    same run is replaced once the ledger has stood up to it.

    For example:
        nexus review export-anchor --out /media/stick
    """

    out: Annotated[Path, tyro.conf.arg(metavar="FILE")] = Path()
    """A file, or a folder in which it gets a name of its run's own."""
    run_name: RunName = ""
    json: Json = False

    def run(self) -> int:
        """Write it."""
        from nexus.interfaces.service.reviewing import export_anchor

        path, anchor = export_anchor(self.run_name, self.out)
        if self.json:
            there = {"run": anchor.run, "lines": anchor.length, "head": anchor.head}
            print_json({"file": path, **there})
        else:
            say(f"{path}: {anchor.length} lines, head {anchor.head[:12]}")
        return 0


def _tell(change: "Change", *, json: bool) -> None:
    from nexus.interfaces.review_words import change_json

    if json:
        print_json(change_json(change))
    else:
        say(
            f"Change {change.change} is {change.state}."
            + (f" {change.note}" if change.note else "")
        )


def _signer(by: str, *, stdin: bool):
    from nexus.interfaces.service import reviewing

    name = by or reviewing.me()
    return reviewing.unlock(name, _passphrase(name, stdin=stdin))


def _passphrase(name: str, *, stdin: bool, new: bool = False) -> str:
    """Return a passphrase from a person: never from an option, which others can read."""
    if stdin:
        return sys.stdin.readline().rstrip("\n")
    if not sys.stdin.isatty():
        raise UsageError(
            f"the passphrase of {name} is asked for at a terminal; give --passphrase-stdin to read"
            " it from standard input"
        )
    from getpass import getpass

    words = getpass(f"{'New passphrase' if new else 'Passphrase'} of {name}: ")
    if new and getpass("Once more: ") != words:
        raise UsageError("the two are not the same; nothing was made")
    return words
