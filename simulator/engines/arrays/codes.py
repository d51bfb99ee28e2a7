"""Codes as arrays without dimensions.

NumPy compares an array with one of these four times as fast as with a member of an enumeration, and
twice as fast as with a number: what a month does of it is much of what a small run costs.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from simulator.domain.words import Channel, Phase
from simulator.model import specification


def fixed(value: float, dtype: DTypeLike) -> NDArray[Any]:
    """A constant as an array without dimensions."""
    constant = np.array(value, dtype=dtype)
    constant.setflags(write=False)
    return constant


ABSENT, FILLED, APPROVAL, ADVERT, AGREED, FROZEN = (fixed(one, np.uint8) for one in Phase)
_, MOVE, GRADUATE, EXPERIENCED, RETURNING, INTERNATIONAL, CONVERTED = (
    fixed(one, np.uint8) for one in Channel
)
NEVER = fixed(specification.NEVER, np.intp)
ONE = fixed(1, np.intp)
HALF = fixed(0.5, np.float64)
