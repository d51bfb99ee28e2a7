"""Numbers of comparisons, searches and weighings as tables and charts show them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from simulator.charts.words import month_name, rounded
from simulator.evidence.library import load_library
from simulator.experiments.layers import signed
from simulator.results.measures import MEASURES
from simulator.ui import readings
from simulator.ui.dials import DIALS
from simulator.ui.specs import LINES

if TYPE_CHECKING:
    import pandas as pd

    from simulator.experiments.compare import Comparison
    from simulator.experiments.explain import Explanation
    from simulator.experiments.questions import Estimate
    from simulator.experiments.robust import Robustness
    from simulator.experiments.seek import Found
    from simulator.experiments.tornado import Tornado


def gains(found: Comparison, measure: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Data of the chart of differences from the first scenario, and its words."""
    import pandas as pd

    frame = found.frame(measure=measure, group="all")
    names = list(found.others)
    data = pd.DataFrame(
        {
            "number": [names.index(one) for one in frame["scenario"]],
            "scenario": frame["scenario"],
            "date": pd.to_datetime(frame["date"]),
            "value": frame["difference"],
            "low": frame["low95"],
            "high": frame["high95"],
        }
    ).reset_index(drop=True)
    last = data.loc[data["date"] == data["date"].max()]
    texts = [
        (float(row["value"]), bare(found.others[names[int(row["number"])]]), LINES[row["number"]])
        for _, row in last.iterrows()
    ]
    height = max(float(data["high"].max()), 0.0) - min(float(data["low"].min()), 0.0)
    return data, readings.ends(texts, data["date"].max(), max(height, 1.0))


def bare(described: str) -> str:
    """Title of a scenario without its id."""
    return described.rpartition(" (")[0] or described


def interval(row: Mapping[str, Any]) -> str:
    """A paired difference with its interval, or that there is none."""
    if row["share_above_zero"] == row["share_below_zero"] == 0.0:
        return "no difference"
    told = f"{signed(row['difference'])} ({signed(row['low95'])} to {signed(row['high95'])})"
    return told if row["clear"] else f"{told}: no difference is shown"


def gain_table(found: Comparison, measure: str) -> pd.DataFrame:
    """Differences from the first scenario at some year ends, a column for each scenario."""
    import pandas as pd

    frame = found.frame(measure=measure, group="all")
    months = [12 * year for year in readings.YEARS if 12 * year in set(frame["month"])]
    listed = []
    for month in months:
        part = frame.loc[frame["month"] == month].set_index("scenario")
        row: dict[str, str] = {"End of": month_name(str(part["date"].iloc[0]))}
        row[f"{bare(found.first)}, mean"] = rounded(float(part["first"].iloc[0]))
        for name, title in found.others.items():
            row[bare(title)] = interval(dict(part.loc[name]))
        listed.append(row)
    return pd.DataFrame(listed).set_index("End of")


def gain_measures(found: Comparison, year: int = 10) -> pd.DataFrame:
    """Differences of every measure at the end of a year."""
    import pandas as pd

    frame = found.frame(group="all")
    month = min(12 * year, int(frame["month"].max()))
    frame = frame.loc[frame["month"] == month]
    listed = []
    for measure in readings.STOCKS:
        part = frame.loc[frame["measure"] == measure].set_index("scenario")
        row = {"Measure": MEASURES[measure].label}
        row |= {bare(t): interval(dict(part.loc[name])) for name, t in found.others.items()}
        listed.append(row)
    return pd.DataFrame(listed).set_index("Measure")


def part_table(found: Explanation, measure: str, code: str, month: int) -> pd.DataFrame:
    """Parts of a difference, with the effect of each added last."""
    import pandas as pd

    from simulator.experiments.explain import FIRST, INTERACTION, SECOND

    rows_ = found.frame(measure=measure, group="all", band="all", code=code, month=month)
    named = {one.name: one.title for one in found.edits} | {
        FIRST: bare(found.first),
        INTERACTION: "What they do only together",
        SECOND: bare(found.second),
    }
    listed = []
    for _, row in rows_.iterrows():
        whole = row["step"] in {FIRST, SECOND}
        low, high = row["low95"], row["high95"]
        alone = (
            f"{row['value']:,.1f} ({low:,.1f} to {high:,.1f})"
            if whole
            else f"{signed(row['value'])} ({signed(low)} to {signed(high)})"
        )
        last = "" if row["last"] != row["last"] else signed(row["last"])
        listed.append(
            {
                "Step": named[str(row["step"])],
                "Alone, 95 % interval of the mean": alone,
                "Added last": last,
                "Total over futures, hundredths of an FTE": f"{int(row['total']):,}",
            }
        )
    return pd.DataFrame(listed).set_index("Step")


