"""Careers: openings, what becomes of those who start a route, pay, paths, one more place.

Everything is counted from single simulated lives (trainee, graduate, spells in posts), never made
of products of averages. Stored counts of four scenarios lie in the census folder (``careers/``) and
are read in well under a second; :func:`make_careers` makes them. :func:`count_careers` simulates
one scenario, a region of it in about half a minute.

>>> stored = read_careers()                                    # doctest: +SKIP
>>> openings(stored, region="Y56", year="2030/31")             # a table
>>> outcome_card("app_data_analyst_4", 2027, "Y56").lines()    # of 100 who start
>>> pay_fan("app_data_analyst_4", london="inner")              # a table, 15 years
>>> paths("app_data_analyst_4")                                # a table
>>> sample_careers("app_data_analyst_4", n=10)                 # stories
>>> seat_effect("app_data_analyst_4", 2027, "Y56").lines()     # one more place
>>> course = Course("my_msc", "MSc at my place", group="data", region="Y56", intake=30)
>>> course.card(2027).lines()

Codes: a *route* is a pathway of ``evidence/tables/pathways.csv``; a *region* is a code such as
``Y56``, or ``ENG`` (the default) for England; a *year* of a card is the calendar year of the start.
"""

from __future__ import annotations

from simulator.experiments.careers.cards import Card, Line, outcome_card
from simulator.experiments.careers.course import Course, CourseError, read_courses
from simulator.experiments.careers.making import count_careers, make_careers
from simulator.experiments.careers.opened import openings
from simulator.experiments.careers.paths import paths
from simulator.experiments.careers.pay import pay_fan, pay_points
from simulator.experiments.careers.seats import SeatEffect, seat_effect
from simulator.experiments.careers.stored import (
    Careers,
    CareersError,
    NotKnownError,
    read_careers,
    routes,
)
from simulator.experiments.careers.stories import Story, sample_careers

__all__ = [
    "Card",
    "Careers",
    "CareersError",
    "Course",
    "CourseError",
    "Line",
    "NotKnownError",
    "SeatEffect",
    "Story",
    "count_careers",
    "make_careers",
    "openings",
    "outcome_card",
    "paths",
    "pay_fan",
    "pay_points",
    "read_careers",
    "read_courses",
    "routes",
    "sample_careers",
    "seat_effect",
]
