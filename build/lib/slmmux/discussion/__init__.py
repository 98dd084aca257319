"""Multi-agent protocols, which the paper compares with (its Table 1), by name.

A protocol is one file with one generator: it yields the requests of a round, all questions together, is sent their
answers, and returns which answers count. `run_protocol` runs it; nothing in a protocol knows of engines or files.
"""

from importlib import import_module

from slmmux.config import Config, parse_settings
from slmmux.discussion.protocol import Protocol
from slmmux.errors import InputError
from slmmux.settings import Strict

# Adding a protocol is adding its file, which ends with its PROTOCOL, and its line here.
PROTOCOLS: dict[str, Protocol] = {
    name: import_module(f"slmmux.discussion.{name}").PROTOCOL
    for name in (
        "mixture_of_agents",
        "llm_debate",
        "multi_agent_verification",
    )
}


def protocol_options(config: Config, protocol: str) -> Strict:
    """A protocol's own options, checked. Raises InputError for an unknown protocol or a wrong option."""
    if protocol not in PROTOCOLS:
        raise InputError(f"no protocol {protocol!r}; there are: {', '.join(PROTOCOLS)}")
    given = config.discussion.options.get(protocol, {})
    return parse_settings(f"discussion.options.{protocol}", PROTOCOLS[protocol].options, given)
