"""The peers: each gets the same columns and gives points, risk, failure by domain, index, highest risk and rules."""

from __future__ import annotations

import json
import os
import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.formula import Dialect, formula
from bench.register import columns_of
from oralu.core.edition import Edition
from oralu.core.lattice.answers import Answers, evaluate_codes
from oralu.core.lattice.asking import in_pieces
from oralu.core.lattice.cells import Lattice
from oralu.core.lattice.codes import Codes
from oralu.tables.compiled import evaluate_compiled

Columns = dict[str, Any]


@dataclass
class Result:
    """`points`, `risk`, `failed`: [domains, rows]; `rules`: [rules, rows] of booleans."""

    points: Any
    risk: Any
    failed: Any
    rules: Any
    index: Any
    highest: Any

    def same(self, other: Result) -> bool:
        names = ("points", "risk", "failed", "rules", "index", "highest")
        return all(np.array_equal(np.asarray(getattr(self, n)), np.asarray(getattr(other, n))) for n in names)


class Peer(ABC):
    """`most`: rows at which it is still run; above, its time is taken at `most` and grows with the rows. `note`: what
    it does less than ours, or more."""

    name = ""
    most = 1 << 40
    note = ""

    def __init__(self, edition: Edition) -> None:
        self.edition = edition

    @abstractmethod
    def prepare(self, codes: Codes) -> Callable[[], Any]:
        """Everything that is not counted: the columns in the peer's own form. The callable is what is timed."""

    @abstractmethod
    def result(self, done: Any) -> Result: ...


class Ours(Peer):
    name = "Oralu, tables by numpy"
    note = "no compiler needed"
    threads = os.cpu_count() or 1

    def __init__(self, lattice: Lattice) -> None:
        super().__init__(lattice.edition)
        self.lattice = lattice

    def prepare(self, codes: Codes) -> Callable[[], Answers]:
        return lambda: evaluate_codes(self.lattice, codes, threads=self.threads)

    def result(self, done: Answers) -> Result:
        bits = np.arange(len(self.edition.rules), dtype=done.rules.dtype)
        rules = (done.rules[None, :] >> bits[:, None]) & done.rules.dtype.type(1) != 0
        return Result(done.points, done.risk, done.failed != 0, rules, done.index, done.highest)


class OursAlone(Ours):
    name = "Oralu, tables by numpy, one thread"
    threads = 1


class Compiled(Ours):
    name = "Oralu, compiled loop"
    note = "the same tables, with the extra `fast`"

    def prepare(self, codes: Codes) -> Callable[[], Answers]:
        return lambda: evaluate_compiled(self.lattice, codes, threads=self.threads)


class CompiledAlone(Compiled):
    name = "Oralu, compiled loop, one thread"
    threads = 1


def _among_numpy(column: str, codes: tuple[int, ...]) -> str:
    if len(codes) > 2 and codes == tuple(range(codes[0], codes[0] + len(codes))):
        return f"(({column} >= {codes[0]}) & ({column} <= {codes[-1]}))"
    return "(" + " | ".join(f"({column} == {code})" for code in codes) + ")"


NUMPY = Dialect(
    both="&", either="|", deny="~", step=lambda name: name, among=_among_numpy,
    since=lambda c, n: f"({c} >= {n})", open_at=lambda c, n: f"({c} > day + {n})" if n else f"({c} > day)",
    aged=lambda c, n: f"(day - {c} >= {n})",
)  # fmt: skip


