"""Scope rules: `eq`, `ne`, `in`, `startsWith`, `and`, `or`, `not (...)`, parentheses, strings in single quotes; and two
attributes that are dates, compared with `gt`, `ge`, `lt` or `le`."""

import operator
import re

from .dates import LEAVE_DATE, parse_date
from .documents import UTC, NotModelled

ORDERINGS = {"gt": operator.gt, "ge": operator.ge, "lt": operator.lt, "le": operator.le}

TOKEN = re.compile(r"\s*(?:('(?:[^']|'')*')|([A-Za-z][A-Za-z0-9_/]*)|([(),]))")


def tokens_of(text):
    """Splits a rule into strings, words and punctuation."""
    found, position = [], 0
    while position < len(text.rstrip()):
        match = TOKEN.match(text, position)
        if not match:
            raise NotModelled(f"rule {text!r} from {text[position:]!r}")
        found.append(match[0].strip())
        position = match.end()
    return found


class Rule:
    """A parsed rule: a test of one person's attributes. Comparison is case-sensitive."""

    def __init__(self, text):
        self.text = text
        self.attributes = set()
        self._rest = tokens_of(text)
        self._test = self._disjunction()
        if self._rest:
            raise NotModelled(f"rule {text!r} goes on with {self._rest}")

    def matches(self, person, zone=UTC):
        """True if `person`, a mapping of attributes whose dates are in `zone`, is in scope. An attribute without a value equals
        nothing.
        """
        return self._test(person, zone)

    def _take(self, expected=None):
        if not self._rest or (expected is not None and self._rest[0] != expected):
            raise NotModelled(f"rule {self.text!r}: {expected or 'more'} expected before {self._rest}")
        return self._rest.pop(0)

    def _next_is(self, token):
        return bool(self._rest) and self._rest[0] == token

    def _disjunction(self):
        parts = [self._conjunction()]
        while self._next_is("or"):
            self._take()
            parts.append(self._conjunction())
        return lambda person, zone: any(part(person, zone) for part in parts)

    def _conjunction(self):
        parts = [self._term()]
        while self._next_is("and"):
            self._take()
            parts.append(self._term())
        return lambda person, zone: all(part(person, zone) for part in parts)

    def _term(self):
        if self._next_is("not"):
            self._take()
            inner = self._parenthesised()
            return lambda person, zone: not inner(person, zone)
        if self._next_is("("):
            return self._parenthesised()
        if self._next_is("startsWith"):
            return self._starts_with()
        return self._comparison()

    def _parenthesised(self):
        self._take("(")
        inner = self._disjunction()
        self._take(")")
        return inner

    def _attribute(self):
        name = self._take()
        if name.startswith("'") or name in ("(", ")", ",", "accountEnabled"):
            raise NotModelled(f"rule {self.text!r}: attribute {name}")
        self.attributes.add(name)
        return name

    def _string(self):
        token = self._take()
        if not token.startswith("'"):
            raise NotModelled(f"rule {self.text!r}: value {token}")
        return token[1:-1].replace("''", "'")

    def _starts_with(self):
        self._take("startsWith")
        self._take("(")
        name = self._attribute()
        self._take(",")
        prefix = self._string()
        self._take(")")
        return lambda person, zone: (person.get(name) or "").startswith(prefix)

    def _comparison(self):
        name, word = self._attribute(), self._take()
        if word in ORDERINGS:
            return self._dates(name, ORDERINGS[word], self._attribute())
        if word == "in":
            self._take("(")
            values = [self._string()]
            while self._next_is(","):
                self._take()
                values.append(self._string())
            self._take(")")
            return lambda person, zone: person.get(name) in values
        value = self._string()
        if word == "eq":
            return lambda person, zone: person.get(name) == value
        if word == "ne":
            return lambda person, zone: person.get(name) != value
        raise NotModelled(f"rule {self.text!r}: operator {word}")

    def _dates(self, left, compare, right):
        """Two dates of one person, in their zone. Nothing is before or after a date that is not there."""
        def test(person, zone):
            one, other = (parse_date(person.get(name), zone, ends=name == LEAVE_DATE) for name in (left, right))
            if one is None and person.get(left) or other is None and person.get(right):
                raise NotModelled(f"rule {self.text!r} on a date that cannot be read")
            return one is not None and other is not None and compare(one, other)
        return test
