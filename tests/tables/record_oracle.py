"""Records counted one by one in plain Python: slow, and too short to be wrong."""

import hashlib
import math
import re
from collections import defaultdict
from itertools import combinations

NUMBER = re.compile(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?")


def cell(value):
    if isinstance(value, str):
        value = value.strip()
        return None if value in ("", "NA", "NaN", ".") else value
    return None if value is None or value != value else value


def label(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def number(value):
    if isinstance(value, str):
        return float(value) if NUMBER.fullmatch(value) else None
    return None if value is None else float(value)


def is_one(value, wanted):
    if value is None:
        return False
    if isinstance(wanted, bool):
        return label(value).lower() == str(wanted).lower() or number(value) == float(wanted)
    if isinstance(wanted, str) and isinstance(value, (str, bool)):
        return label(value) == wanted
    wanted = number(wanted)
    return wanted is not None and number(value) == wanted


def meets(row, where, records):
    for name, rule in (where or {}).items():
        value = row[records.column(name)]
        wanted = rule.is_ if isinstance(rule.is_, tuple) else (rule.is_,)
        if rule.below is not None and not (value is not None and number(value) < rule.below):
            return False
        if rule.above is not None and not (value is not None and number(value) > rule.above):
            return False
        if rule.is_ is not None and not any(is_one(value, one) for one in wanted):
            return False
    return True


def odd(unit):
    return int(hashlib.md5(label(unit).encode()).hexdigest(), 16) % 2 == 1


def expected(rows, records, ties=None, apart=None):
    """Give counts by region and year, ties, ties apart (both by year, source, target), facts."""
    lost = {"region": 0, "year": 0, "unit": 0}
    kept = []
    for raw in rows:
        row = {name: cell(value) for name, value in raw.items()}
        if any(row[name] is None for name in records.regions):
            lost["region"] += 1
        elif row[records.year] is None:
            lost["year"] += 1
        elif row[records.unit] is None:
            lost["unit"] += 1
        else:
            place = ", ".join(label(row[name]) for name in records.regions)
            kept.append((place, int(float(row[records.year])), row[records.unit], row))
    cells = defaultdict(list)
    for record in kept:
        cells[record[:2]].append(record)
    counts = {
        place: [_count(count, apart, key, here, records) for key, count in records.count.items()]
        for place, here in sorted(cells.items())
    }
    made, made_apart, large, largest = {}, {}, set(), 0
    if ties is not None:
        free = _free_units(kept, records, apart)
        made, made_apart = defaultdict(list), defaultdict(list)
        teams = defaultdict(lambda: defaultdict(list))
        for place, year, unit, row in kept:
            if meets(row, ties.where, records):
                teams[unit, year][place].append(row)
        for (unit, year), team in teams.items():
            n = len(team)
            largest = max(largest, n)
            if n > ties.max_partners:
                large.add(unit)
                continue
            weight = 1.0 if ties.counting == "full" else 1 / max(1, n * (n - 1) / 2)
            pairs = [*combinations(sorted(team), 2)]
            pairs += [(place, place) for place, here in team.items() if _several(here, records)]
            for source, target in pairs:
                made[year, source, target].append(weight)
                if unit in free:
                    made_apart[year, source, target].append(weight)
    facts = {
        "rows": len(rows),
        **{f"rows_without_{role}": lost[role] for role in lost},
        "units": len({record[2] for record in kept}),
        "regions": len({record[0] for record in kept}),
        "units_left_out": len(large),
        "largest_unit": largest,
    }
    return counts, _summed(made), _summed(made_apart), facts


def _count(count, apart, key, here, records):
    here = [record for record in here if meets(record[3], count.where, records)]
    if apart is not None and apart.half and apart.column == key:
        here = [record for record in here if odd(record[2])]
    if count.rows:
        return len(here)
    column = records.column(count.distinct or count.sum)
    values = [record[3][column] for record in here if record[3][column] is not None]
    return len(set(values)) if count.distinct else math.fsum(map(number, values))


def _free_units(kept, records, apart):
    units = {record[2] for record in kept}
    if apart is None:
        return set()
    if apart.half:
        return {unit for unit in units if not odd(unit)}
    where = records.count[apart.column].where
    return units - {record[2] for record in kept if meets(record[3], where, records)}


def _several(here, records):
    if records.organisation is None:
        return len(here) > 1
    return len({row[records.organisation] for row in here} - {None}) > 1


def _summed(made):
    return {pair: math.fsum(weights) for pair, weights in sorted(made.items())}


def found(counted):
    """Give what was counted, in the oracle's form."""
    columns = counted.counts.columns
    names = [name for name in columns if name not in ("region", "year")]
    return {
        place: [*values]
        for place, values in zip(
            zip(columns["region"].tolist(), columns["year"].tolist(), strict=True),
            zip(*(columns[name].tolist() for name in names), strict=True)
            if names
            else [()] * counted.counts.rows,
            strict=True,
        )
    }


def found_ties(rows):
    if rows is None:
        return {}
    keys = zip(rows.year.tolist(), rows.source.tolist(), rows.target.tolist(), strict=True)
    return dict(zip(keys, rows.weight.tolist(), strict=True))


def agree(counted, rows, records, ties=None, apart=None):
    """Assert that everything is as the oracle has it, in its order and to the last bit."""
    counts, made, made_apart, facts = expected(rows, records, ties, apart)
    assert list(found(counted).items()) == list(counts.items())
    assert list(found_ties(counted.ties).items()) == list(made.items())
    assert list(found_ties(counted.ties_apart).items()) == list(made_apart.items())
    assert {name: getattr(counted.facts, name) for name in facts} == facts
    seen = sorted({year for _, year in counts})
    assert counted.facts.years == (seen[0], seen[-1])
    assert (counted.ties is None) == (ties is None)
    assert (counted.ties_apart is None) == (ties is None or apart is None)