class Numpy(Peer):
    name = "numpy booleans"
    note = "one thread, whole columns, each intermediate result once"

    def __init__(self, edition: Edition) -> None:
        super().__init__(edition)
        self.steps = formula(edition, NUMPY).steps
        self.function: Any = None

    def prepare(self, codes: Codes) -> Callable[[], Result]:
        columns = columns_of(codes)
        if self.function is None:
            self.function = self._compiled(list(columns))
        return lambda: self.function(**columns)

    def _compiled(self, names: list[str]) -> Any:
        lines = [f"def judge({', '.join(names)}):"]
        lines += [f"    {name} = {text}" for name, text in self.steps]
        points, risk = [], []
        for d in self.edition.domains:
            lines.append(f"    p_{d} = b1_{d}.view(u1) + b2_{d}.view(u1) * two")
            lines.append(f"    k_{d} = where(r3_{d}, three, where(r2_{d}, two, b1_{d}.view(u1)))")
            points.append(f"p_{d}")
            risk.append(f"k_{d}")
        lines.append(f"    index = {' + '.join(points)}")
        lines.append(f"    highest = {risk[0]}")
        lines += [f"    highest = maximum(highest, {name})" for name in risk[1:]]
        failed = ", ".join(f"f_{d}" for d in self.edition.domains)
        rules = ", ".join(rule.code for rule in self.edition.rules)
        lines.append(
            f"    return Result([{', '.join(points)}], [{', '.join(risk)}], [{failed}], [{rules}], index, highest)"
        )
        scope: dict[str, Any] = {
            "Result": Result, "u1": np.uint8, "two": np.uint8(2), "three": np.uint8(3), "where": np.where,
            "maximum": np.maximum,
        }  # fmt: skip
        exec(compile("\n".join(lines), "numpy peer", "exec"), scope)
        return scope["judge"]

    def result(self, done: Result) -> Result:
        return done


class NumpyTuned(Numpy):
    name = "numpy booleans, in pieces on all cores"
    note = "the same formula driven as our tables are: pieces that stay in the cache, one thread for each core"

    def prepare(self, codes: Codes) -> Callable[[], Result]:
        super().prepare(codes)
        size, domains = len(codes), len(self.edition.domains)
        columns = columns_of(codes)

        def run() -> Result:
            points, risk, failed = (np.empty((domains, size), np.uint8) for _ in range(3))
            rules = np.empty((len(self.edition.rules), size), np.bool_)
            index, highest = np.empty(size, np.uint8), np.empty(size, np.uint8)

            def piece(rows: slice, _: None) -> None:
                done = self.function(**{name: column[rows] for name, column in columns.items()})
                for into, found in (
                    (points, done.points),
                    (risk, done.risk),
                    (failed, done.failed),
                    (rules, done.rules),
                ):
                    for place, column in enumerate(found):
                        into[place, rows] = column
                index[rows], highest[rows] = done.index, done.highest

            in_pieces(size, lambda: None, piece, threads=os.cpu_count() or 1)
            return Result(points, risk, failed != 0, rules, index, highest)

        return run


POLARS = Dialect(
    both="&", either="|", deny="~", step=lambda name: f'c("{name}")',
    among=lambda c, codes: f'c("{c}").is_in({list(codes)})' if len(codes) > 1 else f'(c("{c}") == {codes[0]})',
    since=lambda c, n: f'(c("{c}") >= {n})', open_at=lambda c, n: f'(c("{c}") > c("day") + {n})',
    aged=lambda c, n: f'(c("day") - c("{c}") >= {n})',
)  # fmt: skip


def _levels(steps: tuple[tuple[str, str], ...]) -> list[list[tuple[str, str]]]:
    """Steps that can be taken side by side, one list after the other."""
    level: dict[str, int] = {}
    found: list[list[tuple[str, str]]] = []
    for name, text in steps:
        read = [level[word] for word in re.findall(r"\w+", text) if word in level]
        level[name] = max(read, default=-1) + 1
        while len(found) <= level[name]:
            found.append([])
        found[level[name]].append((name, text))
    return found


