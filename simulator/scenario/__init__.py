"""Scenario files: reading, checking, and the resolved scenario that everything else takes."""

from simulator.scenario.loader import load_scenario
from simulator.scenario.problems import Problem, ScenarioError, one_screen
from simulator.scenario.resolved import Scenario
from simulator.scenario.schema import (
    FittedOverride,
    Lever,
    Need,
    OwnNumbers,
    ParameterOverride,
    Place,
    json_schema,
)

__all__ = [
    "FittedOverride",
    "Lever",
    "Need",
    "OwnNumbers",
    "ParameterOverride",
    "Place",
    "Problem",
    "Scenario",
    "ScenarioError",
    "json_schema",
    "load_scenario",
    "one_screen",
]
