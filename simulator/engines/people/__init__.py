"""The people engine: a discrete-event simulation in SimPy, one process for each person.

Every member of staff (``careers.serve``), every open vacancy (``vacancies.fill``), every trainee
(``training.study``) and every graduate who looks for a post (``training.wait``) is a process of
its own. Time is in whole ticks, so that the stages of ``docs/method.md`` keep their order:

0. training: intake, drop-out, completion, giving up (``training``);
1. establishment: posts are opened and withdrawn (``month.establish``);
2. exits: people leave, retire or take a break (``careers``);
3. starts and moves: people join, and posts pull colleagues (``vacancies``, ``moves``);
4. the inside round: promotions, else adverts (``vacancies``, ``inside``);
5. the market: adverts close (``vacancies``, ``market``);
6. stocks are counted (``month.count``), and at the end of the run the books are checked (``run``).

Within a stage people first *declare* what they want at one tick; a coordinator then decides for
all of them, in slot order, at a later tick; and the decisions take effect together. Events at
one tick are therefore always independent of each other, and no result depends on the order in
which SimPy happens to process them.
"""

from __future__ import annotations

from simulator.engines.people.run import simulate

__all__ = ["simulate"]
