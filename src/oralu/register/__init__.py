"""A register of people on probation, as a unit really exports it, read into rows that the policy can judge.

`read_register` turns a CSV or Excel file into `RowResult`s; `evaluate_row` says what the policy finds and what would
be opened. Neither writes anything: the import proper takes the same rows and hands them to the services.
"""

from oralu.register.evaluation import OpenedNeed, RowEvaluation, evaluate_row
from oralu.register.model import FactEntry, IntakeRow, Problem, RegisterError, RowResult
from oralu.register.reader import RegisterReading, read_register

__all__ = [
    "FactEntry",
    "IntakeRow",
    "OpenedNeed",
    "Problem",
    "RegisterError",
    "RegisterReading",
    "RowEvaluation",
    "RowResult",
    "evaluate_row",
    "read_register",
]
