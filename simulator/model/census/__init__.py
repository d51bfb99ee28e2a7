"""The opening census: people, vacancies, trainees, graduates and candidates at month 0."""

from simulator.model.census.build import build_census
from simulator.model.census.read import CensusError, read_census, read_posts
from simulator.model.census.tables import Census, write_census

__all__ = [
    "Census",
    "CensusError",
    "build_census",
    "read_census",
    "read_posts",
    "write_census",
]
