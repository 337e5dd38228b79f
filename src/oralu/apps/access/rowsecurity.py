"""Row security as data: for every sensitive table, which rows a request may read and which it may write.

Read it as a lawyer would: `READ` says whose eyes reach a row, `WRITE` what must be in hand to change it. A table that
is not named here is not sensitive (`OPEN` says why), and a test sees to it that every table stands in one of the two.

The policies are made from this module by the owner of the schema after each migration; the application's role owns
nothing. Costs are kept low: what does not depend on the row stands in a subquery of its own, which the server runs
once, a case is met through its key, and what the row itself tells stands before what must be asked elsewhere."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db import connection, transaction

from oralu.apps.access.composed import CARE_ADDRESSEES, CARE_FACTS, RELEASE_FACTS, UNTOLD_DOMAINS
from oralu.apps.access.walls import APP, WORKER


def _me(name: str, kind: str = "bigint") -> str:
    return f"(select nullif(current_setting('oralu.{name}', true), '')::{kind})"


def _held(name: str, kind: str = "bigint") -> str:
    """Among what is in hand. As a subquery it is hashed, so that thousands of keys cost no more than one; an array
    would be searched from its beginning for each row."""
    return f"in (select unnest({_hand(name, kind)}))"


def _held_once(name: str, kind: str = "bigint") -> str:
    """The same for a question about a single row, where a hash would be made for each."""
    return f"= any ({_hand(name, kind)})"


def _hand(name: str, kind: str) -> str:
    return f"string_to_array(nullif(current_setting('oralu.{name}', true), ''), ',')::{kind}[]"


def _role(*roles: str) -> str:
    names = ", ".join(f"'{role}'" for role in roles)
    return f"(select coalesce(current_setting('oralu.role', true), '') in ({names}))"


ME, AGENCY, REGION, KIND = _me("user"), _me("agency"), _me("region", "text"), _me("kind", "text")
STAFF = _role("case_manager", "unit_head")
WHOLE = _role("case_manager", "unit_head", "leadership")
ANSWERING = _role("provider", "leadership")
WATCH = _role("watch")
PSYCHOLOGIST, PRISON, AUDITOR = _role("psychologist"), _role("prison"), _role("auditor")
UNIT = _role("case_manager", "unit_head", "psychologist")
HEAD = _role("unit_head")

CASE_IN_HAND = f"id {_held('cases')} or person_id {_held('persons')} or region_id {_held('regions', 'text')}"
OF_CASE_IN_HAND = f"case_id {_held('cases')}"
SHUT_OUT = f"(select array_agg(shut.case_id) from cases_exclusion shut where shut.user_id = {ME})"
NOT_SHUT = f"case_id <> all (coalesce({SHUT_OUT}, array[]::bigint[]))"
"""For rows whose reader does not see the case: nobody has shut the reader out of it."""
EMERGENCY = (
    "(select array_agg(open.case_id) from cases_emergency open"
    f" where open.user_id = {ME} and open.until > now() and open.until <= open.opened_at + interval '3 hours')"
)
TODAY = "(select (now() at time zone 'Asia/Almaty')::date)"
PLACES = "select 1 from referrals_referral seen where seen.agency_id = agencies_refugeaddress.agency_id"
"""A referral to the refuge, of a case that the reader sees."""
PLACED = "('sent', 'acknowledged', 'accepted', 'served', 'disputed')"
UNSEEN = "('draft', 'waiting_consent', 'discarded', 'declined', 'withdrawn')"
"""States in which a referral is not, or no longer, before its agency."""


FUNCTIONS: dict[str, str] = {}
"""What a policy asks of another table, by the name of a function: its one question, with the row's key as `$1`. As
functions these questions are planned once for a connection; written into the policies they would be planned anew for
every statement, each with the policies of the table that it asks, and so on down: a tenth of a second for a page. They
run with the rights of who asks, so that the policies of the other table hold in them too."""


def _ask(name: str, column: str, question: str) -> str:
    FUNCTIONS[f"oralu_{name}"] = question
    return f"oralu_{name}({column})"


def _case(column: str = "case_id") -> str:
    """The case of the row is one that the reader sees: the policy of the cases decides."""
    return _through("cases_case", column)


def _through(table: str, column: str) -> str:
    return _ask(f"sees_{table}", column, f"exists (select 1 from public.{table} where id = $1)")


def _held_through(table: str, column: str) -> str:
    held = f"exists (select 1 from public.{table} where id = $1 and case_id {_held_once('cases')})"
    return _ask(f"holds_{table}", column, held)


def _person(column: str) -> str:
    """The reader sees a case of the person."""
    return _ask("sees_case_of_person", column, "exists (select 1 from public.cases_case where person_id = $1)")


def _person_in_hand(column: str) -> str:
    held = f"exists (select 1 from public.cases_case where person_id = $1 and id {_held_once('cases')})"
    return f"{column} {_held('persons')} or {_ask('holds_case_of_person', column, held)}"


@dataclass(frozen=True)
class Rows:
    """Conditions in SQL on the row: who reads it, who writes it. Whoever may write may read."""

    read: str
    write: str

    @property
    def seen(self) -> str:
        return f"({self.write}) or ({self.read})"


def _names(names: Iterable[str]) -> str:
    return "(" + ", ".join(f"'{name}'" for name in names) + ")"


OF_STAFF = Rows(read=f"{STAFF} and {_case()}", write=OF_CASE_IN_HAND)
"""What belongs to a case and is for its unit alone."""
REFERRED_HERE = _ask(
    "referred_here",
    "id",
    f"exists (select 1 from public.referrals_referral where need_id = $1 and agency_id = {AGENCY})",
)

TABLES: Mapping[str, Rows] = {
    "cases_case": Rows(
        read=f"not excluded @> array[{ME}] and ((not is_restricted or listed @> array[{ME}]) and ("
        f"({UNIT} and unit_id = {AGENCY}) or ({_role('leadership')} and region_id = {REGION})"
        f" or ({PRISON} and prison_id = {AGENCY} and state <> 'closed'"
        f" and (released_on is null or released_on > {TODAY})))"
        f" or ({UNIT} and id = any ({EMERGENCY}::bigint[])))",
        write=CASE_IN_HAND,
    ),
    "cases_statement": Rows(
        read=f"({STAFF} or ({PSYCHOLOGIST} and name in {_names(CARE_FACTS)})"
        f" or ({PRISON} and name in {_names(RELEASE_FACTS)})) and {_case()}",
        write=OF_CASE_IN_HAND,
    ),
    "cases_offence": Rows(
        read=f"{STAFF} and exists (select 1 from cases_case seen where seen.id = case_id and seen.unit_id = {AGENCY})",
        write=OF_CASE_IN_HAND,
    ),
    "cases_healthnote": Rows(
        read=f"({PSYCHOLOGIST} and {_case()}) or ({_role('provider')} and agency_id = {AGENCY} and {NOT_SHUT})",
        write=OF_CASE_IN_HAND,
    ),
    "cases_exclusion": Rows(read=f"user_id = {ME} or ({HEAD} and {_case()})", write=OF_CASE_IN_HAND),
    "cases_emergency": Rows(
        read=f"user_id = {ME} or ({HEAD} and unit_id = {AGENCY}) or {AUDITOR}",
        write=OF_CASE_IN_HAND,
    ),
    "cases_evidence": OF_STAFF,
    "cases_evaluationrecord": OF_STAFF,
    "cases_milestone": OF_STAFF,
    "cases_plan": Rows(read=f"({STAFF} or {PRISON}) and {_case()}", write=OF_CASE_IN_HAND),
    "cases_note": OF_STAFF,
    "cases_step": Rows(
        read=f"(not {PRISON} or domain not in {_names(UNTOLD_DOMAINS)}) and {_through('cases_plan', 'plan_id')}",
        write=_held_through("cases_plan", "plan_id"),
    ),
    "cases_transferrequest": Rows(read=f"{STAFF} and (unit_id = {AGENCY} or {_case()})", write=OF_CASE_IN_HAND),
    "people_person": Rows(
        read=f"(({UNIT} or {PRISON}) and ({_person('id')}"
        f" or (merged_into_id is not null and {_person('merged_into_id')})))"
        f" or birth_date {_held('births', 'date')} or iin {_held('iins', 'text')}",
        write=_person_in_hand("id"),
    ),
    "people_child": Rows(
        read=f"{STAFF} and {_through('people_person', 'person_id')}",
        write=_person_in_hand("person_id"),
    ),
    "people_consent": Rows(
        read=f"{STAFF} and {_through('people_person', 'person_id')}",
        write=_person_in_hand("person_id"),
    ),
    "people_merge": Rows(read=f"{STAFF} and {_through('people_person', 'kept_id')}", write=_person_in_hand("kept_id")),
    "referrals_referral": Rows(
        read=f"agency_id {_held('agencies')}"
        f" or ({ANSWERING} and agency_id = {AGENCY} and state not in {UNSEEN} and {NOT_SHUT})"
        f" or ({WHOLE} and {_case()})",
        write=OF_CASE_IN_HAND,
    ),
    "referrals_need": Rows(
        read=f"(({WHOLE} or ({PSYCHOLOGIST} and addressee in {_names(CARE_ADDRESSEES)})) and {_case()})"
        f" or ({ANSWERING} and {REFERRED_HERE})",
        write=OF_CASE_IN_HAND,
    ),
    "referrals_clock": Rows(
        read=f"({WHOLE} and {_case()})"
        f" or (({ANSWERING} or {PSYCHOLOGIST}) and {_through('referrals_need', 'need_id')}) or {WATCH}",
        write=OF_CASE_IN_HAND,
    ),
    "referrals_clockinterval": Rows(
        read=_through("referrals_clock", "clock_id"), write=_held_through("referrals_clock", "clock_id")
    ),
    "referrals_earliermeeting": Rows(
        read=f"{STAFF} and {_through('referrals_need', 'need_id')}", write=_held_through("referrals_need", "need_id")
    ),
    "referrals_escalation": Rows(
        read=f"({ANSWERING} and agency_id = {AGENCY} and {NOT_SHUT}) or ({WHOLE} and {_case()})",
        write=OF_CASE_IN_HAND,
    ),
    "referrals_correctivemeasure": Rows(
        read=_through("referrals_escalation", "escalation_id"),
        write=_held_through("referrals_escalation", "escalation_id"),
    ),
    "routing_erasure": Rows(
        read=f"({_role('unit_head')} and unit_id = {AGENCY}) or {_role('administrator')}",
        write=f"({_role('unit_head')} and unit_id = {AGENCY}) or {_role('administrator')}",
    ),
    "routing_erasureitem": Rows(read=_through("routing_erasure", "erasure_id"), write="false"),
    "routing_legalhold": OF_STAFF,
    "routing_boardfigure": Rows(
        read=f"({_role('leadership')} and scope = 'region' and key = {REGION})"
        f" or ({_role('unit_head')} and scope = 'unit' and key = {AGENCY}::text)"
        f" or ({_role('analyst')} and scope = 'country')",
        write="false",
    ),
    "messaging_message": Rows(
        read=f"user_id = {ME} and (case_id is null or ({NOT_SHUT} and (not {UNIT} or {_case()})))",
        write=f"(user_id = {ME} and (case_id is null or ({NOT_SHUT} and (not {UNIT} or {_case()}))))"
        f" or user_id {_held('users')}",
    ),
    "messaging_delivery": Rows(
        read=f"{_through('messaging_message', 'message_id')} or {WATCH}",
        write=_through("messaging_message", "message_id"),
    ),
    "agencies_refugeaddress": Rows(
        read=f"({_role('provider')} and agency_id = {AGENCY})"
        f" or ({STAFF} and exists ({PLACES} and seen.state in {PLACED}))",
        write=_role("administrator"),
    ),
}

OPEN: Mapping[str, str] = {
    "agencies_agency": "a directory of public bodies; the address of a refuge stands apart",
    "agencies_region": "a list of regions",
    "cases_filetoremove": "random names of files that nobody keeps",
    "agencies_place": "beds by number, without their people",
    "agencies_occupancy": "which place is taken, by the number of a referral that itself is walled",
    "routing_adoption": "which edition is in force where",
    "routing_heartbeat": "when the worker was last alive",
    "journal_entry": "codes and numbers; insert only, and read through a page of its own",
    "journal_access": "numbers of cases and of staff; insert only, and read through a page of its own",
    "journal_pending": "ids of rows of the journal that no seal covers yet",
    "journal_seal": "ids and hashes",
    "access_user": "the staff",
    "access_session": "read before anybody is signed in",
    "access_attempt": "read before anybody is signed in",
    "access_invitation": "read before anybody is signed in",
    "access_identityprovider": "read before anybody is signed in",
    "access_externalidentity": "read before anybody is signed in",
    "access_apiclient": "read before a system is known",
    "access_apitoken": "hashes; read before a system is known",
    "access_apiact": "keys of acts, with the ids and codes of their answers",
}
"""Tables of the project without row security, and why."""

COMMANDS = ("select", "insert", "update", "delete")


def policies(table: str) -> dict[str, str]:
    """The statements that make the policies of a table, by the policy's name."""
    rows = TABLES[table]
    clauses = {
        "select": f"using ({rows.seen})",
        "insert": f"with check ({rows.write})",
        "update": f"using ({rows.write}) with check ({rows.write})",
        "delete": f"using ({rows.write})",
    }
    made = {
        f"{table}_{command}": f"create policy {table}_{command} on {table} for {command} to {APP} {clauses[command]}"
        for command in COMMANDS
    }
    made[f"{table}_worker"] = f"create policy {table}_worker on {table} to {WORKER} using (true) with check (true)"
    return made


