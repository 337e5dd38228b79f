"""Django's settings. Every value that an operator may change is read in `environment`; the rest is decided here."""

from __future__ import annotations

import os

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from oralu.config import environment, logs, ratelimits

BASE_DIR = environment.PROJECT_FOLDER
DATA_DIR = environment.data_folder()
NODE_MODULES = BASE_DIR / "node_modules"
FONTS_DIR = NODE_MODULES / "dejavu-fonts-ttf" / "ttf"

DEBUG = environment.flag("ORALU_DEBUG")
DEMO = environment.flag("ORALU_DEMO")
"""Set by `oralu run` for a private database that holds the demo cohort, and never under DATABASE_URL."""

SECRET_KEY = environment.secret_key(DATA_DIR)
ALLOWED_HOSTS = [*environment.words("ORALU_HOSTS", default=[]), "localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = environment.words("ORALU_ORIGINS", default=[])
HTTPS = environment.flag("ORALU_HTTPS")
"""Oralu stands behind a proxy that speaks HTTPS and sets X-Forwarded-Proto."""

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "django_cotton.apps.SimpleAppConfig",
    "django_htmx",
    "csp",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.mfa",
    "oralu.apps.journal",
    "oralu.apps.access",
    "oralu.apps.messages",
    "oralu.apps.agencies",
    "oralu.apps.people",
    "oralu.apps.cases",
    "oralu.apps.referrals",
    "oralu.apps.routing",
    "oralu.web",
]

MIDDLEWARE = [
    "oralu.config.logs.RequestLogMiddleware",
    "oralu.config.headers.HeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "oralu.web.sessions.SessionLimitsMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "oralu.web.middleware.UserLanguageMiddleware",
    "oralu.web.uploading.RequestSizeMiddleware",
    "oralu.web.account.required.RequiredStepsMiddleware",
    "oralu.config.ratelimits.RateLimitMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "oralu.config.urls"
WSGI_APPLICATION = "oralu.config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": False,
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django_cotton.cotton_loader.Loader",
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "builtins": ["django_cotton.templatetags.cotton"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "oralu.web.context.shell",
            ],
        },
    }
]
COTTON_DIR = "components"

DATABASE_URL = environment.database_url()
DATABASES = {
    "default": {
        **environment.parse_database_url(DATABASE_URL or "postgresql:///oralu?host=/nonexistent"),
        "CONN_MAX_AGE": 0,
        "ATOMIC_REQUESTS": True,
    }
}
# Short questions: compiling them, or parting them among processes, costs more than answering them, and the walls of
# rows make them look dear.
ONE_BY_ONE = " -c max_parallel_workers_per_gather=0" if environment.flag("ORALU_POOL") else ""
DATABASES["default"]["OPTIONS"].setdefault("options", f"-c jit=off{ONE_BY_ONE}")
if environment.flag("ORALU_POOL"):
    # Set for the web server alone: a short command gains nothing from a pool, and a forked child must not inherit one.
    DATABASES["default"]["OPTIONS"]["pool"] = {
        "min_size": 1,
        "max_size": environment.number("ORALU_POOL_SIZE", default=10, least=1),
        "timeout": 10,
    }
DATABASES["journal"] = DATABASES["default"] | {
    "ATOMIC_REQUESTS": False,
    "OPTIONS": dict(DATABASES["default"]["OPTIONS"]),
    "TEST": {"MIRROR": "default"},
}
"""The same database by a second connection: what was refused is written there, since a rollback would erase it."""
if "pool" in DATABASES["journal"]["OPTIONS"]:
    DATABASES["journal"]["OPTIONS"]["pool"] = {"min_size": 0, "max_size": 2, "timeout": 10}
REFUSALS_DATABASE = "journal"
JOURNAL_KEY = environment.path("ORALU_JOURNAL_KEY", default=DATA_DIR / "journal.key")
JOURNAL_HEADS = environment.path("ORALU_JOURNAL_HEADS", default=DATA_DIR / "journal-heads.jsonl")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "access.User"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "login"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

MFA_REQUIRED = environment.flag("ORALU_MFA", default=not DEMO)
"""Whoever has no second factor sets one up before anything else. Not in the demo, whose password is printed."""
MFA_ADAPTER = "oralu.apps.access.adapters.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_RATE_LIMITS = False
"""Of allauth its tables, its cryptography and its OpenID Connect are used; attempts are counted by `throttling`."""
SOCIALACCOUNT_ADAPTER = "oralu.web.account.external_adapter.ProviderAdapter"
SOCIALACCOUNT_STORE_TOKENS = False
PROXIES = environment.number("ORALU_PROXIES", default=1 if HTTPS else 0)
"""How many proxies stand in front: so many entries from the right of X-Forwarded-For are believed."""

LANGUAGE_CODE = "ru"
LANGUAGES = [("kk", _("Kazakh")), ("ru", _("Russian")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "src" / "oralu" / "locale"]
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
TIME_ZONE = "Asia/Almaty"
USE_TZ = True
FORMAT_MODULE_PATH = "oralu.web.formats"

SESSION_ENGINE = "oralu.web.sessions"
SESSION_COOKIE_AGE = 12 * 3600
"""The end of a session whatever is done in it."""
SESSION_IDLE_MINUTES = environment.number("ORALU_IDLE_MINUTES", default=12 * 60 if DEMO else 30, least=1)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^health(/|$)"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700

MEDIA_ROOT = DATA_DIR / "evidence"
MEDIA_URL = ""
"""Evidence has no address of its own: only a view that has checked the reader hands it out."""
EVIDENCE_FILE_MB = environment.number("ORALU_EVIDENCE_FILE_MB", default=10, least=1)
EVIDENCE_REQUEST_MB = environment.number("ORALU_EVIDENCE_REQUEST_MB", default=40, least=1)
EVIDENCE_CASE_MB = environment.number("ORALU_EVIDENCE_CASE_MB", default=300, least=1)
EVIDENCE_FILES_AN_HOUR = environment.number("ORALU_EVIDENCE_FILES_AN_HOUR", default=120, least=1)
"""What is taken as evidence: one file, all files of one form, all of a case, and what one person brings in an hour."""
CLAMD = environment.scanner("ORALU_CLAMD")
"""Where ClamAV listens; empty: attached files wait until a person releases them."""

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "oralu.config.assets.NodeFinder",
]
COLLECTED = environment.flag("ORALU_COLLECTED")
"""Set by `oralu run` for its children, once it has collected and compressed the browser files."""
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "oralu.config.assets.CollectedStorage"
        if COLLECTED
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not COLLECTED
WHITENOISE_AUTOREFRESH = DEBUG

EMAIL_HOST = os.environ.get("ORALU_SMTP_HOST", "")
"""Empty: e-mail waits in the outbox, messages inside Oralu are delivered all the same."""
EMAIL_PORT = environment.number("ORALU_SMTP_PORT", default=587, least=1)
EMAIL_HOST_USER = os.environ.get("ORALU_SMTP_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("ORALU_SMTP_PASSWORD", "")
EMAIL_USE_TLS = environment.flag("ORALU_SMTP_TLS", default=True)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = os.environ.get("ORALU_SMTP_FROM", "oralu@localhost")

LOGGING = logs.configuration(environment.one_of("ORALU_LOG", ("json", "text")))
RATE_LIMITS = ratelimits.LIMITS | {
    "api": ratelimits.Limit("api", environment.number("ORALU_API_RATE", default=600, least=1), 60)
}
"""`api`: of one system in a minute."""
