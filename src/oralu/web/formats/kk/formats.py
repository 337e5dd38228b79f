"""Kazakh dates: «2026 ж. 21 қараша», 24 hours. A date breaks nowhere but after its year."""

DATE_FORMAT = "Y\u00a0ж. j\u00a0E"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = "Y\u00a0ж. j\u00a0E, H:i"
YEAR_MONTH_FORMAT = "Y\u00a0ж. F"
MONTH_DAY_FORMAT = "j E"
SHORT_DATE_FORMAT = "d.m.Y"
SHORT_DATETIME_FORMAT = "d.m.Y H:i"
FIRST_DAY_OF_WEEK = 1
DATE_INPUT_FORMATS = ["%d.%m.%Y", "%Y-%m-%d"]
DATETIME_INPUT_FORMATS = ["%d.%m.%Y %H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"]
DECIMAL_SEPARATOR = ","
THOUSAND_SEPARATOR = "\u202f"
NUMBER_GROUPING = 3
