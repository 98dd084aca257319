"""Methods whose models talk to each other, which the paper compares with (its Table 1), by name.

A protocol is one file with one generator: it yields the requests of a round, all questions together, is sent their
answers, and returns which answers count. `hold` runs it; nothing in a protocol knows of engines or files.
"""

from slmmux.discussion.llm_debate import llm_debate
from slmmux.discussion.mixture_of_agents import mixture_of_agents
from slmmux.discussion.multi_agent_verification import multi_agent_verification
from slmmux.discussion.protocol import Protocol

PROTOCOLS: dict[str, Protocol] = {
    protocol.__name__: protocol for protocol in (mixture_of_agents, llm_debate, multi_agent_verification)
}
