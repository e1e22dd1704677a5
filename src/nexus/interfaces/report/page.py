"""Puts a run's ``report.html`` together, section by section; what is missing is said to be."""

from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Final

from nexus.interfaces.report import curves, html
from nexus.interfaces.report.contents import Asked, Contents, Evaluation, Figure, read_contents
from nexus.interfaces.report.html import Html
from nexus.interfaces.wording import NOTHING, number
from nexus.store.files import write_atomically

_PLACES: Final = {
    "retrieval": "Retrieval: pictures and the captions found for them",
    "pca": "What the patches know: principal components of patch latents over the pictures",
    "reliability": "Reliability: is the confidence right as often as it says?",
    "imagined": "Imagination: what is seen of a future that was only imagined",
}
"""Figures every report has a place for; the suites may draw more."""
_SUITES: Final = ("perception", "questions")
_KIND_COLUMNS: Final = (
    *("n", "floor", "fast", "slow"),
    *("coverage", "checked", "answered", "right"),
)
_KIND_NOTE: Final = (
    "fast, slow: share right by that route alone; coverage: share on which both agree and the "
    "proof is checked; checked: share right of those; answered: that share together with what a "
    "checked proof answers alone; right: share right of all those."
)
_CARDS: Final = 12
"""Most questions shown of each outcome."""


def write_report(folder: Path, waiting: Sequence[Html] = ()) -> Path:
    """Write ``report.html`` into the run at ``folder`` and return its path.

    ``waiting`` are the changes that wait for a person (``change.change_section``); they come first.

    Raises:
        CheckpointError: there is no run.
        DataError: one of its result files is damaged.
        StorageError: the disk refused; an older report is untouched.
    """
    contents = read_contents(folder)
    path = folder / "report.html"
    write_atomically(path, render(contents, waiting).encode())
    return path


def render(contents: Contents, waiting: Sequence[Html] = ()) -> str:
    """Return the report as one HTML document."""
    style = resources.files("nexus.interfaces.report").joinpath("style.css")
    sections = [
        *waiting,
        _header(contents),
        _results(contents),
        _outcomes(contents),
        _foils(contents),
        *(_place(contents, name, title) for name, title in _PLACES.items()),
        _training(contents),
        _others(contents),
        _recipe(contents),
    ]
    return html.page(
        title=f"NEXUS: {contents.run.folder.resolve().name}",
        style=style.read_text(encoding="utf-8"),
        body=html.join(section for section in sections if section),
    )


def _header(contents: Contents) -> Html:
    info = contents.run.info
    packages = ("python", "torch", "numpy", "nexus-jepa")
    facts = {
        "Recipe": f"{contents.recipe.get('name', '?')}, hash {info.config_hash}",
        "Seed": info.seed,
        "Begun": info.created.partition(".")[0].replace("T", " ") + " UTC",
        "Training time": _training_time(contents),
        "Machine": f"{info.machine.get('processor')}, {info.machine.get('cores')} cores, "
        f"{info.machine.get('system')}",
        "Packages": ", ".join(f"{n} {info.packages[n]}" for n in packages if n in info.packages),
        "Code": f"hash {info.code_hash[:16]}",
    }
    lead = "What this run learned, measured on scenes it never saw, beside what guessing reaches."
    items = (
        html.join([html.element("dt", html.text(k)), html.element("dd", html.text(v))])
        for k, v in facts.items()
    )
    name = contents.run.folder.resolve().name
    return html.join(
        [
            html.element("h1", html.text(f"Run {name}")),
            html.element("p", html.text(lead), kind="lead"),
            html.element("dl", html.join(items)),
        ]
    )


def _training_time(contents: Contents) -> str:
    """Return the seconds the logged steps took, or that they were not logged."""
    seconds = [row["seconds"] for row in contents.metrics if "seconds" in row]
    return f"{sum(seconds):.0f} s" if seconds else "not logged"


def _results(contents: Contents) -> Html:
    parts: list[Html] = []
    for result in contents.evaluations:
        parts += [html.element("h3", html.text(result.suite)), _table(result.figures)]
        parts += _details(result)
        if result.hash != contents.run.info.config_hash:
            note = f"Measured with recipe hash {result.hash}, not with this run's."
            parts.append(html.element("p", html.text(note), kind="missing"))
    done = {result.suite for result in contents.evaluations}
    for suite in _SUITES:
        if suite not in done:
            how = f"nexus evaluate --suite {suite} measures them."
            parts.append(html.missing(f"the figures of suite {suite}", how))
    return html.section("Results beside their floors", *parts)


def _details(result: Evaluation) -> list[Html]:
    """Return the suite's smaller tables: by kind of question, and by cause."""
    parts: list[Html] = []
    if result.kinds:
        measured = {name for found in result.kinds.values() for name in found}
        columns = [name for name in _KIND_COLUMNS if name in measured]
        columns += sorted(measured - {*columns})
        rows = ([k, *(number(v.get(c)) for c in columns)] for k, v in result.kinds.items())
        heads = ["questions" if c == "n" else c for c in columns]
        parts.append(html.table(["kind of question", *heads], rows))
        parts.append(html.element("p", html.text(_KIND_NOTE), kind="soft"))
    if result.causes:
        rows = sorted(result.causes.items(), key=lambda cause: -cause[1])
        parts.append(html.table(["outcome", "questions"], rows))
    return parts


