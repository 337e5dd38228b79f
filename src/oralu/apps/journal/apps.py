from django.apps import AppConfig


class JournalConfig(AppConfig):
    name = "oralu.apps.journal"
    label = "journal"
