"""Mistakes of careless planners: each is refused with file, field, value and what is right."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.cli.main import main
from simulator.scenario import Problem, ScenarioError, load_scenario, one_screen

SCENARIOS = Path(__file__).parents[2] / "scenarios"
SCREEN = 40

BASE = """\
id = "my-trust"
title = "My trust"
why = "What if?"
opening = "2026-03"
months = 60
draws = 4
replications = 64
seed = 1
census = "census/tiny"
census_rows = ["tables/rows.csv"]
rest = "coupled"

[place]
trusts = ["RGT"]

[need]
method = "growth"

[parameters."need.growth"]
value = 0.05
reason = "Our plan"
author = "Test"

[fitted.notice_median]
value = 2.0
reason = "Our records"
author = "Test"

[[lever]]
id = "retention"
title = "Fewer leavers"
target = "leaving"
operation = "multiply"
value = 0.9
start = "2026-10"
ramp_months = 12
end = "2029-03"
trusts = ["RGT"]
rationale = "Talks"
author = "Test"

[[lever]]
id = "apprentices"
title = "More apprentices"
target = "places"
operation = "add"
value = 10
start = "2027-09"
regions = ["Y61"]
pathways = ["app_business_analyst_4"]
rationale = "A class"
author = "Test"
"""
HEADER = (
    "trust,group,band,serial,fte,state,age,tenure_months,band_months,due_months,elapsed_months\n"
)
ROWS = HEADER + "RGT,digital,5,0,1.00,filled,40,60,60,,\nRGT,digital,5,1,0.60,approval,,,,2,1\n"


@dataclass(frozen=True)
class Case:
    """One mistake: a text of the sound input and what stands there instead."""

    name: str
    old: str
    new: str
    told: tuple[str, ...]
    """What the message must say: field, value, what would be right."""
    file: str = "mine.toml"


def _replaced(key: str, old: str, new: str, *told: str) -> Case:
    return Case(f"{key}-{new.strip()[:24]}", f"{key} = {old}", f"{key} = {new}", (key, *told))


SCALARS = [
    _replaced("id", '"my-trust"', '"My Trust!"', '"My Trust!"', "small letters, digits"),
    _replaced("title", '"My trust"', '" "', "it is empty", "in one line"),
    _replaced("why", '"What if?"', "3", "text in quotes"),
    _replaced("opening", '"2026-03"', '"March 2026"', '"March 2026"', "YYYY-MM"),
    _replaced("opening", '"2026-03"', '"2026-13"', '"2026-13"', "YYYY-MM"),
    _replaced("opening", '"2026-03"', "2026-03-01", "2026-03-01", "put the month in quotes"),
    _replaced("opening", '"2026-03"', '"2025-03"', '"2025-03"', "the census opens in 2026-03"),
    _replaced("months", "60", "0", "1 to 228"),
    _replaced("months", "60", "229", "229", "1 to 228"),
    _replaced("months", "60", "-12", "-12", "1 to 228"),
    _replaced("months", "60", "60.0", "60.0", "without a decimal point", "1 to 228"),
    _replaced("months", "60", "60.5", "60.5", "whole number", "1 to 228"),
    _replaced("months", "60", '"60"', '"60"', "without quotes", "1 to 228"),
    _replaced("months", "60", "true", "true", "not true or false", "1 to 228"),
    _replaced("months", "60", "nan", "nan", "whole number"),
    _replaced("draws", "4", "5000", "5000", "1 to 4096"),
    _replaced("draws", "4", "128", "64", "fewer replications than draws (128)"),
    _replaced("replications", "64", "1000000000", "1000000000", "1 to 100000"),
    _replaced("replications", "64", "66", "66", "multiple of the 4 draws", "the nearest is 64"),
    _replaced("seed", "1", "-1", "-1", "0 to 9223372036854775807"),
    _replaced("seed", "1", "9223372036854775808", "9223372036854775808", "0 to"),
    _replaced("census", '"census/tiny"', '"census/other"', "census/other", "no such folder"),
    _replaced("census", '"census/tiny"', '"../census"', "../census", "leaves the scenario folder"),
    _replaced("census", '"census/tiny"', '"/etc"', "/etc", "relative to this file"),
    _replaced("census", '"census/tiny"', '"tables"', "not a whole census", "lacks manifest.toml"),
    _replaced("census", '"census/tiny"', '"link"', "link", "leaves the scenario folder"),
    _replaced("census", '"census/tiny"', '"a\\u0000b"', "a\\u0000b", "not a path"),
    _replaced("census_rows", '["tables/rows.csv"]', '"tables/rows.csv"', "square brackets"),
    _replaced("census_rows", '["tables/rows.csv"]', '["tables/no.csv"]', "no such file", "no.csv"),
    _replaced("census_rows", '["tables/rows.csv"]', '["../x.csv"]', "leaves the scenario folder"),
    _replaced("rest", '"coupled"', '"couple"', '"couple"', '"baseline"', '"coupled"'),
    _replaced(
        "trusts",
        '["RGT"]\n\n',
        '["RGTX"]\n\n',
        "place.trusts[0]",
        "RGTX",
        "near it:",
        "RGT (Cambridge",
    ),
    _replaced(
        "trusts", '["RGT"]\n\n', '["RNA"]\n\n', "place.trusts[0]", "RNA", "not in the census"
    ),
    _replaced("trusts", '["RGT"]\n\n', '"RGT"\n\n', "place.trusts", "square brackets"),
    _replaced("trusts", '["RGT"]\n\n', "[]\n\n", "place.trusts", "it is empty", "trust codes"),
    _replaced("trusts", '["RGT"]\n\n', '["RGT", "RGT"]\n\n', "place.trusts", "listed twice"),
    _replaced("method", '"growth"', '"trend"', "need.method", '"trend"', '"ratio"'),
]
PLACES = [
    Case(
        "two-places",
        'trusts = ["RGT"]\n\n',
        'trusts = ["RGT"]\nengland = true\n\n',
        ("place", "exactly one", "trusts and england"),
    ),
    Case("no-place", '[place]\ntrusts = ["RGT"]', "[place]", ("place", "exactly one")),
    Case(
        "england-false",
        '[place]\ntrusts = ["RGT"]',
        "[place]\nengland = false",
        ("place.england", "false", "true for all of England"),
    ),
    Case(
        "unknown-ics",
        '[place]\ntrusts = ["RGT"]',
        '[place]\nics = ["QZZ"]',
        ("place.ics[0]", "QZZ", "no care system has the code"),
    ),
    Case(
        "unknown-region",
        '[place]\ntrusts = ["RGT"]',
        '[place]\nregions = ["London"]',
        ("place.regions[0]", "London", "no region has the code"),
    ),
    Case(
        "region-without-census",
        '[place]\ntrusts = ["RGT"]',
        '[place]\nregions = ["Y56"]',
        ("place.regions[0]", "Y56", "not in the census"),
    ),
    Case("no-rest", 'rest = "coupled"', "", ("rest", "missing", '"baseline"')),
    Case("no-seed", "seed = 1\n", "", ("seed", "missing", "0 to 9223372036854775807")),
    Case("unknown-key", "seed = 1", "seeed = 1", ("seeed", "unknown key", '"seed"')),
    Case("unknown-table", "[need]", "[needs]", ("needs", "unknown key", '"need"')),
    Case(
        "place-not-a-table",
        "[place]\ntrusts",
        "place = 3\n[need.x]\ntrusts",
        ("need.x", "unknown key", "known here: method"),
    ),
]
NUMBERS = [
    Case(
        "unknown-parameter",
        'parameters."need.growth"',
        'parameters."need.grwth"',
        ("need.grwth", "no such parameter", "did you mean need.growth"),
    ),
    Case(
        "growth-in-per-cent",
        "value = 0.05",
        "value = 5",
        ("need.growth", "5", "5 % is written 0.05"),
    ),
    Case("growth-nan", "value = 0.05", "value = nan", ("value", "nan", "not a finite number")),
    Case("growth-inf", "value = 0.05", "value = inf", ("value", "inf", "not a finite number")),
    Case("growth-text", "value = 0.05", 'value = "5 %"', ('"5 %"', "a number is expected")),
    Case("growth-true", "value = 0.05", "value = true", ("true", "a number is expected")),
    Case(
        "growth-outside-range",
        "value = 0.05",
        "value = 0.2",
        ("0.2", "outside the range 0.02 to 0.08", "give low and high too"),
    ),
    Case(
        "growth-empty-range",
        "value = 0.05",
        "value = 0.05\nlow = 0.09\nhigh = 0.01",
        ("low", "0.09", "low is at most high"),
    ),
    Case(
        "value-and-values",
        "value = 0.05",
        'value = 0.05\nvalues = [{ from = "2026-03", value = 0.05 }]',
        ("need.growth", "either value or values"),
    ),
    Case(
        "values-out-of-order",
        "value = 0.05",
        'values = [{ from = "2027-03", value = 0.05 }, { from = "2026-03", value = 0.05 }]',
        ("need.growth", "2027-03", "in order of month"),
    ),
    Case(
        "values-with-year",
        "value = 0.05",
        "values = [{ from = 2027, value = 0.05 }]",
        ("values[0].from", "2027", "YYYY-MM"),
    ),
    Case("no-reason", 'reason = "Our plan"\n', "", ("reason", "missing", "why this value")),
    Case(
        "blank-author",
        'reason = "Our plan"\nauthor = "Test"',
        'reason = "Our plan"\nauthor = ""',
        ("author", "it is empty", "a name or a role"),
    ),
    Case(
        "share-in-per-cent",
        'parameters."need.growth"]\nvalue = 0.05',
        'parameters."need.funded_share"]\nvalue = 12',
        ("need.funded_share", "12", "a share is between 0 and 1; 12 % is written 0.12"),
    ),
    Case(
        "negative-ratio",
        'parameters."need.growth"]\nvalue = 0.05',
        'parameters."leaving.organisation_rate"]\nvalue = -0.1',
        ("leaving.organisation_rate", "-0.1", "between 0 and 3"),
    ),
    Case(
        "negative-hazard",
        'parameters."need.growth"]\nvalue = 0.05',
        'parameters."graduates.give_up_hazard"]\nvalue = -1',
        ("graduates.give_up_hazard", "-1", "a hazard per year is between 0 and 12"),
    ),
    Case(
        "parameter-of-the-census",
        'parameters."need.growth"]\nvalue = 0.05',
        'parameters."vacancy.rate.2022"]\nvalue = 0.08',
        ("vacancy.rate.2022", "used when the census is built, not in a run"),
    ),
    Case(
        "unknown-fitted",
        "[fitted.notice_median]",
        "[fitted.notice]",
        ("fitted.notice", "no such fitted number", "notice_median"),
    ),
    Case(
        "fitted-share",
        "[fitted.notice_median]\nvalue = 2.0",
        "[fitted.move_share]\nvalue = 30",
        ("fitted.move_share.value", "30", "30 % is written 0.3"),
    ),
    Case(
        "fitted-negative",
        "value = 2.0",
        "value = -2.0",
        ("fitted.notice_median.value", "-2.0", "months are between"),
    ),
    Case(
        "fitted-broken-month",
        "[fitted.notice_median]\nvalue = 2.0",
        "[fitted.min_months]\nvalue = 2.5",
        ("fitted.min_months.value", "2.5", "whole number"),
    ),
    Case(
        "fitted-plain-number",
        "[fitted.notice_median]\nvalue = 2.0",
        "[fitted]\nnotice_median = 2.0\n[fitted.round_median]\nvalue = 1",
        ("fitted.notice_median", "2.0", "a table is expected"),
    ),
]
LEVERS = [
    Case("unknown-target", '"leaving"', '"leavers"', ("lever[0].target", '"leavers"', "leaving")),
    Case(
        "unknown-operation", '"multiply"', '"times"', ("lever[0].operation", '"times"', "multiply")
    ),
    Case("add-to-leaving", '"multiply"', '"add"', ("lever[0].operation", "leaving takes multiply")),
    Case("set-leaving", '"multiply"', '"set"', ("lever[0].operation", "leaving takes multiply")),
    Case(
        "negative-multiplier",
        "value = 0.9",
        "value = -0.9",
        ("lever[0].value", "-0.9", "between 0 and 20"),
    ),
    Case(
        "multiplier-in-per-cent",
        "value = 0.9",
        "value = 90",
        ("lever[0].value", "90", "10 % less is written 0.9"),
    ),
    Case("multiplier-nan", "value = 0.9", "value = nan", ("lever[0].value", "nan", "finite")),
    Case(
        "start-before-opening",
        '"2026-10"',
        '"2020-10"',
        ("lever[0].start", '"2020-10"', "from 2026-03 to 2031-03"),
    ),
    Case(
        "start-after-horizon",
        '"2027-09"',
        '"2031-04"',
        ("lever[1].start", '"2031-04"', "from 2026-03 to 2031-03", "lever apprentices"),
    ),
    Case("start-as-day", '"2026-10"', '"2026-10-01"', ("lever[0].start", "YYYY-MM")),
    Case(
        "end-before-start",
        '"2029-03"',
        '"2026-09"',
        ("lever[0].end", '"2026-09"', "before the start 2026-10"),
    ),
    Case(
        "ramp-too-long",
        "ramp_months = 12",
        "ramp_months = 40",
        ("lever[0].ramp_months", "40", "shorten the ramp"),
    ),
    Case(
        "ramp-negative",
        "ramp_months = 12",
        "ramp_months = -1",
        ("lever[0].ramp_months", "-1", "0 to 228"),
    ),
    Case(
        "ramp-broken",
        "ramp_months = 12",
        "ramp_months = 1.5",
        ("lever[0].ramp_months", "1.5", "whole months"),
    ),
    Case("blank-rationale", '"Talks"', '"  "', ("lever[0].rationale", "it is empty", "in words")),
    Case(
        "no-lever-author",
        'rationale = "Talks"\nauthor = "Test"',
        'rationale = "Talks"',
        ("lever[0].author", "missing", "a name or a role"),
    ),
    Case(
        "same-id-twice",
        'id = "apprentices"',
        'id = "retention"',
        ("lever[1].id", '"retention"', "each needs its own"),
    ),
    Case(
        "unknown-lever-trust",
        'trusts = ["RGT"]\nrationale',
        'trusts = ["XXX"]\nrationale',
        ("lever[0].trusts", "XXX", "no trust has the code"),
    ),
    Case(
        "lever-trust-without-census",
        'trusts = ["RGT"]\nrationale',
        'trusts = ["RNA"]\nrationale',
        ("lever[0].trusts", "RNA", "not in the census"),
    ),
    Case(
        "unknown-group",
        'trusts = ["RGT"]\nrationale',
        'groups = ["IT"]\nrationale',
        ("lever[0].groups[0]", '"IT"', "clinical, data, digital"),
    ),
    Case(
        "two-kinds-of-reach",
        'trusts = ["RGT"]\nrationale',
        'trusts = ["RGT"]\nregions = ["Y61"]\nrationale',
        ("lever[0].regions", "name one of"),
    ),
    Case(
        "places-by-trust",
        'regions = ["Y61"]',
        'trusts = ["RGT"]',
        ("lever[1].trusts", "RGT", "belongs to a region"),
    ),
    Case(
        "pathway-for-leaving",
        'trusts = ["RGT"]\nrationale',
        'pathways = ["app_business_analyst_4"]\nrationale',
        ("lever[0].pathways", "app_business_analyst_4", "go with places or applicants"),
    ),
    Case(
        "unknown-pathway",
        '"app_business_analyst_4"',
        '"app_business_analyst_5"',
        ("lever[1].pathways", "app_business_analyst_5", "did you mean app_business_analyst_4"),
    ),
    Case(
        "places-in-a-replayed-rest",
        '"coupled"',
        '"baseline"',
        ("lever[1].target", '"places"', "would change nothing", "coupled"),
    ),
    Case(
        "unknown-lever-key",
        "ramp_months = 12",
        "ramp = 12",
        ("lever[0].ramp", "12", 'did you mean "ramp_months"'),
    ),
    Case("lever-as-table", "[[lever]]\nid", "[lever]\nid", ("TOML", "lever")),
]
PROGRAMME = """\
[[programme]]
id = "record"
title = "A record"
kind = "epr"
go_live = "2029-03"
scale = 1.0
slips = true
trusts = ["RGT"]
rationale = "A date"
author = "Test"

