from django.apps import AppConfig


class ReferralsConfig(AppConfig):
    name = "oralu.apps.referrals"
    label = "referrals"
