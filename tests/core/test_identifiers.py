"""IIN and BIN. Every number here is generated or made up for the arithmetic; none belongs to a person."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oralu.core.identifiers import Sex, bin_problems, control_digit, iin_generate, iin_problems

unhurried = settings(deadline=None)  # a busy machine is no failure
births = st.dates(date(1800, 1, 1), date(2099, 12, 31))
sexes: st.SearchStrategy[Sex] = st.sampled_from(["female", "male"])
orders = st.integers(9000, 9400)
BORN = date(1990, 5, 17)


def codes(iin: str, **known: object) -> list[tuple[str, tuple[int, ...]]]:
    return [(p.code, p.positions) for p in iin_problems(iin, **known)]  # type: ignore[arg-type]


def test_check_digit_by_hand() -> None:
    # 1·1+2·2+3·3+…+9·9+0·10+1·11 = 296 = 26·11 + 10: first row gives 10.
    # Second row: 1·3+2·4+3·5+4·6+5·7+6·8+7·9+8·10+9·11+0·1+1·2 = 377 = 34·11 + 3.
    assert control_digit("12345678901") == 3
    # 1·1 = 1, nothing else.
    assert control_digit("10000000000") == 1
    assert control_digit("00000000000") == 0


def test_a_number_that_fails_both_rows_is_not_issued() -> None:
    # Both rows give 10 for about one number in 121: search the order numbers of one day.
    none = [n for n in range(10_000) if control_digit(f"9005174{n:04d}") is None]
    assert 0 < len(none) < 200
    assert codes(f"9005174{none[0]:04d}5") == [("not_issuable", tuple(range(1, 12)))]


@unhurried
@given(born=births, sex=sexes, order=orders)
def test_a_generated_number_is_valid_and_agrees(born: date, sex: Sex, order: int) -> None:
    iin = iin_generate(born, sex, order)
    assert iin_problems(iin, birth_date=born, sex=sex) == ()
    assert bin_problems(iin) == ()
    assert int(iin[7:11]) >= order


@unhurried
@given(born=births, sex=sexes)
def test_orders_never_share_a_number(born: date, sex: Sex) -> None:
    some = [iin_generate(born, sex, order) for order in range(9000, 9300, 7)]
    assert len(set(some)) == len(some)
    assert some == sorted(some)


@unhurried
@given(born=births, sex=sexes, order=orders, place=st.sampled_from([*range(10), 11]), digit=st.integers(0, 9))
def test_one_wrong_digit_is_found_wherever_the_first_row_decides(
    born: date, sex: Sex, order: int, place: int, digit: int
) -> None:
    iin = iin_generate(born, sex, order)
    wrong = iin[:place] + str(digit) + iin[place + 1 :]
    sums = [sum(int(d) * i for i, d in enumerate(text[:11], start=1)) % 11 for text in (iin, wrong)]
    if 10 not in sums and wrong != iin:
        assert ("control_digit", (12,)) in codes(wrong)


def test_what_the_official_rule_cannot_see() -> None:
    """Limits of the rule and not of the check: a second row that steps in, and the eleventh digit, whose weight is 11.
    So the screen must ask for the birth date as well."""
    assert codes("000101690003") == codes("000101690013") == []
    assert codes("000101690003") == codes("700101690003") == []
    assert codes("700101690003", birth_date=date(2000, 1, 1)) == [("birth_date_differs", (1,))]


@unhurried
@given(born=births, other=births, sex=sexes, order=orders)
def test_disagreement_with_the_birth_date_names_the_positions(born: date, other: date, sex: Sex, order: int) -> None:
    iin = iin_generate(born, sex, order)
    positions = tuple(i + 1 for i, (a, b) in enumerate(zip(f"{born:%y%m%d}", f"{other:%y%m%d}", strict=True)) if a != b)
    if born.year // 100 != other.year // 100:
        positions += (7,)
    expected = [("birth_date_differs", positions)] if positions else []
    assert codes(iin, birth_date=other) == expected
    assert (positions == ()) == (born == other)


def test_the_other_sex_is_found() -> None:
    assert iin_generate(BORN, "male", 9000)[6] == "3"
    assert iin_generate(BORN, "female", 9000)[6] == "4"
    assert iin_generate(date(2008, 1, 2), "female", 9000)[6] == "6"
    assert codes(iin_generate(BORN, "female", 9000), sex="male") == [("sex_differs", (7,))]


@pytest.mark.parametrize(
    ("text", "positions"),
    [
        ("", tuple(range(1, 13))),
        ("90051749000", (12,)),
        ("9005174900012", (13,)),
        ("90O51749000-", (3, 12)),
        ("９0051749000", (1,)),
        (" 9005174900", (1,)),
    ],
)
def test_what_is_not_twelve_digits_is_located(text: str, positions: tuple[int, ...]) -> None:
    assert codes(text, birth_date=BORN, sex="female") == [("not_twelve_digits", positions)]
    assert [p.code for p in bin_problems(text)] == ["not_twelve_digits"]


def with_check(eleven: str) -> str:
    digit = control_digit(eleven)
    assert digit is not None
    return f"{eleven}{digit}"


def test_an_impossible_date_and_an_unknown_century_are_found() -> None:
    assert codes(with_check("90023149000")) == [("birth_date", (1, 2, 3, 4, 5, 6))]
    assert codes(with_check("00022939000")) == [("birth_date", (1, 2, 3, 4, 5, 6))]  # 1900 was no leap year
    assert codes(with_check("00022959000")) == []  # 2000 was
    assert codes(with_check("90051709000")) == [("century_and_sex", (7,))]
    assert codes(with_check("90133109000")) == [("century_and_sex", (7,)), ("birth_date", (1, 2, 3, 4, 5, 6))]


@pytest.mark.parametrize("order", [0, 8999, 9999, 10_000])
def test_an_order_that_does_not_exist_is_refused(order: int) -> None:
    with pytest.raises(ValueError, match=f"order {order}"):
        iin_generate(BORN, "female", order)


def test_a_birth_that_an_iin_cannot_say_is_refused() -> None:
    with pytest.raises(ValueError, match="1799"):
        iin_generate(date(1799, 12, 31), "male", 9000)
    with pytest.raises(ValueError, match="eleven digits"):
        control_digit("1234567890a")