"""
FIRST = '[[lever]]\nid = "retention"'
LEAVING = 'target = "leaving"\noperation = "multiply"\nvalue = 0.9'
REACH = 'trusts = ["RGT"]\nrationale'


def _target(target: str, operation: str, value: str, *told: str, more: str = "") -> Case:
    """Another target in place of leaving."""
    new = f'target = "{target}"\noperation = "{operation}"\nvalue = {value}{more}'
    return Case(f"{target}-{operation}-{value}{more[:24].strip()}", LEAVING, new, told)


def _programme(old: str, new: str, *told: str) -> Case:
    """A programme with one mistake."""
    assert old in PROGRAMME
    return Case(
        f"programme-{new.strip()[:40]}", FIRST, PROGRAMME.replace(old, new, 1) + FIRST, told
    )


MARKET = [
    _target("frozen", "multiply", "0.5", "lever[0].operation", '"multiply"', "frozen takes set"),
    _target("frozen", "set", "30", "lever[0].value", "30", "30 % is written 0.3"),
    _target("pooling", "set", "-0.1", "lever[0].value", "-0.1", "a share is between 0 and 1"),
    _target("pooling", "add", "0.1", "lever[0].operation", '"add"', "pooling takes set"),
    _target("attraction", "add", "0.1", "lever[0].operation", "attraction takes multiply"),
    _target("attraction", "multiply", "115", "lever[0].value", "115", "between 0 and 20"),
    _target("returning", "multiply", "2", "lever[0].trusts", "returning belongs to a region"),
    _target("international", "set", "2", "lever[0].operation", "international takes multiply"),
    _target("supervision", "multiply", "2", "lever[0].trusts", "supervision belongs to a region"),
    _target("programme_delay", "multiply", "2", "lever[0].operation", "programme_delay takes add"),
    _target("programme_delay", "add", "6", "lever[0].target", "has no [[programme]]"),
    _target("programme_delay", "add", "1.5", "lever[0].value", "1.5", "a whole number of months"),
    _target("programme_delay", "add", "121", "lever[0].value", "121", "at most 120"),
    _target("programme_scale", "add", "1", "lever[0].operation", "programme_scale takes multiply"),
    _target(
        "leaving",
        "multiply",
        "0.9",
        "lever[0].programmes",
        "programmes go with programme_delay or programme_scale, not with leaving",
        more='\nprogrammes = ["record"]',
    ),
    _target(
        "leaving",
        "multiply",
        "0.9",
        "lever[0].kind",
        '"retention_ofer"',
        "no such kind in the catalogue; did you mean retention_offer",
        more='\nkind = "retention_ofer"',
    ),
    Case(
        "unknown-programme",
        FIRST,
        PROGRAMME
        + '[[lever]]\nid = "late"\ntitle = "Late"\ntarget = "programme_delay"\n'
        + 'operation = "add"\nvalue = 6\nstart = "2026-10"\nprogrammes = ["recrod"]\n'
        + 'rationale = "A test"\nauthor = "Test"\n\n'
        + FIRST,
        ("lever[0].programmes", '"recrod"', "no such programme", "known: record"),
    ),
    Case(
        "pooling-in-a-replayed-rest",
        BASE,
        BASE.replace('"coupled"', '"baseline"').replace(
            LEAVING, 'target = "pooling"\noperation = "set"\nvalue = 0.4'
        ),
        ("lever[0].target", '"pooling"', "name the care system as the place"),
    ),
    _programme('"epr"', '"ehr"', "programme[0].kind", '"ehr"', "one of epr, shared_care_record"),
    _programme('go_live = "2029-03"\n', "", "programme[0].go_live", "missing", "YYYY-MM"),
    _programme('"2029-03"', '"2029"', "programme[0].go_live", '"2029"', "YYYY-MM"),
    _programme("scale = 1.0", "scale = -1.0", "programme[0].scale", "-1.0", "0 to 10"),
    _programme("scale = 1.0", 'scale = "twice"', "programme[0].scale", '"twice"', "0 to 10"),
    _programme("slips = true", "slips = 9", "programme[0].slips", "9", "true if go-live can slip"),
    _programme('["RGT"]', '["XXX"]', "programme[0].trusts", "XXX", "no trust has the code"),
    _programme('["RGT"]', '["RNA"]', "programme[0].trusts", "RNA", "not in the census"),
    _programme(
        'trusts = ["RGT"]',
        'trusts = ["RGT"]\nregions = ["Y61"]',
        "programme[0].regions",
        "name one of",
    ),
    _programme('rationale = "A date"\n', "", "programme[0].rationale", "missing", "in words"),
    _programme("slips = true", "slip = true", "programme[0].slip", "unknown key", '"slips"'),
    Case(
        "programme-twice",
        FIRST,
        PROGRAMME + PROGRAMME + FIRST,
        ("programme[1].id", '"record"', "another programme has this id"),
    ),
    Case(
        "beds-out-of-range",
        'parameters."need.growth"]\nvalue = 0.05',
        'parameters."need.maturity.fte_per_bed_low"]\nvalue = 82',
        ("need.maturity.fte_per_bed_low", "82", "FTE per bed is between 0 and 5"),
    ),
    Case(
        "price-of-their-own",
        'parameters."need.growth"]\nvalue = 0.05',
        'parameters."pay.award"]\nvalue = 0.05',
        ("pay.award", "prices, pay and on-costs are alike in all scenarios"),
    ),
    _replaced("method", '"growth"', '"hee2"', "need.method", '"hee2"', '"maturity"', '"hee"'),
]
FILES = [
    Case("toml-syntax", "months = 60", "months 60", ("line 5, column 8", "TOML")),
    Case("toml-twice", "months = 60", "months = 60\nmonths = 61", ("line 6", "overwrite")),
    Case("toml-open-quote", 'title = "My trust"', 'title = "My trust', ("line 2", "TOML")),
    Case("toml-long-number", "months = 60", "months = " + "9" * 5000, ("too long",)),
    Case("toml-deep", "months = 60", "months = " + "[" * 5000, ("nested too deep",)),
    Case("toml-deep-keys", "months = 60", "a." * 900 + "b = 1", ("keys inside keys",)),
    Case(
        "extends-missing",
        'id = "my',
        'extends = "no.toml"\nid = "my',
        ("extends", '"no.toml"', "no such file"),
    ),
    Case(
        "extends-itself",
        'id = "my',
        'extends = "mine.toml"\nid = "my',
        ("extends", '"mine.toml"', "circle"),
    ),
    Case(
        "extends-outside",
        'id = "my',
        'extends = "../up.toml"\nid = "my',
        ("extends", '"../up.toml"', "leaves the scenario folder"),
    ),
    Case("extends-number", 'id = "my', 'extends = 3\nid = "my', ("extends", "3", "in quotes")),
    Case("escape-sequence", '"My trust"', '"x"\n"\\u001b[2J" = 1', ("\\x1b[2J", "unknown key")),
]


def _row(old: str, new: str, *told: str) -> Case:
    return Case(f"rows-{new.strip()[:40]}", old, new, told, file="tables/rows.csv")


FILLED = "RGT,digital,5,0,1.00,filled,40,60,60,,"
VACANT = "RGT,digital,5,1,0.60,approval,,,,2,1"
TABLES = [
    _row(
        FILLED, FILLED.replace("RGT", "RNA"), "line 2, trust", '"RNA"', "not a trust of the census"
    ),
    _row(
        FILLED, FILLED.replace("digital", "IT"), "line 2, group", '"IT"', "clinical, data, digital"
    ),
    _row(FILLED, FILLED.replace(",5,", ",8A,"), "line 2, band", '"8A"', "8a, 8b"),
    _row(FILLED, FILLED.replace("5,0,", "5,x,"), "line 2, serial", '"x"', "whole number"),
    _row(FILLED, FILLED.replace("5,0,", "5,1,"), "line 3, serial", '"1"', "another post"),
    _row(FILLED, FILLED.replace("5,0,", "5,7,"), "serial of RGT digital 5", "0 is missing"),
    _row(FILLED, FILLED.replace("1.00", "37.5"), "line 2, fte", '"37.5"', "0.01 to 1"),
    _row(FILLED, FILLED.replace("1.00", "nan"), "line 2, fte", '"nan"', "0.01 to 1"),
    _row(FILLED, FILLED.replace("1.00", "0.333"), "line 2, fte", '"0.333"', "hundredths"),
    _row(
        FILLED, FILLED.replace("filled", "Filled"), "line 2, state", '"Filled"', "filled, approval"
    ),
    _row(FILLED, FILLED.replace(",40,", ",140,"), "line 2, age", '"140"', "16 to 75"),
    _row(FILLED, FILLED.replace(",40,", ",,"), "line 2, age", '""', "16 to 75"),
    _row(FILLED, FILLED.replace("60,60", "-1,60"), "line 2, tenure_months", '"-1"', "0 to 720"),
    _row(FILLED, FILLED + "1", "line 2, elapsed_months", '"1"', "blank for a filled post"),
    _row(VACANT, VACANT.replace("2,1", "0,1"), "line 3, due_months", '"0"', "1 to 228"),
    _row(VACANT, VACANT.replace(",,,,", ",30,,,"), "line 3, age", '"30"', "blank for a vacant"),
    _row(FILLED, FILLED + ",,", "line 2", "13 columns where the first line has 11"),
    _row(HEADER, HEADER.replace(",", ";"), "line 1", "semicolons; use commas"),
    _row(HEADER, HEADER.replace("fte", "wte"), "line 1", "lacks fte", "does not know wte"),
    _row(HEADER, HEADER.replace("trust,group", "group,trust"), "line 1", "another order"),
    _row(ROWS, HEADER, "the table has no rows"),
    _row(ROWS, "", "line 1", "the file is empty", "trust,group,band"),
    _row(FILLED, '"' + FILLED, "not a CSV table"),
]
CASES = [*SCALARS, *PLACES, *NUMBERS, *LEVERS, *MARKET, *FILES, *TABLES]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a sound scenario, its census and its table of posts."""
    folder = tmp_path / "plans"
    shutil.copytree(SCENARIOS / "census" / "tiny-ladder", folder / "census" / "tiny")
    (folder / "tables").mkdir()
    (folder / "tables" / "rows.csv").write_text(ROWS, encoding="utf-8")
    (folder / "mine.toml").write_text(BASE, encoding="utf-8")
    (folder / "link").symlink_to(SCENARIOS / "census" / "tiny-ladder")
    return folder


