from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "oralu.apps.people"
    label = "people"
