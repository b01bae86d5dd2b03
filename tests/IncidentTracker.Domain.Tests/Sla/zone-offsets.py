"""Writes when six places change their clocks, 2016 to 2035, as Python's zoneinfo knows it from the system's tz database.

    python3 zone-offsets.py > zone-offsets.csv

Each line: zone, the UTC second from which the offset holds, the offset in seconds. The first line of a zone holds from the
beginning. PYTHONTZPATH names another copy of the tz database: it must be the version that NodaTime brings, because places
change their minds (Morocco did for the years after 2026). The test walks these minute by minute; it shares neither data nor code with what it checks.
"""
from datetime import datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import TZPATH, ZoneInfo

ZONES = ["Europe/London", "Europe/Berlin", "Europe/Dublin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"]
BEGIN, END = (int(datetime(year, 1, 1, tzinfo=timezone.utc).timestamp()) for year in (2016, 2036))
MARGIN = 8 * 86_400


def offset(zone, second):
    at = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=second)
    return int(at.astimezone(zone).utcoffset().total_seconds())


def version():
    for folder in map(Path, TZPATH):
        if (folder / "tzdata.zi").exists():
            return (folder / "tzdata.zi").read_text().splitlines()[0].split()[-1]
    return "unknown"


print(f"# tz database {version()}, read by zoneinfo; python3 zone-offsets.py > zone-offsets.csv")
for name in ZONES:
    zone = ZoneInfo(name)
    second, known = BEGIN - MARGIN, offset(ZoneInfo(name), BEGIN - MARGIN)
    print(f"{name},{second},{known}")
    while second < END + MARGIN:
        second += 60
        # Every change of these years falls on a full minute; an hour is looked at closely only when its ends differ.
        if second % 3600 == 60 and offset(zone, second + 3540) == known:
            second += 3540
        elif offset(zone, second) != known:
            known = offset(zone, second)
            print(f"{name},{second},{known}")
