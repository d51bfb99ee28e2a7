"""A simulator of the NHS clinical-informatics workforce in England.

For every trust, staff group and Agenda for Change band, month by month: the staff needed, the
posts funded, the people in post, where they came from and how sure we are. ``docs/method.md``
states the law; ``docs/glossary.md`` the words.
"""

from __future__ import annotations

from typing import Final

__version__: Final = "0.1.0"
