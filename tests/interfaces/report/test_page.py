"""The report holds everything it shows, shows what the run holds, and says what is missing."""

import json
import re
import shutil
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from nexus.base.errors import CheckpointError, DataError, StorageError
from nexus.config import Recipe
from nexus.interfaces.report.contents import Asked, read_contents
from nexus.interfaces.report.page import render, write_report

VOID = {"meta", "img", "br", "path", "use", "line"}


class Structure(HTMLParser):
    """Collects what a page refers to, and checks that its elements nest."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.references: list[str] = []
        self.pictures: list[str] = []
        self.headings: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.references += [v or "" for k, v in attrs if k in ("src", "href", "xlink:href")]
        if tag == "img":
            self.pictures.append(values["alt"] or "")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("h1", "h2", "h3"):
            self.headings.append(data)


def read(page: str) -> Structure:
    structure = Structure()
    structure.feed(page)
    assert not structure.open
    return structure


def test_the_page_needs_nothing_beside_itself(run_folder: Path) -> None:
    page = write_report(run_folder).read_text()
    for reference in read(page).references:
        assert reference.startswith(("data:image/png;base64,", "#")), reference[:80]
    assert "<script" not in page
    assert not re.search(r"url\((?!#)", page)
    assert "default-src 'none'" in page


def test_everything_the_run_holds_is_shown(run_folder: Path, recipe: Recipe) -> None:
    page = write_report(run_folder).read_text()
    structure = read(page)
    assert structure.headings[0] == "Run shown"
    assert re.findall(r"Missing: ([^.]*)", page) == ["figure reliability", "figure imagined"]
    assert [*structure.pictures].count("known") == 1
    shown = "45 s,+0.340,700,kind of question,0.910,+0.410,0.890 to 0.930,fast accuracy"
    for text in (recipe.hash, *shown.split(",")):
        assert text in page, text
    assert "Three components & what they show" in structure.pictures
    assert {"perception", "fast", "Right (2 of the 4 kept as examples)"} <= set(structure.headings)
    assert page.count("true answer: 3") == 2  # of the wrong one and of the abstention
    assert "I am not sure (disagreed)" in page  # how sure it is of what it does not say is not said
    assert "More figures" in structure.headings  # speed has no place of its own


def test_texts_of_a_run_are_not_taken_for_html(run_folder: Path) -> None:
    page = write_report(run_folder).read_text()
    assert "<b>red</b>" not in page
    assert "how many &lt;b&gt;red&lt;/b&gt; things, 0?" in page


def test_a_bare_run_gets_a_page_that_says_what_is_missing(run_folder: Path) -> None:
    for name in ("metrics.jsonl", "evaluation", "figures"):
        path = run_folder / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    page = write_report(run_folder).read_text()
    read(page)
    for what in ("suite perception", "suite questions", "example questions", "foils", "metrics.js"):
        assert re.search(rf"Missing: [^.]*{what}", page), what
    assert page.count("Missing: figure") == 4


def test_equal_runs_have_equal_reports(run_folder: Path) -> None:
    assert render(read_contents(run_folder)) == render(read_contents(run_folder))


def test_figures_of_another_recipe_are_marked(run_folder: Path) -> None:
    path = run_folder / "evaluation" / "questions.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "hash": "abc"}))
    assert "Measured with recipe hash abc" in write_report(run_folder).read_text()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("evaluation/questions.json", '{"suite": "questions"'),
        ("evaluation/questions.json", '{"suite": "questions"}'),
        ("evaluation/examples.json", '[{"picture": "a.png"}]'),
        ("figures/captions.json", "nothing"),
    ],
)
def test_a_damaged_result_is_named(run_folder: Path, name: str, content: str) -> None:
    (run_folder / name).write_text(content)
    with pytest.raises(DataError, match=rf"{Path(name).name} is damaged.*nexus evaluate"):
        write_report(run_folder)
    assert not (run_folder / "report.html").exists()


def test_a_curve_cut_short_by_a_kill_is_shown_as_far_as_it_goes(run_folder: Path) -> None:
    with (run_folder / "metrics.jsonl").open("a") as file:
        file.write('{"phase": "fast", "st')
    assert len(read_contents(run_folder).metrics) == 30


def test_no_run_no_report(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"run\.json"):
        write_report(tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()


def test_a_disk_that_refuses_leaves_the_old_report(
    run_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (run_folder / "report.html").write_text("old")

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.write", full)
    with pytest.raises(StorageError, match="the disk is full"):
        write_report(run_folder)
    monkeypatch.undo()
    assert (run_folder / "report.html").read_text() == "old"
    assert not list(run_folder.glob(".*"))


def test_outcomes() -> None:
    item = Asked(
        picture=Path("x"), question="?", gold="3", answer="3", confidence=1.0, cause="agreed"
    )
    assert item.outcome == "right"
    assert replace(item, answer="2").outcome == "wrong"
    assert replace(item, answer="").outcome == "abstained"
