"""The import of a register of SIZE generated people, by the command that units use, into a durable PostgreSQL: people a
second, and the memory of the command, which may not grow with the file beyond the IINs and names that it has seen.

Run by `make bench-import`; SIZE in the environment changes what is measured. A second run of the same file writes
nothing: it is measured too."""

from __future__ import annotations

import csv
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import date, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from ground import ROOT, processor_of

if TYPE_CHECKING:
    from oralu.server.postgres import Server

SIZE = int(os.environ.get("SIZE", "20000"))
OUT = ROOT / "build" / "bench-import.json"
BIRTHDAYS = 15_000
COLUMNS: dict[str, tuple[str, ...]] = {
    "Адрес": ("г. Караганда, ул. Образцовая, д. 5", "г. Караганда, пр. Примерный, д. 12, кв. 3"),
    "Вид пробации": ("приговорная", "постпенитенциарная"),
    "Дети до 18": ("", "1", "нет"),
    "Удостоверение личности": ("есть (копия в деле)", "нет", "оформляет"),
    "Прописка": ("постоянная (копия)", "нет", "временная"),
    "Жильё": ("своё (справка)", "снимает", "ЦСА", "нет", ""),
    "Угроза насилия": ("нет", "да", ""),
    "Работа": ("работает", "нет", "состоит в ЦЗН"),
    "Доход": ("официальный", "нет"),
    "Прикрепление к поликлинике": ("да", "нет"),
    "Скрининг": ("да (справка)", "нет", ""),
    "Нуждается в психологической помощи": ("да", "нет", ""),
    "Психолог": ("получает", "нет", ""),
    "ИПР": ("есть", "нет", "проект", ""),
}
SURNAMES, NAMES = ("Серик", "Волк", "Оспан", "Ахмет", "Гус"), ("Анна", "Болат", "Вера", "Дана", "Марат")


def write_register(path: Path, size: int, today: date) -> None:
    """A register as a unit keeps it: up to 11 facts a person, told in words."""
    from oralu.core.identifiers import iin_generate

    dice = random.Random(size)
    with path.open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream, delimiter=";")
        table.writerow(["ФИО", "ИИН", "Дата рождения", "Пол", "Дата постановки на учёт", *COLUMNS])
        for n in range(size):
            born = date(1960, 1, 1) + timedelta(days=n * 7 % BIRTHDAYS)
            sex = "female" if n % 5 == 0 else "male"
            surname = f"{dice.choice(SURNAMES)}{'аеиоу'[n % 5]}{'вбдкл'[n // 5 % 5]}{'а' if sex == 'female' else ''}"
            enrolled = today - timedelta(days=1 + dice.randrange(300))
            person = [f"{surname} {dice.choice(NAMES)}", iin_generate(born, sex, 9000 + n // BIRTHDAYS * 7)]
            days = [born.strftime("%d.%m.%Y"), "ж" if sex == "female" else "м", enrolled.strftime("%d.%m.%Y")]
            table.writerow([*person, *days, *(dice.choice(words) for words in COLUMNS.values())])


def run(command: list[str], environment: dict[str, str], folder: Path, server: Server) -> dict[str, Any]:
    """One run of the command to its end: seconds, its own seconds of processor and those of the database, its largest
    memory and that of each process of the database, its last words."""
    began, before = time.perf_counter(), _used(server)
    with (folder / "out.txt").open("w+", encoding="utf-8") as out:
        process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=out, stderr=subprocess.DEVNULL)
        memory = Memory(process.pid, server)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        memory.stop()
        time.sleep(0.5)  # until the server has counted the process that served the command
        out.seek(0)
        words = out.read().strip().splitlines()
    if os.waitstatus_to_exitcode(status):
        raise SystemExit(f"the import failed:\n{os.linesep.join(words[-20:])}")
    return {
        "seconds": round(seconds, 1),
        "own": round(used.ru_utime + used.ru_stime, 1),
        "database": round(_used(server) - before, 1),
        "memory_mb": used.ru_maxrss // 1024,
        "database_memory_mb": memory.database,
        "memory_by_quarter_mb": memory.by_quarter(),
        "load": round(os.getloadavg()[0], 1),
        "said": words[-1],
    }


class Memory:
    """Watches how much memory the command and the processes of the database hold for themselves, in MB: without what
    is shared and without files that are mapped."""

    def __init__(self, pid: int, server: Server) -> None:
        assert server.process is not None
        self._pid, self._master = pid, server.process.pid
        self._told: list[int] = []
        self.database: dict[str, int] = {}
        self._over = Event()
        self._thread = Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def by_quarter(self) -> list[int]:
        """What the command held after each quarter of its time."""
        told = self._told or [0]
        return [told[min(len(told) - 1, len(told) * n // 4)] for n in (1, 2, 3, 4)]

    def _watch(self) -> None:
        while not self._over.wait(0.5):
            if held := _held(self._pid):
                self._told.append(held)
            children = Path(f"/proc/{self._master}/task/{self._master}/children").read_text(encoding="ascii")
            for child in children.split():
                name = _name(int(child))
                self.database[name] = max(self.database.get(name, 0), _held(int(child)))


def _held(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in status.splitlines() if line.startswith("RssAnon:")) // 1024


def _name(pid: int) -> str:
    """What a process of the database calls itself, those that serve a connection as one."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8", errors="replace").strip("\0 ")
    except OSError:
        return "gone"
    return "connection" if "[local]" in words else " ".join(words.split()[1:3])


def _used(server: Server) -> float:
    assert server.process is not None
    return processor_of(server.process.pid)


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="oralu-import-"))
    folder.chmod(0o711)
    os.environ |= {"DJANGO_SETTINGS_MODULE": "oralu.config.testing", "ORALU_DATA": str(folder)}
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from oralu.apps.cases.models import Case
    from oralu.apps.referrals.models import Need
    from oralu.calendarfiles import load_calendar
    from oralu.server.postgres import Server
    from oralu.server.testdatabase import speak_to
    from world import build

    try:
        with Server(folder) as server:
            speak_to(server.owner_url)
            call_command("migrate", verbosity=0, interactive=False)
            speak_to(server.worker_url)
            now = datetime.now(load_calendar().zone)
            world = build(now)
            path = folder / "register.csv"
            write_register(path, SIZE, now.date())
            words = [sys.executable, "-m", "oralu", "cases", "import", str(path), "--unit", str(world.unit.pk)]
            environment = {key: value for key, value in os.environ.items() if key != "DJANGO_SETTINGS_MODULE"}
            environment |= {"DATABASE_URL": server.worker_url, "PYTHONPATH": str(ROOT / "src")}
            command = [*words, "--by", "bolat", "--lang", "en", "--summary-only"]
            first = run(command, environment, folder, server)
            cases, needs = Case.objects.count(), Need.objects.count()
            assert cases == SIZE, cases
            again = run(command, environment, folder, server)
            assert Case.objects.count() == SIZE
            connection.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for name, result in (("import", first), ("again", again)):
        result["people_per_second"] = round(SIZE / result["seconds"])
        print(
            f"{name}: {SIZE:,} people in {result['seconds']} s, {result['people_per_second']} people/s, "
            f"{result['own']} s of own work and {result['database']} s of the database's, at most {result['memory_mb']} MB "
            f"(by quarter {result['memory_by_quarter_mb']}, database {result['database_memory_mb']}), load {result['load']}"
            f" — {result['said']}"
        )
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps({"size": SIZE, "needs": needs, "import": first, "again": again}, indent=1))


if __name__ == "__main__":
    main()
