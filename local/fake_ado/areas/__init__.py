"""The operations of each API area. Importing a module of this package puts its operations into the table of routes."""

from importlib import import_module
from pkgutil import iter_modules


def load() -> None:
    """Import every module of the package."""
    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