def digest() -> str:
    """The policies of this module in one word."""
    return hashlib.sha256(repr([FUNCTIONS, *(policies(table) for table in TABLES)]).encode()).hexdigest()[:16]


def standing() -> list[str]:
    """What is wrong with the walls of the connected database, in words; empty when they stand as this module has
    them."""
    wanted = {(table, name) for table in TABLES for name in policies(table)}
    with connection.cursor() as cursor:
        cursor.execute("select tablename, policyname from pg_policies where schemaname = 'public'")
        found = set(cursor.fetchall())
        cursor.execute(
            "select relname from pg_class where relname = any(%s) and relnamespace = 'public'::regnamespace"
            " and relrowsecurity and relforcerowsecurity",
            [list(TABLES)],
        )
        forced = {name for (name,) in cursor.fetchall()}
        cursor.execute("select coalesce(obj_description('cases_case'::regclass), '')")
        made = cursor.fetchone()[0]
    faults = [f"policy {name} of {table} is missing" for table, name in sorted(wanted - found)]
    faults += [f"policy {name} of {table} is not ours" for table, name in sorted(found - wanted)]
    faults += [f"row security of {table} is off" for table in TABLES if table not in forced]
    if made != _mark():
        faults.append("the policies are not those that this version made")
    return faults


def apply() -> None:
    """Put the policies of this module in the place of whatever stands in the connected database, in one transaction,
    unless they stand already. Only the owner can; to anybody else this is not addressed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_has_role(current_user, datdba, 'usage'), to_regclass('cases_case')"
            " from pg_database where datname = current_database()"
        )
        if None in (row := cursor.fetchone()) or not row[0] or not standing():
            return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select policyname, tablename from pg_policies where schemaname = 'public'")
        for name, table in cursor.fetchall():
            cursor.execute(f'drop policy "{name}" on "{table}"')
        for name, question in FUNCTIONS.items():
            cursor.execute(
                f"create or replace function public.{name}(bigint) returns boolean"
                f" language plpgsql stable parallel safe cost 1000 as $body$ begin return {question}; end $body$"
            )
        for table in TABLES:
            for statement in policies(table).values():
                cursor.execute(statement)
            cursor.execute(f"alter table {table} enable row level security")
            cursor.execute(f"alter table {table} force row level security")
        cursor.execute("comment on table cases_case is %s", [_mark()])


FINGERPRINT = """
select md5(string_agg(concat_ws(' ', what, name, command, roles, used, checked), E'\\n' order by what, name)) from (
    select tablename::text, policyname::text, cmd::text, roles::text, qual, with_check
    from pg_policies where schemaname = 'public'
    union all
    select relname::text, '', '', '', relrowsecurity::text, relforcerowsecurity::text
    from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'
    union all
    select proname::text, '', '', prosecdef::text, prosrc, proowner::regrole::text
    from pg_proc where pronamespace = 'public'::regnamespace
) found (what, name, command, roles, used, checked)"""
"""Everything that PostgreSQL knows of the walls, in one word: whatever is changed behind our back changes it."""


def _mark() -> str:
    """What these walls look like in the connected database, and from which version of this module they are."""
    with connection.cursor() as cursor:
        cursor.execute(FINGERPRINT)
        return f"walls {digest()} {cursor.fetchone()[0]}"
