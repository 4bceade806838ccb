"""Puts off the parts of Rasa that answering never needs: TensorFlow, other people's chat channels, matplotlib.

Rasa imports them all at its start. A module put off is empty until something is asked of it; then the real one loads.
So whoever names a component that needs TensorFlow gets TensorFlow, a few seconds later.
"""

import sys
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from typing import Any

SELDOM = (
    # TensorFlow; a module that answering needs imports this one without using it.
    "rasa.utils.train_utils",
    # Console, Telegram, Slack, Teams and twelve more.
    "rasa.core.channels",
    # A scheduler of reminders.
    "rasa.core.jobs",
    # matplotlib; RulePolicy uses one function of it, in training.
    "rasa.core.test",
)
"""What Rasa imports at its start and answering never asks for."""

CHANNEL = ("InputChannel", "OutputChannel", "UserMessage", "CollectingOutputChannel")
"""What Rasa takes from `rasa.core.channels` on its way; it is made in `rasa.core.channels.channel`."""


def slim() -> None:
    """Puts off what Rasa seldom needs; must run before the rest of Rasa is imported, else it does nothing."""
    for name in SELDOM:
        if name not in sys.modules:
            put_off(name)
    channel = import_module("rasa.core.channels.channel")
    for name in CHANNEL:
        setattr(sys.modules["rasa.core.channels"], name, getattr(channel, name))


def put_off(name: str) -> None:
    """Stands an empty module in for one that is loaded when something is first asked of it."""
    spec = find_spec(name)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(f"{name}: no such module to put off", name=name)
    module, loader = module_from_spec(spec), spec.loader

    def load(attribute: str) -> Any:
        # Those who look at every module in memory ask for `__warningregistry__` and the like; that is no use of it.
        if attribute.startswith("__"):
            raise AttributeError(f"module {name} has no attribute {attribute}", name=attribute, obj=module)
        del module.__getattr__
        loader.exec_module(module)
        return getattr(module, attribute)

    module.__getattr__ = load  # type: ignore[method-assign]
    sys.modules[name] = module
    parent, _, child = name.rpartition(".")
    setattr(sys.modules[parent], child, module)
