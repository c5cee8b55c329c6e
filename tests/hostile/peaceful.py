"""Tenants that do nobody any harm, and are measured."""

from tests.charts.api import Api
from tests.hostile.meter import admin_of, author_of
from tests.node.tenant import Tenant


class Peaceful(Tenant):
    """One of them."""

    def __init__(self, name):
        super().__init__(Api(), name)

    def bindings(self):
        """Who may do what there, for the chart."""
        subjects = {"author": author_of(self.name), "directory-admin": admin_of(self.name)}
        return [f"roleBindings.{role}[0].kind=User,roleBindings.{role}[0].name={who[0]}" for role, who in subjects.items()]

    def note_left(self, names):
        """These have left meanwhile."""
        for name in names:
            self.expected[name] = False
            self.occurrences.add(("leaver", name))
