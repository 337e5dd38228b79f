from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "oralu.apps.access"
    label = "access"
