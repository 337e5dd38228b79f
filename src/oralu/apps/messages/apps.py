from django.apps import AppConfig


class MessagesConfig(AppConfig):
    name = "oralu.apps.messages"
    label = "messaging"
