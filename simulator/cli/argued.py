"""What people argue about, in a terminal: costs, methods of need, and what can be delivered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from rich import box
from rich.table import Table

from simulator.charts.words import month_name, place_name, rounded
from simulator.results.measures import MONEY_MEASURES

if TYPE_CHECKING:
    from simulator.results.result import Result

LOW, HIGH = "q10.0", "q90.0"
METHOD_WORDS: Final = {
    "growth": "growth of establishment",
    "ratio": "ratio to trust size",
    "maturity": "digital maturity",
    "hee": "Health Education England's growth",
}
_COLOUR_WORDS: Final = {
    "green": "can be delivered as far as the evidence shows",
    "amber": "AMBER",
    "red": "RED",
}


def pounds(value: float) -> str:
    """Pounds in millions or thousands, to about three figures."""
    size = abs(value)
    if size >= 1e6:
        return f"{value / 1e6:,.{0 if size >= 1e8 else 1 if size >= 1e7 else 2}f}m"
    return f"{value / 1e3:,.0f}k" if size >= 1e4 else f"{round(value):,}"


def cost_lines(result: Result, level: str, code: str) -> Iterator[str | Table]:
    """Costs of a place by year."""
    frame = result.frame("money", level=level, code=code, group="all")
    years = list(dict.fromkeys(frame["year"]))
    chosen = [years[number] for number in (0, 4, 9) if number < len(years)]
    if not chosen:
        return
    rows = frame.set_index(["measure", "year"])
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False, pad_edge=False)
    for number, name in enumerate(("", *chosen)):
        table.add_column(name, justify="right" if number else "left", no_wrap=number > 0)
    for measure in MONEY_MEASURES:
        cells = [rows.loc[(measure.id, year)] for year in chosen]
        if any(cell["mean"] != 0 for cell in cells):
            table.add_row(
                measure.label,
                *(
                    f"{pounds(cell['mean'])} ({pounds(cell[LOW])}-{pounds(cell[HIGH])})"
                    for cell in cells
                ),
            )
    yield ""
    yield (
        f"{place_name(level, code)}: pounds a year in {result.manifest['price_year']} prices, mean "
        "(low-high)"
    )
    yield table
    yield (
        "Cost to the trust: pay with employer's National Insurance, pension and levy; to the NHS: "
        "with the pension paid centrally too. Cover and levers: assumptions, grade D."
    )


def lever_lines(flags: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Whether each lever can be delivered, and why not."""
    if not flags:
        return
    yield ""
    yield "Can the levers be delivered?"
    for flag in flags:
        words = _COLOUR_WORDS[flag["colour"]]
        because = f": {'; '.join(flag['reasons'])}" if flag["reasons"] else ""
        when = (
            f" It can act from {month_name(flag['effect_from'])}."
            if flag["effect_from"]
            else " It cannot act before the end of the run."
        )
        yield f"  {flag['title']}: {words}{because} (grade {flag['grade']}).{when}"


def method_lines(by_method: Mapping[str, Sequence[Any]] | None) -> Iterator[str]:
    """How far apart methods of projecting need are, five years on, for the widest place."""
    if not by_method or not by_method["month"]:
        return
    row = min(5, len(by_method["month"]) - 1)
    where = place_name(by_method["level"][row], by_method["code"][row])
    methods = "; ".join(
        f"{words} {rounded(by_method[name][row])}" for name, words in METHOD_WORDS.items()
    )
    yield ""
    yield (
        f"Need by method, {where}, {month_name(by_method['date'][row])}, FTE: {methods}. The "
        f"band between methods is {rounded(by_method['low'][row])} to "
        f"{rounded(by_method['high'][row])}; it is not in the "
        "low and high figures above, which belong to this run's method."
    )
