"""This computer in its network, as far as the system knows without asking anybody."""

from __future__ import annotations

import socket
from typing import Final

_ELSEWHERE: Final = ("192.0.2.1", 9)
"""An address kept for documentation: nobody has it. A datagram socket that is only connected
sends nothing; the system just says from which of its own addresses it would."""


def room_address() -> str | None:
    """Return this computer's address in the local network as a guess, or none; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_ELSEWHERE)
        except OSError:
            return None
        address = str(probe.getsockname()[0])
    return None if address.startswith(("127.", "0.")) else address


def own_names() -> tuple[str, ...]:
    """Return the names under which this computer is known in its network."""
    name = socket.gethostname().lower()
    return name, f"{name}.local"


def answers(host: str, port: int) -> bool:
    """Return whether something on this computer answers."""
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True
