"""The arrays engine: every replication at once, on NumPy arrays.

It follows ``docs/method.md`` stage by stage:

0. training: the months of every trainee's events are worked out ahead, and those for whom there is
   no supervisor are turned away in the month of their start (``training``);
1. establishment: posts are opened or withdrawn (``stages.set_establishment``);
2. exits (``stages.let_go``, ``exits``);
3. starts and moves (``stages.start_work``, ``pulls``, ``outside``);
4. the inside round (``inside``);
5. the market (``candidates``, ``market``);
6. stocks and books (``traced``; ``summed`` and ``paid``).

Each post holds the month of its next step in one byte; a month is one scan for what is due, and
then work on events only. What begins in a month (vacancies, advertising rounds, spells) gets its
delay or exit month at the month's end, in one go: none of them can fall due before the next month.
"""

from simulator.engines.arrays.layout import make_layout
from simulator.engines.arrays.summed import sum_block
from simulator.engines.arrays.traced import trace

__all__ = ["make_layout", "sum_block", "trace"]
