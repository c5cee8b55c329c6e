"""Dates of records: in whose time zone they are, and when a day without a time of day is."""

import datetime
import re
import zoneinfo

from .documents import UTC, parse_instant

LEAVE_DATE = "employeeLeaveDateTime"
END_OF_DAY = datetime.time(23, 59, 59)


def zone_of(person, schedule):
    """The time zone of a person's dates: their own, else the tenant's, else UTC. One that is none is passed over."""
    for name in (person.get("timeZone"), schedule.get("timeZone")):
        try:
            if name:
                return zoneinfo.ZoneInfo(name)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError):
            continue
    return UTC


def parse_date(value, zone=UTC, ends=False):
    """The instant of a record's date, or None if it is no date.

    A date without a time of day means the start of that day in `zone`, or its end if `ends`. The year 9999 stands for no date.
    """
    if not isinstance(value, str) or value.startswith("9999-"):
        return None
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
            time = END_OF_DAY if ends else datetime.time()
            return datetime.datetime.combine(datetime.date.fromisoformat(value), time, zone).astimezone(UTC)
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}", value):
            return datetime.datetime.fromisoformat(value).replace(tzinfo=zone).astimezone(UTC)
        return parse_instant(value)
    except ValueError:
        return None


def move(instant, zone, days, at):
    """The instant moved by whole days on the clock of `zone`, and then set to the time of day `at` if there is one."""
    local = instant.astimezone(zone) + datetime.timedelta(days=days)
    if at is not None:
        hour, minute = at.split(":")
        local = local.replace(hour=int(hour), minute=int(minute), second=0, microsecond=0, fold=0)
    return local.astimezone(UTC)
