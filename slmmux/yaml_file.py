"""Reading a YAML file: plain values only, no key twice, one line for whatever is wrong."""

import re
from pathlib import Path
from typing import Any

import yaml

from slmmux.errors import InputError

TOO_DEEP = "nested too deeply to be a file of parameters"
# The parser in C, which PyYAML comes with nearly everywhere: it takes a tenth of the time.
_SafeLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _PlainLoader(_SafeLoader):
    """Refuses a key that is there twice, of which YAML libraries silently keep the last."""

    def construct_mapping(self, node, deep=False):
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            try:
                twice = key in seen
                seen.add(key)
            except TypeError:
                continue  # not hashable: the parent class says so
            if twice:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} is there twice", key_node.start_mark
                )
        return super().construct_mapping(node, deep)


# A number with colons or with a zero first is one to some readers of YAML and another one to others: here it is text,
# which no number is read from.
_INTEGER = re.compile(r"^[-+]?(?:0|[1-9][0-9]*)$")
_PlainLoader.yaml_implicit_resolvers = {
    first: [(tag, _INTEGER if tag.endswith(":int") else pattern) for tag, pattern in resolvers]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def parse_yaml(text: str, where: str) -> Any:
    """The value of a YAML document. Raises InputError naming `where` for text that is not plain YAML. The message
    quotes no line: one may hold a key that was put there by mistake."""
    try:
        return yaml.load(text, Loader=_PlainLoader)
    except yaml.YAMLError as error:
        mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
        if problem == "exceeded maximum nesting depth":
            raise InputError(f"{where}: {TOO_DEEP}") from None
        line = f"line {mark.line + 1}: " if mark else ""
        raise InputError(f"{where}: not plain YAML: {line}{problem or 'not readable'}") from None
    except RecursionError:
        raise InputError(f"{where}: {TOO_DEEP}") from None
    except (ValueError, TypeError, OverflowError) as error:
        # A date that no calendar has, a number of too many digits.
        raise InputError(f"{where}: a value that YAML cannot hold: {str(error)[:120]}") from None
    except (AttributeError, LookupError):
        raise InputError(f"{where}: a value that its tag does not fit, as in `!!bool x`") from None


def read_yaml(path: Path) -> Any:
    """The value of a YAML file. Raises InputError where it is missing, not UTF-8 or not plain YAML."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; run from the root of the repository") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: not UTF-8 text") from None
    return parse_yaml(text, str(path))
