"""Settings of the tests: the product's own, with plain static files and no disk."""

from __future__ import annotations

import os
import tempfile

os.environ.setdefault("CROSSWALK_DATA_DIR", tempfile.mkdtemp(prefix="crosswalk-test-"))
os.environ.setdefault(
    "CROSSWALK_SECRET_KEY", "a-test-key-that-protects-nothing-" + "x" * 40
)
os.environ.setdefault(
    "CROSSWALK_ENCRYPTION_KEYS", "Zm9yLXRlc3RzLW9ubHktMzItYnl0ZXMtbG9uZy1rZXk="
)
if os.environ.get("CROSSWALK_TEST_DATABASE_URL"):
    os.environ["CROSSWALK_DATABASE_URL"] = os.environ["CROSSWALK_TEST_DATABASE_URL"]

from config.settings import *  # noqa: F403
from config.settings import DATA_DIR, DATABASES, MIDDLEWARE, Q_CLUSTER

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
MIDDLEWARE = [m for m in MIDDLEWARE if "whitenoise" not in m]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
Q_CLUSTER = {**Q_CLUSTER, "sync": True}
ALLOWED_HOSTS = ["*"]
DATABASES["default"]["CONN_MAX_AGE"] = 0
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, as in production: threads and processes each have their own connection.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
else:
    DATABASES["default"]["ENGINE"] = "tests.postgres"
    # what a power failure would lose is no test's concern
    options = DATABASES["default"].setdefault("OPTIONS", {})
    options["options"] = "-c synchronous_commit=off"
SANDBOX = True
SYNC_CONCURRENCY = 1
# a test's rows are in a transaction that a heartbeat from a thread cannot see
HEARTBEAT_SECONDS = 3600.0
