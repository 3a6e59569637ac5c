"""Write participations.parquet from the public tables of CORDIS on Horizon 2020.

The tables are project.csv, organization.csv and legalBasis.csv of 'CORDIS - EU research projects
under Horizon 2020', (c) European Union, CC BY 4.0. Put them beside this file, or name their folder:

    python make_records.py [FOLDER]

Their columns are named in COLUMNS: change them here if a later release calls them otherwise.
"""

import sys
from pathlib import Path

import duckdb

HERE = Path(__file__).parent
FIRST, LAST = 2015, 2020
COLUMNS = {
    "project.csv": {"project": "id", "start": "startDate"},
    "organization.csv": {
        "project": "projectID",
        "organisation": "organisationID",
        "country": "country",
        "city": "city",
        "role": "role",
        "organisation_type": "activityType",
        "eu_contribution": "ecContribution",
    },
    "legalBasis.csv": {"project": "projectID", "code": "legalBasis"},
}
# A project's programme is the first of these that its legal basis begins with.
PROGRAMMES = {
    "ERC": "H2020-EU.1.1.",
    "MSCA": "H2020-EU.1.3.",
    "LEIT": "H2020-EU.2.1.",
    **{f"SC{part}": f"H2020-EU.3.{part}." for part in range(1, 8)},
    "FET": "H2020-EU.1.2.",
}


def table(folder: Path, name: str) -> str:
    """Give the query that reads a table's columns, as text."""
    picked = ", ".join(f'"{written}" AS {own}' for own, written in COLUMNS[name].items())
    path = str(folder / name).replace("'", "''")
    return f"SELECT {picked} FROM read_csv('{path}', delim = ';', all_varchar = true)"


def main(folder: Path) -> None:
    """Join a row per participation with its project's year and programme."""
    ranks = " ".join(f"WHEN code LIKE '{c}%' THEN {r}" for r, c in enumerate(PROGRAMMES.values()))
    names = " ".join(f"WHEN {rank} THEN '{name}'" for rank, name in enumerate(PROGRAMMES))
    query = f"""
        WITH projects AS ({table(folder, "project.csv")}),
        basis AS (
            SELECT project, min(CASE {ranks} ELSE 99 END) AS rank,
                   bool_or(code LIKE '{PROGRAMMES["LEIT"]}%') AS industrial_technology
            FROM ({table(folder, "legalBasis.csv")}) GROUP BY project)
        SELECT project, CAST(left(start, 4) AS SMALLINT) AS year, organisation,
               upper(country) AS country,
               trim(regexp_replace(upper(strip_accents(city)), '[^A-Z0-9]+', ' ', 'g')) AS city,
               role, organisation_type,
               TRY_CAST(replace(eu_contribution, ',', '.') AS DOUBLE) AS eu_contribution,
               CASE rank {names} ELSE 'other' END AS programme, industrial_technology
        FROM ({table(folder, "organization.csv")}) JOIN projects USING (project)
             JOIN basis USING (project)
        WHERE year BETWEEN {FIRST} AND {LAST}
        ORDER BY project, organisation
    """
    duckdb.sql(query).write_parquet(str(HERE / "participations.parquet"))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
