"""``nexus solve``: one board, thought about and checked."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from nexus.interfaces.cli.options import Json, RunName, UsageError
from nexus.interfaces.cli.output import print_json, say


@dataclass(frozen=True, kw_only=True, slots=True)
class Solve:
    """Have a run's trained reasoner think about a board, and check its answer exactly.

    A board that has no answer, or more than one, is not thought about: you are told why.

    For example:
        nexus solve sudoku6 "53..1. ...... ..2... 4....6 ...... .1..3."
        nexus solve khop "a is b turned left; b is c flipped; a is ? c"
        nexus solve maze --file maze.txt --run mine --cycles 32 --json
    """

    task: tyro.conf.Positional[Literal["sudoku6", "maze", "khop"]]
    """sudoku6: 1 to 6, with . or 0 for a blank. maze: # wall, . floor, S start, G goal.
    khop: facts about tiles, and what is asked."""
    board: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="BOARD")] = ""
    """The board row by row; spaces and line ends do not count."""
    file: Annotated[Path | None, tyro.conf.arg(metavar="FILE")] = None
    """Instead of BOARD: a text file with it."""
    run_name: RunName = ""
    cycles: Annotated[int | None, tyro.conf.arg(metavar="N")] = None
    """How long to think; 1 to 256, the recipe's number unless given."""
    memory: Annotated[str, tyro.conf.arg(metavar="NAME")] = ""
    """Answer with this working memory (`nexus adapt`); no checker knows what is right then."""
    json: Json = False

    def run(self) -> int:
        """Think, and print what is decided."""
        from nexus.interfaces.boards import read_board_file
        from nexus.interfaces.service.solving import solve

        if bool(self.board) == (self.file is not None):
            raise UsageError("name one board: BOARD or --file FILE")
        text = read_board_file(self.file) if self.file is not None else self.board
        source = "" if self.file is None else str(self.file)
        solved = solve(
            self.task,
            text,
            source=source,
            run=self.run_name,
            cycles=self.cycles,
            memory=self.memory,
        )
        from nexus.interfaces.retelling import trace_lines

        trace = solved.trace
        if self.json:
            notes = {name: trace.note(name) for name in ("cause", "reason")}
            told = {"answer": trace.answer, "abstained": not trace.answer, **notes}
            about = {"task": trace.task, "board": trace.text or "".join(map(str, trace.board))}
            thought = {"cycles": len(trace.cycles), "trace": trace.id, "run": solved.run}
            print_json({**about, **told, "confidence": trace.confidence, **thought})
        else:
            say(*trace_lines(trace))
            if trace.cycles:
                there = f" --run {self.run_name}" if self.run_name else ""
                say("", f"To see it think: nexus trace show {trace.id}{there}")
        return 0
