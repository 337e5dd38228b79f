from django.apps import AppConfig


class RoutingConfig(AppConfig):
    name = "oralu.apps.routing"
    label = "routing"
