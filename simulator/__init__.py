"""A simulator of the NHS clinical-informatics workforce in England.

For every trust, staff group and Agenda for Change band, month by month: the staff needed, the
posts funded, the people in post, where they came from and how sure we are. ``docs/method.md``
states the law; ``docs/glossary.md`` the words; ``docs/python.md`` how to use it from Python::

    import simulator

    scenario = simulator.load_scenario("scenarios/tiny-ladder.toml")
    result = simulator.run(scenario)
    print(result.frame("places", level="england", group="all", month=60))

Each name is imported when it is first used, so ``import simulator`` is quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from simulator.experiments.bundle import make_bundle
    from simulator.experiments.check import check
    from simulator.experiments.cluster import cluster
    from simulator.experiments.compare import compare
    from simulator.experiments.crosscheck import crosscheck
    from simulator.experiments.explain import explain
    from simulator.experiments.mix import seek_mix
    from simulator.experiments.precision import precision
    from simulator.experiments.questions import Goal, ask
    from simulator.experiments.robust import robust
    from simulator.experiments.run import run_scenario as run
    from simulator.experiments.seek import seek
    from simulator.experiments.sensitivity import importance
    from simulator.experiments.sobol import sobol
    from simulator.experiments.sweep import read_sweep, sweep
    from simulator.experiments.tornado import tornado
    from simulator.experiments.value import value
    from simulator.experiments.variants import vary
    from simulator.experiments.verify import verify
    from simulator.reports.write import write_reports
    from simulator.results.result import read_result
    from simulator.scenario.loader import load_scenario

__version__: Final = "0.1.0"
__all__ = [
    "Goal",
    "__version__",
    "ask",
    "check",
    "cluster",
    "compare",
    "crosscheck",
    "explain",
    "importance",
    "load_scenario",
    "make_bundle",
    "precision",
    "read_result",
    "read_sweep",
    "robust",
    "run",
    "seek",
    "seek_mix",
    "sobol",
    "sweep",
    "tornado",
    "value",
    "vary",
    "verify",
    "write_reports",
]
_WHERE: Final = {
    "check": ("simulator.experiments.check", "check"),
    "cluster": ("simulator.experiments.cluster", "cluster"),
    "Goal": ("simulator.experiments.questions", "Goal"),
    "ask": ("simulator.experiments.questions", "ask"),
    "compare": ("simulator.experiments.compare", "compare"),
    "crosscheck": ("simulator.experiments.crosscheck", "crosscheck"),
    "explain": ("simulator.experiments.explain", "explain"),
    "importance": ("simulator.experiments.sensitivity", "importance"),
    "load_scenario": ("simulator.scenario", "load_scenario"),
    "make_bundle": ("simulator.experiments.bundle", "make_bundle"),
    "precision": ("simulator.experiments.precision", "precision"),
    "read_result": ("simulator.results.result", "read_result"),
    "read_sweep": ("simulator.experiments.sweep", "read_sweep"),
    "robust": ("simulator.experiments.robust", "robust"),
    "run": ("simulator.experiments.run", "run_scenario"),
    "seek": ("simulator.experiments.seek", "seek"),
    "seek_mix": ("simulator.experiments.mix", "seek_mix"),
    "sobol": ("simulator.experiments.sobol", "sobol"),
    "sweep": ("simulator.experiments.sweep", "sweep"),
    "value": ("simulator.experiments.value", "value"),
    "tornado": ("simulator.experiments.tornado", "tornado"),
    "vary": ("simulator.experiments.variants", "vary"),
    "verify": ("simulator.experiments.verify", "verify"),
    "write_reports": ("simulator.reports.write", "write_reports"),
}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _WHERE[name]
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
