"""A stand-in of Encvoy ID 1.0.10: management API, OpenID provider and login pages on one loopback port.

Built from facts/encvoy-id.md alone. It shares nothing with the bot that it judges.
"""

from sandbox.encvoy.standin import EncvoyStandIn
from sandbox.encvoy.state import Switches

__all__ = ["EncvoyStandIn", "Switches"]