class Polars(Peer):
    name = "polars expressions"
    note = "lazy frame, all cores"

    def prepare(self, codes: Codes) -> Callable[[], Any]:
        import polars as pl

        frame = pl.DataFrame(columns_of(codes)).lazy()
        scope = {"c": pl.col}
        for level in _levels(formula(self.edition, POLARS).steps):
            frame = frame.with_columns(**{name: eval(text, scope) for name, text in level})
        found = []
        for d in self.edition.domains:
            found.append((pl.col(f"b1_{d}").cast(pl.UInt8) + pl.col(f"b2_{d}").cast(pl.UInt8) * 2).alias(f"p_{d}"))
            lower = pl.when(pl.col(f"r2_{d}")).then(2).otherwise(pl.col(f"b1_{d}").cast(pl.UInt8))
            found.append(pl.when(pl.col(f"r3_{d}")).then(3).otherwise(lower).cast(pl.UInt8).alias(f"k_{d}"))
        frame = frame.with_columns(found).with_columns(
            index=pl.sum_horizontal(f"p_{d}" for d in self.edition.domains),
            highest=pl.max_horizontal(f"k_{d}" for d in self.edition.domains),
        )
        names = [f"{x}_{d}" for x in ("p", "k", "f") for d in self.edition.domains]
        query = frame.select(*names, *(rule.code for rule in self.edition.rules), "index", "highest")
        return query.collect

    def result(self, done: Any) -> Result:
        def of(names: list[str]) -> list[Any]:
            return [done[name].to_numpy() for name in names]

        p, k, f = (of([f"{x}_{d}" for d in self.edition.domains]) for x in ("p", "k", "f"))
        return Result(p, k, f, of([r.code for r in self.edition.rules]), *of(["index", "highest"]))


SQL = Dialect(
    both="AND", either="OR", deny="NOT ", step=lambda name: name,
    among=lambda c, codes: f"{c} IN ({', '.join(map(str, codes))})", since=lambda c, n: f"day >= {n}",
    open_at=lambda c, n: f"{c} > day + {n}", aged=lambda c, n: f"day - {c} >= {n}",
)  # fmt: skip


class DuckDb(Peer):
    name = "DuckDB CASE"
    note = "table in memory, result stored as a table, all cores"

    def prepare(self, codes: Codes) -> Callable[[], Any]:
        import duckdb
        import pyarrow as pa

        connection = duckdb.connect()
        given = pa.table(columns_of(codes))
        connection.register("given", given)
        connection.execute("CREATE TABLE register AS SELECT * FROM given")
        source = "register"
        for level in _levels(formula(self.edition, SQL).steps):
            source = f"(SELECT *, {', '.join(f'{text} AS {name}' for name, text in level)} FROM {source})"
        found = []
        for d in self.edition.domains:
            found.append(f"(CASE WHEN b2_{d} THEN 2 WHEN b1_{d} THEN 1 ELSE 0 END)::UTINYINT AS p_{d}")
            risk = f"CASE WHEN r3_{d} THEN 3 WHEN r2_{d} THEN 2 WHEN b1_{d} THEN 1 ELSE 0 END"
            found.append(f"({risk})::UTINYINT AS k_{d}")
        found += [f"f_{d}" for d in self.edition.domains] + [rule.code for rule in self.edition.rules]
        index = " + ".join(f"p_{d}" for d in self.edition.domains)
        highest = "greatest(" + ", ".join(f"k_{d}" for d in self.edition.domains) + ")"
        judged = f"(SELECT {', '.join(found)} FROM {source})"
        sql = f"SELECT *, ({index})::UTINYINT AS index_, {highest} AS highest FROM {judged}"

        def run() -> Any:
            connection.execute(f"CREATE OR REPLACE TEMP TABLE answers AS {sql}")
            return connection

        return run

    def result(self, done: Any) -> Result:
        columns = done.execute("SELECT * FROM answers").fetchnumpy()
        p, k, f = ([columns[f"{x}_{d}"] for d in self.edition.domains] for x in ("p", "k", "f"))
        rules = [columns[rule.code] for rule in self.edition.rules]
        return Result(p, k, f, rules, columns["index_"], columns["highest"])