def spoil(folder: Path, case: Case) -> None:
    """Put a mistake into the sound input."""
    path = folder / case.file
    text = path.read_text(encoding="utf-8")
    assert case.old in text, case.name
    path.write_text(text.replace(case.old, case.new, 1), encoding="utf-8")


def tree(folder: Path) -> list[str]:
    """Return every path below the folder above, to see whether anything is written."""
    return sorted(str(path) for path in folder.parent.rglob("*"))


def check_message(stderr: str, told: tuple[str, ...]) -> None:
    """Check that a message fits a screen, shows no traceback and says what it must."""
    assert "Traceback" not in stderr
    assert len(stderr.splitlines()) <= SCREEN
    joined = " ".join(stderr.split())
    for words in told:
        assert words in stderr or words in joined, f"{words!r} is not in:\n{stderr}"


def refused(folder: Path, capsys: pytest.CaptureFixture[str], told: tuple[str, ...]) -> None:
    """Run a scenario through the entry point and check that it is refused in plain words."""
    before = tree(folder)
    code = main(["run", str(folder / "mine.toml"), "--out", str(folder / "out"), "--quiet"])
    captured = capsys.readouterr()
    assert code == 2, captured.err
    assert captured.out == ""
    check_message(captured.err, told)
    assert tree(folder) == before


