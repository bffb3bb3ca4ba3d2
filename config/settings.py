"""Settings: everything from the environment (docs/settings.md lists each name).

Out of the box (`make run`) it uses SQLite, makes its own keys under `var/` and
binds to loopback. Under production settings (CROSSWALK_DEBUG unset and a
non-loopback bind, or CROSSWALK_SECRET_KEY given) it refuses to start without keys.
"""

from __future__ import annotations

import ipaddress
import re
import secrets
import sys
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from config import env
from config.sentry import sentry_start

ROOT = Path(__file__).resolve().parent.parent
BASE_DIR = ROOT
DATA_DIR = Path(env.text("DATA_DIR") or ROOT / "var")
try:
    DATA_DIR.mkdir(parents=True, exist_ok=True)
except OSError as exc:
    raise ImproperlyConfigured(
        f"CROSSWALK_DATA_DIR is {DATA_DIR}, and that folder cannot be made: {exc}."
    ) from exc

_changelog = (
    (ROOT / "CHANGELOG.md").read_text() if (ROOT / "CHANGELOG.md").exists() else ""
)
_version = re.search(r"^## \[?(\d[^\]\s]*)", _changelog, re.MULTILINE)
VERSION = _version[1] if _version else "0"

# --- where we are reached --------------------------------------------------------
DEBUG = env.flag("DEBUG")
BIND = env.text("BIND", "127.0.0.1")
PORT = env.port("PORT", 8000)
BASE_URL = env.address("BASE_URL", f"http://localhost:{PORT}")


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine."""
    if host in {"localhost", ""}:
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


IS_LOOPBACK = is_loopback(BIND)
_base = urlsplit(BASE_URL)
IS_HTTPS = _base.scheme == "https"
ALLOWED_HOSTS = env.items("ALLOWED_HOSTS") or sorted(
    {_base.hostname or "localhost", "localhost", "127.0.0.1", "[::1]"}
)
CSRF_TRUSTED_ORIGINS = [f"{_base.scheme}://{_base.netloc}"]

# --- secrets -----------------------------------------------------------------------
# Keys are made for you only where the installation is this machine's own.
_MAY_MAKE_KEYS = DEBUG or (IS_LOOPBACK and not IS_HTTPS)


def _key(name: str, file: str, make: object) -> str:
    if not env.text(name) and not _MAY_MAKE_KEYS:
        raise ImproperlyConfigured(
            f"Set CROSSWALK_{name} (or CROSSWALK_{name}_FILE): Crosswalk does not make "
            "keys of its own when it is reachable from other machines."
        )
    return env.secret_file(name, DATA_DIR / file, make)


SECRET_KEY = _key("SECRET_KEY", "secret-key", lambda: secrets.token_urlsafe(64))
ENCRYPTION_KEYS = env.fernet_keys(
    "ENCRYPTION_KEYS",
    _key("ENCRYPTION_KEYS", "encryption-keys", lambda: Fernet.generate_key().decode()),
)

# --- apps ----------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_htmx",
    "django_q",
    "config",
    "crosswalk",
    "workspaces",
    "synclog",
    "integrations",
    "mapping",
    "sync",
]
MIDDLEWARE = [
    "config.middleware.request_id",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "config.middleware.htmx_login",
    "django.middleware.csrf.CsrfViewMiddleware",
    "config.middleware.NoNul",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "config.context.shell",
            ],
            "builtins": ["crosswalk.templatetags.elements"],
        },
    }
]

# --- database ------------------------------------------------------------------------
DATABASES = {
    "default": env.database(
        "DATABASE_URL", f"sqlite:///{DATA_DIR / 'crosswalk.sqlite3'}"
    )
}
DATABASES["default"]["CONN_MAX_AGE"] = 600
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # Measured: with these, four processes write without "database is locked".
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;"
            # mapped pages count as memory of every worker: 32 MB keeps it flat
            "PRAGMA mmap_size=33554432;PRAGMA journal_size_limit=27103364;"
            # a page that many commits change is brought home once: 16 MB at a time
            "PRAGMA cache_size=2000;PRAGMA wal_autocheckpoint=4000;"
        ),
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- people --------------------------------------------------------------------------
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_ADAPTER = "workspaces.adapter.AccountAdapter"
ACCOUNT_PREVENT_ENUMERATION = True
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not IS_HTTPS and is_loopback(_base.hostname or "")

_mail = env.mail("EMAIL_URL", "consolemail://")
EMAIL_BACKEND = _mail["EMAIL_BACKEND"]
EMAIL_HOST = _mail.get("EMAIL_HOST") or "localhost"
EMAIL_PORT = _mail.get("EMAIL_PORT") or 25
EMAIL_HOST_USER = _mail.get("EMAIL_HOST_USER") or ""
EMAIL_HOST_PASSWORD = _mail.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS = _mail.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = _mail.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("EMAIL_FROM") or f"crosswalk@{_base.hostname}"

# hosts that alerts may reach although they are not public, by plain http too
ALERT_HOSTS = [host.lower() for host in env.items("ALERT_HOSTS")]

# --- safety --------------------------------------------------------------------------
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = IS_HTTPS
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = IS_HTTPS
SECURE_SSL_REDIRECT = IS_HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if IS_HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = IS_HTTPS
SECURE_HSTS_PRELOAD = IS_HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "manifest-src": [SELF],
    }
}

# --- static --------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [ROOT / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG

# --- jobs ----------------------------------------------------------------------------
# docs/decisions/0003: django-q2 wakes and executes; rows with leases are the record.
REDIS_URL = env.text("REDIS_URL")
if REDIS_URL:  # rate limits of sign-in are shared by all web processes
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": REDIS_URL,
            "KEY_PREFIX": "crosswalk",
        }
    }
Q_CLUSTER = {
    "name": "crosswalk",
    "workers": env.number("WORKERS", 2),
    "timeout": 60,
    "retry": 600,
    "queue_limit": env.number("WORKERS", 2),
    "bulk": 1,
    "max_attempts": 1,
    "ack_failures": True,
    "save_limit": -1,
    "catch_up": False,
    "poll": 0.1,
    "guard_cycle": 1,
    "label": "Jobs",
    **({"redis": REDIS_URL} if REDIS_URL else {"orm": "default"}),
}

# --- remote systems ------------------------------------------------------------------
SANDBOX = env.flag("SANDBOX")
SANDBOX_PORT = env.port("SANDBOX_PORT", 8010)
SANDBOX_URL = f"http://localhost:{SANDBOX_PORT}"
HIGHLEVEL_CLIENT_ID = env.text("HIGHLEVEL_CLIENT_ID")
HIGHLEVEL_CLIENT_SECRET = env.text("HIGHLEVEL_CLIENT_SECRET")
HIGHLEVEL_AUTHORIZE_URL = env.text("HIGHLEVEL_AUTHORIZE_URL")
HIGHLEVEL_TOKEN_URL = env.text("HIGHLEVEL_TOKEN_URL")
HIGHLEVEL_API_URL = env.text("HIGHLEVEL_API_URL").rstrip("/")
HIGHLEVEL_WEBHOOK_PUBLIC_KEYS = env.items("HIGHLEVEL_WEBHOOK_PUBLIC_KEYS")
ZOHO_CLIENT_ID = env.text("ZOHO_CLIENT_ID")
ZOHO_CLIENT_SECRET = env.text("ZOHO_CLIENT_SECRET")
ZOHO_ACCOUNTS_URL = env.text("ZOHO_ACCOUNTS_URL")
ZOHO_API_URL = env.text("ZOHO_API_URL")

# --- the rest ------------------------------------------------------------------------
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-gb"
USE_I18N = True
TESTING = "pytest" in sys.modules
# --- seen from outside: who watches the installation --------------------------------------
METRICS_TOKEN = env.text("METRICS_TOKEN")
LOG_FORMAT = env.text("LOG_FORMAT", "line")
if LOG_FORMAT not in {"line", "json"}:
    raise ImproperlyConfigured("CROSSWALK_LOG_FORMAT is line or json.")
if dsn := env.text("SENTRY_DSN"):
    sentry_start(dsn, VERSION)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "about": {"()": "crosswalk.logcontext.AboutFilter"},
        "redact": {"()": "crosswalk.redact.RedactingFilter"},
    },
    "formatters": {
        "line": {
            "()": "crosswalk.logcontext.LineFormatter",
            "format": "{asctime} {levelname} {name} {message}",
            "style": "{",
        },
        "json": {"()": "crosswalk.logcontext.JsonFormatter"},
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "filters": ["about", "redact"],
            "formatter": LOG_FORMAT,
        }
    },
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        name: {"level": "WARNING"} for name in ("httpx", "httpcore", "django-q")
    },
}

# how often a process at work renews its lease of 20 seconds
HEARTBEAT_SECONDS = 5.0
# calls a run makes side by side: enough for ten a second at half a second each. What a
# vendor takes at once is held across all processes: integrations/quotas/slots.py
SYNC_CONCURRENCY = env.number("CONCURRENCY", 6)
