"""A register as a table, from records of the command-line contract."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from oralu.core.edition import Edition
from oralu.tables.columns import columns_of

Record = dict[str, Any]
TYPES = {"text": pa.string(), "days": pa.int64(), "flag": pa.bool_()}


def row_of(edition: Edition, record: Record) -> Record:
    row: Record = {key: record[key] for key in ("id", "day", "sex", "minor_children", "failed_before") if key in record}
    for name, fact in record.get("facts", {}).items():
        row[name] = fact["value"]
        row |= {f"{name}_{key}": fact[key] for key in ("day", "until", "evidence") if key in fact}
    for referral in record.get("referrals", []):
        column, served = f"{referral['domain']}_referral", referral["state"] in edition.served_states
        row[column] = "served" if served or row.get(column) == "served" else "sent"
    return row | {f"{domain}_breached": True for domain in record.get("breached", [])}


def table_of(edition: Edition, records: list[Record]) -> pa.Table:
    """All columns of the contract, null where a record says nothing."""
    rows = [row_of(edition, record) for record in records]
    return pa.table(
        {name: pa.array([row.get(name) for row in rows], TYPES[kind]) for name, kind in columns_of(edition).items()}
    )


def answer_row(record: Record) -> Record:
    """An evaluation as JSON lines give it, in the columns of a table."""
    row = {key: record[key] for key in ("id", "index", "risk", "success", "failures", "next_change")}
    for domain, result in record["domains"].items():
        row |= {f"{domain}_points": result["points"], f"{domain}_risk": result["risk"]}
    return row | {"actions": [action["rule"] for action in record["actions"]]}
