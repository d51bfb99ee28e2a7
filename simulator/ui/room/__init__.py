"""The workshop room: what a group in one room submits, believes, votes and decides.

``store`` keeps it and knows nothing of pages; ``facilitator`` and ``participant`` are the pages.
"""