FISCA = Dialect(
    both="*", either="+", deny="~", step=lambda name: f'persons("{name}", period)',
    among=lambda c, codes: _among_numpy(f'persons("{c}", period)', codes),
    since=lambda c, n: f'(persons("{c}", period) >= {n})',
    open_at=lambda c, n: f'(persons("{c}", period) > persons("day", period) + {n})',
    aged=lambda c, n: f'(persons("day", period) - persons("{c}", period) >= {n})',
)  # fmt: skip


class OpenFisca(Peer):
    name = "OpenFisca-core"
    note = "one thread; each step a variable with a formula; a new simulation for each run, its inputs set in the time"
    PERIOD = "2026-01"

    def prepare(self, codes: Codes) -> Callable[[], Any]:
        from openfisca_core import entities, periods, taxbenefitsystems, variables
        from openfisca_core.simulations import SimulationBuilder

        person = entities.Entity("person", "persons", "", "")
        system = taxbenefitsystems.TaxBenefitSystem([person])
        columns = columns_of(codes)

        def add(name: str, kind: type, text: str | None = None) -> None:
            body: dict[str, Any] = {"value_type": kind, "entity": person, "definition_period": periods.DateUnit.MONTH}
            if text is not None:
                scope: dict[str, Any] = {"where": np.where, "maximum": np.maximum}
                exec(f"def formula(persons, period):\n    return {text}", scope)
                body["formula"] = scope["formula"]
            system.add_variable(type(name, (variables.Variable,), body))

        for name in columns:
            add(name, int)
        for name, text in formula(self.edition, FISCA).steps:
            add(name, bool, text)
        get = FISCA.step
        for d in self.edition.domains:
            add(f"p_{d}", int, f"{get(f'b1_{d}')} * 1 + {get(f'b2_{d}')} * 2")
            lower = f"where({get(f'r2_{d}')}, 2, {get(f'b1_{d}')} * 1)"
            add(f"k_{d}", int, f"where({get(f'r3_{d}')}, 3, {lower})")
        add("index", int, " + ".join(get(f"p_{d}") for d in self.edition.domains))
        highest = get(f"k_{self.edition.domains[0]}")
        for d in self.edition.domains[1:]:
            highest = f"maximum({highest}, {get(f'k_{d}')})"
        add("highest", int, highest)
        wanted = [f"{x}_{d}" for x in ("p", "k", "f") for d in self.edition.domains]
        wanted += [rule.code for rule in self.edition.rules] + ["index", "highest"]
        inputs = {name: column.astype(np.int32) for name, column in columns.items()}

        def run() -> dict[str, Any]:
            simulation = SimulationBuilder().build_default_simulation(system, count=len(codes))
            for name, column in inputs.items():
                simulation.set_input(name, self.PERIOD, column)
            return {name: simulation.calculate(name, self.PERIOD) for name in wanted}

        return run

    def result(self, done: dict[str, Any]) -> Result:
        p, k, f = ([done[f"{x}_{d}"] for d in self.edition.domains] for x in ("p", "k", "f"))
        return Result(p, k, f, [done[rule.code] for rule in self.edition.rules], done["index"], done["highest"])


PLAIN = Dialect(
    both="and", either="or", deny="not ", step=lambda name: name,
    among=lambda c, codes: f"{c} in {codes}" if len(codes) > 1 else f"{c} == {codes[0]}",
    since=lambda c, n: f"day >= {n}", open_at=lambda c, n: f"{c} > day + {n}", aged=lambda c, n: f"day - {c} >= {n}",
)  # fmt: skip


