from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "oralu.apps.cases"
    label = "cases"