@pytest.mark.functional
def test_the_base_is_sound(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", str(folder / "mine.toml")]) == 0
    assert "sound" in capsys.readouterr().out


@pytest.mark.functional
def test_there_are_many_distinct_mistakes() -> None:
    assert len({(case.file, case.old, case.new) for case in CASES}) == len(CASES) >= 60


@pytest.mark.functional
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_mistake_is_refused(case: Case, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spoil(folder, case)
    refused(folder, capsys, (Path(case.file).name, *case.told))


def problems_of(path: Path) -> list[Problem]:
    """Return the problems of a scenario; anything but these or a scenario is an error."""
    try:
        load_scenario(path)
    except ScenarioError as error:
        return error.problems
    return []


TOKENS = (
    *('""', "0", "-1", "nan", "inf", "true", "[]", "{}", "[[1]]", '"x"', "1e400", "2026-03-01"),
    *("12:00:00", "{ a = 1 }", '"\\u0000"', '"../x"', '["RGT", 1]', "0x10", '[["RGT"]]', "3"),
)


@pytest.fixture(scope="module")
def garden(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder like the others, kept for many examples."""
    folder = tmp_path_factory.mktemp("garden")
    shutil.copytree(SCENARIOS / "census" / "tiny-ladder", folder / "census" / "tiny")
    (folder / "tables").mkdir()
    (folder / "tables" / "rows.csv").write_text(ROWS, encoding="utf-8")
    return folder


@pytest.mark.functional
@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, len(BASE.splitlines()) - 1), st.sampled_from(TOKENS)),
        min_size=1,
        max_size=4,
    )
)
def test_any_mixture_of_mistakes_is_read_or_refused(
    garden: Path, mistakes: list[tuple[int, str]]
) -> None:
    lines = BASE.splitlines()
    for line, token in mistakes:
        lines[line] = f"{lines[line].partition('=')[0].strip() or 'x'} = {token}"
    path = garden / "mine.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    problems = problems_of(path)
    assert all(problem.file and problem.message for problem in problems)
    assert len(one_screen(problems)) <= SCREEN


CONTENTS = {
    "empty": (b"", ("mine.toml", "empty")),
    "blank": (b" \n\n", ("mine.toml", "empty")),
    "latin-1": ('id = "x"\ntitle = "Søren"'.encode("latin-1"), ("line 2", "0xf8", "UTF-8")),
    "utf-16": (BASE.encode("utf-16"), ("mine.toml", "UTF-8")),
    "binary": (bytes(range(256)), ("mine.toml", "UTF-8")),
    "csv": (ROWS.encode(), ("mine.toml", "TOML", "line 1")),
    "json": (b'{"id": "x"}', ("mine.toml", "TOML", "line 1")),
    "too-large": (b"#" * 2_000_001, ("mine.toml", "larger than 2,000,000 bytes")),
    "nothing-set": (b"# later\n", ("id", "months", "census", "missing")),
}


@pytest.mark.functional
@pytest.mark.parametrize("name", CONTENTS)
def test_file_of_another_kind_is_refused(
    name: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content, told = CONTENTS[name]
    (folder / "mine.toml").write_bytes(content)
    refused(folder, capsys, told)


@pytest.mark.functional
def test_missing_file_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "mine.toml").unlink()
    refused(folder, capsys, ("mine.toml", "no such file"))


@pytest.mark.functional
def test_folder_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "mine.toml").unlink()
    (folder / "mine.toml").mkdir()
    refused(folder, capsys, ("mine.toml", "not a file"))


@pytest.mark.functional
def test_circle_of_files_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "other.toml").write_text('extends = "mine.toml"', encoding="utf-8")
    (folder / "mine.toml").write_text('extends = "other.toml"\n' + BASE, encoding="utf-8")
    refused(folder, capsys, ("other.toml", "extends", "circle"))


@pytest.mark.functional
def test_table_that_is_not_utf_8_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "tables" / "rows.csv").write_bytes(HEADER.encode() + b"RGT,\xe9,5\n")
    refused(folder, capsys, ("tables/rows.csv", "line 2", "0xe9", "CSV UTF-8"))


@pytest.mark.functional
def test_link_out_of_the_census_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    posts = folder / "census" / "tiny" / "posts.csv"
    posts.unlink()
    posts.symlink_to("/etc/passwd")
    refused(folder, capsys, ("census", "posts.csv", "links out of the census folder"))


@pytest.mark.functional
def test_broken_census_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "census" / "tiny" / "fitted.toml").write_text("x = ", encoding="utf-8")
    refused(folder, capsys, ("census", "fitted.toml", "Invalid value"))


@pytest.mark.functional
def test_hundred_mistakes_fit_one_screen(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keys = "".join(f"wrong_{number} = {number}\n" for number in range(100))
    (folder / "mine.toml").write_text(keys + BASE, encoding="utf-8")
    refused(folder, capsys, ("wrong_0", "more problems"))


@pytest.mark.functional
@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--draws", "0", ("command line", "draws", "0", "1 to 4096")),
        ("--replications", "1000000000", ("command line", "replications", "1 to 100000")),
        ("--replications", "65", ("command line", "replications", "65", "multiple")),
        ("--seed", "-1", ("command line", "seed", "-1")),
        ("--draws", "many", ("--draws", "many")),
        ("--workers", "0", ("--workers", "0")),
        ("--engine", "fast", ("--engine", "fast", "arrays")),
        ("--colour", "red", ("--colour",)),
    ],
)
def test_bad_option_is_refused(
    option: str,
    value: str,
    told: tuple[str, ...],
    folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = tree(folder)
    assert main(["run", str(folder / "mine.toml"), option, value]) == 2
    check_message(capsys.readouterr().err, told)
    assert tree(folder) == before


IN_A_PROCESS = (
    'months-"60"',
    "replications-1000000000",
    'census-"../census"',
    'trusts-["RGTX"]',
    "seed-9223372036854775808",
    "share-in-per-cent",
    "growth-nan",
    "start-after-horizon",
    "unknown-key",
    "toml-syntax",
    "toml-deep",
    "extends-itself",
    "rows-group,trust",
)


@pytest.mark.functional
@pytest.mark.parametrize("name", IN_A_PROCESS)
def test_mistake_is_refused_in_a_process_of_its_own(name: str, folder: Path) -> None:
    case = next(case for case in CASES if case.name.startswith(name))
    spoil(folder, case)
    before = tree(folder)
    done = subprocess.run(
        [sys.executable, "-m", "simulator.cli.main", "run", "mine.toml", "--out", "out"],
        cwd=folder,
        env={"PYTHONPATH": str(SCENARIOS.parent), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    check_message(done.stderr, (Path(case.file).name, *case.told))
    assert tree(folder) == before