class Plain(Peer):
    name = "plain Python"
    note = "one function over each row, compiled by CPython"
    most = 50_000

    def prepare(self, codes: Codes) -> Callable[[], Any]:
        columns = columns_of(codes)
        rows = list(zip(*(column.tolist() for column in columns.values()), strict=True))
        lines = [f"def judge({', '.join(columns)}):"]
        lines += [f"    {name} = {text}" for name, text in formula(self.edition, PLAIN).steps]
        points = [f"2 if b2_{d} else 1 if b1_{d} else 0" for d in self.edition.domains]
        risk = [f"3 if r3_{d} else 2 if r2_{d} else 1 if b1_{d} else 0" for d in self.edition.domains]
        lines.append(f"    p = ({', '.join(points)})")
        lines.append(f"    k = ({', '.join(risk)})")
        failed = ", ".join(f"f_{d}" for d in self.edition.domains)
        rules = ", ".join(rule.code for rule in self.edition.rules)
        lines.append(f"    return p, k, ({failed}), ({rules}), sum(p), max(k)")
        scope: dict[str, Any] = {}
        exec(compile("\n".join(lines), "plain peer", "exec"), scope)
        judge = scope["judge"]
        return lambda: [judge(*row) for row in rows]

    def result(self, done: Any) -> Result:
        p, k, f, rules, index, highest = (np.array(column) for column in zip(*done, strict=True))
        return Result(p.T, k.T, f.T, rules.T, index, highest)


ZEN = Dialect(
    both="and", either="or", deny="not ", step=lambda name: f"$.{name}",
    among=lambda c, codes: f"({c} in [{', '.join(map(str, codes))}])" if len(codes) > 1 else f"({c} == {codes[0]})",
    since=lambda c, n: f"(day >= {n})", open_at=lambda c, n: f"({c} > day + {n})",
    aged=lambda c, n: f"(day - {c} >= {n})",
)  # fmt: skip


class Zen(Peer):
    name = "zen-engine"
    note = "one expression node; one call for each case, as its interface has it"
    most = 2_000

    def prepare(self, codes: Codes) -> Callable[[], Any]:
        import zen

        steps = list(formula(self.edition, ZEN).steps)
        for d in self.edition.domains:
            steps.append((f"p_{d}", f"$.b2_{d} ? 2 : ($.b1_{d} ? 1 : 0)"))
            steps.append((f"k_{d}", f"$.r3_{d} ? 3 : ($.r2_{d} ? 2 : ($.b1_{d} ? 1 : 0))"))
        steps.append(("index", " + ".join(f"$.p_{d}" for d in self.edition.domains)))
        steps.append(("highest", "max([" + ", ".join(f"$.k_{d}" for d in self.edition.domains) + "])"))
        expressions = [{"id": name, "key": name, "value": text} for name, text in steps]
        nodes = [
            {"id": "in", "type": "inputNode", "name": "in", "position": {"x": 0, "y": 0}},
            {"id": "judge", "type": "expressionNode", "name": "judge", "position": {"x": 1, "y": 0},
             "content": {"expressions": expressions, "passThrough": False}},
            {"id": "out", "type": "outputNode", "name": "out", "position": {"x": 2, "y": 0}},
        ]  # fmt: skip
        edges = [
            {"id": f"{a}-{b}", "sourceId": a, "targetId": b, "type": "edge"}
            for a, b in (("in", "judge"), ("judge", "out"))
        ]
        decision = zen.ZenEngine().create_decision(json.dumps({"nodes": nodes, "edges": edges}))
        columns = {name: column.tolist() for name, column in columns_of(codes).items()}
        rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        return lambda: [decision.evaluate(row)["result"] for row in rows]

    def result(self, done: Any) -> Result:
        def of(name: str) -> Any:
            return np.array([row[name] for row in done])

        p, k, f = (np.array([of(f"{x}_{d}") for d in self.edition.domains]).astype(int) for x in ("p", "k", "f"))
        rules = np.array([of(rule.code) for rule in self.edition.rules])
        return Result(p, k, f != 0, rules, of("index").astype(int), of("highest").astype(int))
