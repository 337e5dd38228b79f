from django.apps import AppConfig


class AgenciesConfig(AppConfig):
    name = "oralu.apps.agencies"
    label = "agencies"