def _table(figures: Sequence[Figure]) -> Html:
    head = ("figure", "value", "floor", "margin", "95 % interval", "items")
    return html.table(head, (_row(figure) for figure in figures))


def _row(figure: Figure) -> Sequence[object]:
    whole = figure.low is not None and figure.high is not None
    return (
        figure.name.replace("_", " "),
        number(figure.value),
        number(figure.floor),
        number(figure.margin, sign=True),
        f"{number(figure.low)} to {number(figure.high)}" if whole else NOTHING,
        number(figure.n),
    )


def _outcomes(contents: Contents) -> Html:
    title, asked = "Questions answered right, wrong, and not at all", contents.asked
    if not asked:
        how = "nexus evaluate --suite questions writes them."
        return html.section(title, html.missing("example questions", how))
    parts = _figures(contents, "outcomes")
    for outcome in ("right", "wrong", "abstained"):
        these = [item for item in asked if item.outcome == outcome]
        heading = f"{outcome.capitalize()} ({len(these)} of the {len(asked)} kept as examples)"
        cards = html.join(_card(item) for item in these[:_CARDS])
        parts.append(html.element("h3", html.text(heading)))
        parts.append(html.element("div", cards, kind="sheet") if these else _none())
    return html.section(title, *parts)


def _none() -> Html:
    return html.element("p", html.text("None."), kind="soft")


def _card(item: Asked) -> Html:
    # An abstention's confidence is that of an answer it does not give: here it would only confuse.
    alone = ", by the proof alone" if item.cause == "proved" else ""
    sure = f"{item.answer} ({item.confidence:.0%} sure{alone})"
    verdict = sure if item.answer else f"I am not sure ({item.cause})"
    parts = [html.element("p", html.text(item.question))]
    if item.picture.is_file():
        parts.insert(0, html.picture(item.picture, description=item.question))
    parts.append(html.element("p", html.text(verdict), kind=item.outcome))
    if item.outcome != "right":
        parts.append(html.element("p", html.text(f"true answer: {item.gold}"), kind="soft"))
    return html.element("div", html.join(parts), kind="card")


def _foils(contents: Contents) -> Html:
    title = "Foils and probes: what the latents know"
    measured = (figure for result in contents.evaluations for figure in result.figures)
    found = [figure for figure in measured if figure.name.startswith(("foil_", "probe_"))]
    if not found:
        how = "nexus evaluate --suite perception measures them."
        return html.section(title, html.missing("foils and probes", how))
    note = (
        "A foil is a caption with one thing wrong: the share of pictures whose true caption scores "
        "higher. A probe reads one fact from frozen latents with a linear map."
    )
    lead = html.element("p", html.text(note), kind="soft")
    return html.section(title, lead, _table(found), *_figures(contents, "known"))


def _place(contents: Contents, name: str, title: str) -> Html:
    found = _figures(contents, name)
    if not found:
        how = "The suite that draws it has not run, or does not draw it."
        return html.section(title, html.missing(f"figure {name}", how))
    return html.section(title, *found)


def _figures(contents: Contents, place: str) -> list[Html]:
    """Return the figures that go to one place."""
    return [_figure(contents, name) for name in contents.pictures if _belongs(name, place)]


def _belongs(picture: str, place: str) -> bool:
    """Return whether a picture goes where ``place`` is: ``pca`` and ``pca_2`` to ``pca``."""
    return picture == place or picture.startswith(f"{place}_")


def _figure(contents: Contents, name: str) -> Html:
    caption = contents.captions.get(name, name.replace("_", " "))
    return html.captioned(html.picture(contents.pictures[name], description=caption), caption)


def _training(contents: Contents) -> Html:
    title = "Training curves and gauges"
    phases = curves.series(contents.metrics)
    if not phases:
        return html.section(title, html.missing("metrics.jsonl", "nexus train writes it."))
    parts: list[Html] = []
    for phase, lines in phases.items():
        parts.append(html.element("h3", html.text(phase or "training")))
        parts.append(html.element("div", curves.draw(lines), kind="plot"))
    return html.section(title, *parts)


def _others(contents: Contents) -> Html:
    places = (*_PLACES, "outcomes", "known")
    rest = [name for name in contents.pictures if not any(_belongs(name, p) for p in places)]
    if not rest:
        return Html("")
    return html.section("More figures", *(_figure(contents, name) for name in rest))


def _recipe(contents: Contents) -> Html:
    summary = html.element("summary", html.text("recipe.toml, every setting of this run"))
    body = html.element("pre", html.text(contents.run.recipe))
    return html.section("Recipe", html.element("details", html.join([summary, body])))
