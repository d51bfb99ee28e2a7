"""Need by every method side by side: how far apart defensible methods are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, get_args

import numpy as np
from numpy.typing import NDArray

from simulator.model.compile import compile_scenario, with_method
from simulator.model.specification import Specification
from simulator.results.summaries import place_need
from simulator.results.totals import YEAR
from simulator.scenario.dates import month_after
from simulator.scenario.schema import Method

if TYPE_CHECKING:
    import pandas as pd

    from simulator.scenario.resolved import Scenario

METHODS: Final[tuple[Method, ...]] = get_args(Method)


def need_by_method(
    scenario: Scenario, spec: Specification | None = None, level: str | None = None
) -> pd.DataFrame:
    """Project need by each method; nothing is simulated, since need does not depend on chance.

    Need is put at the opening level of the scenario's own method, so that the methods differ by
    how they grow.

    Args:
        scenario: Its places and draws are used.
        spec: Its specification, if it is there already.
        level: Level of the places; by default all.

    Returns:
        Rows by ``level``, ``code``, ``month`` and ``date`` at year ends; a column of mean FTE for
        each method, with ``low`` and ``high``, the least and the greatest of them: the band
        between methods.
    """
    import pandas as pd

    spec = spec or compile_scenario(scenario)
    months = np.arange(0, scenario.months + 1, YEAR)
    every = enumerate(spec.places.names)
    places = np.array([i for i, (one, _) in every if level in (None, one)], dtype=np.intp)

    def mean_need(method: Method) -> NDArray[np.float64]:
        one = with_method(scenario, spec, method)
        return np.asarray(place_need(one, places)[months][:, :, -1].mean(axis=-1) / 100.0)

    by_method = {method: mean_need(method) for method in METHODS}
    opening = by_method[scenario.need.method][0]
    columns: dict[str, NDArray[np.float64]] = {}
    for method, need in by_method.items():
        scale = np.divide(opening, need[0], out=np.ones_like(opening), where=need[0] > 0)
        columns[method] = (need * scale).ravel()
    names = [spec.places.names[place] for place in places] * len(months)
    month = np.repeat(months, len(places))
    frame = pd.DataFrame(
        {
            "level": [level for level, _ in names],
            "code": [code for _, code in names],
            "month": month,
            "date": [month_after(spec.start, int(one)) for one in month],
            **columns,
        }
    )
    values = frame[list(METHODS)]
    return frame.assign(low=values.min(axis=1), high=values.max(axis=1))