# What matters


def swing_table(found: Tornado) -> pd.DataFrame:
    """How far each thing moves the number, with intervals."""
    import pandas as pd

    listed = []
    for one in found.swings:
        known = one.name in load_library().parameters
        low, high = ("", "") if one.at is None else (f"{end:g}" for end in one.at)
        listed.append(
            {
                "What": load_library().get(one.name).title if known else f"{one.name}, left out",
                "Low": low,
                "Change at low, or without it": one.low.text("+,.1f"),
                "High": high,
                "Change at high": "" if one.at is None else one.high.text("+,.1f"),
            }
        )
    return pd.DataFrame(listed).set_index("What")


def tried(found: Found, kind: str) -> pd.DataFrame:
    """How often each amount of a lever that was tried meets a goal, the weakest first."""
    import pandas as pd

    dial = DIALS[kind]
    answer = None if found.value is None else found.value.value
    rows_ = [
        (
            round(dial.amount(value)),
            share.value,
            share.low,
            share.high,
            answer is not None and abs(value - answer) < 1e-9,
        )
        for value, share in found.tried
    ]
    data = pd.DataFrame(rows_, columns=["amount", "value", "low", "high", "mine"])
    data = data.sort_values("amount")
    data.insert(0, "name", [dial.shown(int(one)) for one in data["amount"]])
    return data.reset_index(drop=True)


def tried_table(data: pd.DataFrame) -> pd.DataFrame:
    """Amounts of a lever and how often each meets a goal."""
    import pandas as pd

    cells = [
        f"{row['value']:.0%} ({row['low']:.0%} to {row['high']:.0%})" for _, row in data.iterrows()
    ]
    return pd.DataFrame({"Amount": data["name"], "Of futures": cells}).set_index("Amount")


def acceptable(found: Robustness) -> pd.DataFrame:
    """How often each plan is acceptable."""
    import pandas as pd

    rows_ = [
        (bare(one.policy), *_three(one.acceptable), one is found.best) for one in found.verdicts
    ]
    return pd.DataFrame(rows_, columns=["name", "value", "low", "high", "mine"])


def _three(one: Estimate) -> tuple[float, float, float]:
    return one.value, one.low, one.high


def verdict_table(found: Robustness) -> pd.DataFrame:
    """How each plan stands over all futures."""
    import pandas as pd

    listed = [
        {
            "Plan": bare(one.policy),
            "Mean, FTE": one.mean.text(),
            "Acceptable": one.acceptable.text(".0%"),
            "Largest regret, FTE": one.regret.text(),
            "In the future": future_words(one.worst),
            "Smallest largest regret": f"in {one.never_terrible:.0%} of resamples",
        }
        for one in found.verdicts
    ]
    return pd.DataFrame(listed).set_index("Plan")


def future_words(name: str) -> str:
    """A future of a weighing in a reader's words."""
    plan, _, part = name.rpartition(", ")
    way, _, parameter = part.partition(" ")
    library = load_library().parameters
    if parameter in library:
        part = f"{library[parameter].title}, {'lowest' if way == 'low' else 'highest'} third"
    return f"{plan}: {part}" if plan else part


def regret_table(found: Robustness) -> pd.DataFrame:
    """Regret of each plan in each future, the futures with the largest first."""
    import pandas as pd

    listed: dict[str, dict[str, str]] = {}
    order = found.table.groupby("future", sort=False)["regret"].max()
    for future in order.sort_values(ascending=False, kind="stable").index:
        part = found.table.loc[found.table["future"] == future]
        listed[future_words(str(future))] = {
            bare(str(row["policy"])): (
                f"{row['regret']:,.1f} ({row['regret_low']:,.1f} to {row['regret_high']:,.1f})"
            )
            for _, row in part.iterrows()
        }
    return pd.DataFrame(listed).T.rename_axis("Future")
