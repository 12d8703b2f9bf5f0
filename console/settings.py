"""Every knob of Penstock: read from the environment, each with a default that works."""

import atexit
import os
import shutil
import socket
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF

from console import broker, environment

BASE_DIR = Path(__file__).resolve().parent.parent
TESTING = "PYTEST_VERSION" in os.environ
DEBUG = environment.flag("DEBUG", default=False)

# Where everything is kept, and where people find it.
if TESTING and "PENSTOCK_HOME" not in os.environ:
    # Tests never touch the home of a running Penstock, nor that of another run.
    PENSTOCK_HOME = Path(tempfile.mkdtemp(prefix="penstock-test-"))
    atexit.register(shutil.rmtree, PENSTOCK_HOME, ignore_errors=True)
else:
    PENSTOCK_HOME = environment.directory("PENSTOCK_HOME", BASE_DIR / "var")
HOST = environment.text("HOST", "127.0.0.1")
PORT = environment.whole("PORT", 8000, most=65535)
ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - what to call it, not to bind
_NAME = ANY_ADDRESS.get(HOST, f"[{HOST}]" if ":" in HOST else HOST)
PENSTOCK_URL = environment.web_url("PENSTOCK_URL", f"http://{_NAME}:{PORT}")

# What Penstock pretends to be, and what the first start prepares.
PENSTOCK_ACCOUNT_ID = environment.text("PENSTOCK_ACCOUNT_ID", "123456789012")
PENSTOCK_REGION = environment.text("PENSTOCK_REGION", "us-east-1")
PENSTOCK_DEMO = environment.flag("PENSTOCK_DEMO", default=True)
PENSTOCK_ADMIN_USERNAME = environment.text("PENSTOCK_ADMIN_USERNAME")
PENSTOCK_ADMIN_PASSWORD = environment.text("PENSTOCK_ADMIN_PASSWORD")
PENSTOCK_ACCESS_KEY_ID = environment.text("PENSTOCK_ACCESS_KEY_ID")
PENSTOCK_SECRET_ACCESS_KEY = environment.text("PENSTOCK_SECRET_ACCESS_KEY")

# How it runs.
PENSTOCK_ENGINE_CONCURRENCY = environment.whole("PENSTOCK_ENGINE_CONCURRENCY", 2, most=64)
PENSTOCK_ACTION_CONCURRENCY = environment.whole("PENSTOCK_ACTION_CONCURRENCY", 16, most=1024)
PENSTOCK_CONCURRENT_EXECUTIONS = environment.whole("PENSTOCK_CONCURRENT_EXECUTIONS", 50)
PENSTOCK_LEASE_SECONDS = environment.seconds("PENSTOCK_LEASE_SECONDS", 20)
PENSTOCK_SWEEP_SECONDS = environment.seconds("PENSTOCK_SWEEP_SECONDS", 5)
PENSTOCK_POLL_SECONDS = environment.seconds("PENSTOCK_POLL_SECONDS", 30)
PENSTOCK_LOG_LIMIT_BYTES = environment.whole(
    "PENSTOCK_LOG_LIMIT_BYTES", 10 * 1024 * 1024, least=1024
)
# Whose word is taken for the address that a request comes from: addresses or ranges of proxies.
PENSTOCK_TRUSTED_PROXIES = environment.names("PENSTOCK_TRUSTED_PROXIES")
PENSTOCK_EVENT_DAYS = environment.whole("PENSTOCK_EVENT_DAYS", 90, most=3650)
PENSTOCK_RETENTION_DAYS = environment.whole("PENSTOCK_RETENTION_DAYS", 365, most=36500)
PENSTOCK_COMMAND_MEMORY_BYTES = environment.whole(
    "PENSTOCK_COMMAND_MEMORY_BYTES", 0, least=0, most=2**62
)
# What the commands of users are kept in: nothing, or bubblewrap.
PENSTOCK_ISOLATION = environment.one_of("PENSTOCK_ISOLATION", ("none", "bwrap"))
PENSTOCK_REGISTRY = environment.text("PENSTOCK_REGISTRY")
PENSTOCK_REGISTRY_USERNAME = environment.text("PENSTOCK_REGISTRY_USERNAME")
PENSTOCK_REGISTRY_PASSWORD = environment.text("PENSTOCK_REGISTRY_PASSWORD")
# What becomes of the work of abandoned actions that say nothing of it themselves.
PENSTOCK_ABANDONED_WORK, PENSTOCK_ABANDONED_WORK_COMMAND = environment.abandoned_work()
PENSTOCK_ENDPOINTS = environment.endpoints(PENSTOCK_REGION)
# Where sources of GitHub (version 1) are, and how large what a git host sends may be.
PENSTOCK_GITHUB_URL = environment.web_url("PENSTOCK_GITHUB_URL", "https://github.com")
PENSTOCK_SOURCE_LIMIT_BYTES = environment.whole(
    "PENSTOCK_SOURCE_LIMIT_BYTES", 1024**3, least=1024, most=2**40
)
PENSTOCK_ARTIFACT_STORE = environment.artifact_store("PENSTOCK_ARTIFACT_STORE", PENSTOCK_ENDPOINTS)

# Who is asked to approve is told by e-mail, too, where there is a mail server.
PENSTOCK_MAIL = bool(environment.text("EMAIL_URL"))
vars().update(environment.mail_server("EMAIL_URL"))
DEFAULT_FROM_EMAIL = environment.text("DEFAULT_FROM_EMAIL", f"penstock@{socket.gethostname()}")
EMAIL_TIMEOUT = 10

# Django.
SECRET_KEY = environment.text("SECRET_KEY") or environment.kept_secret(
    PENSTOCK_HOME / "secrets" / "secret_key"
)
ROOT_URLCONF = "console.urls"
WSGI_APPLICATION = "console.wsgi.application"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "csp",
    "pipelines.apps.PipelinesConfig",
    "console",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "console.middleware.let_aws_tools_pass_by",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "console.middleware.send_signed_out_polls_to_sign_in",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "console.middleware.OnlyReaders",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "console.middleware.Refusals",
    "console.middleware.find_nothing_with_nulls",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["console.templatetags.console"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "console.actor.offers",
            ],
        },
    },
]
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-us"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {"django": {"handlers": [], "level": "INFO", "propagate": True}},
}

# The database. SQLite: one writer at a time, who waits his turn instead of failing (IMMEDIATE), and
# whose word survives a power cut (FULL). Connections are kept and looked at before they are reused.
DATABASES = {
    "default": {
        **environment.database("DATABASE_URL", f"sqlite:///{PENSTOCK_HOME / 'penstock.sqlite3'}"),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
    }
}
_DATABASE = DATABASES["default"]
_GIVEN_OPTIONS = _DATABASE.get("OPTIONS", {})
if _DATABASE["ENGINE"] == "django.db.backends.sqlite3":
    _SYNCHRONOUS = "OFF" if TESTING else "FULL"
    _DATABASE["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": f"PRAGMA journal_mode=WAL; PRAGMA synchronous={_SYNCHRONOUS};",
    }
    # A file also in tests: threads that share an in-memory database do not wait for one another.
    _DATABASE["TEST"] = {"NAME": PENSTOCK_HOME / "test.sqlite3"}
else:
    _DATABASE["OPTIONS"] = {
        "connect_timeout": 5,
        "options": "-c lock_timeout=20s -c idle_in_transaction_session_timeout=60s",
        **(_GIVEN_OPTIONS if isinstance(_GIVEN_OPTIONS, dict) else {}),
    }

# The broker carries nudges only: losing one costs a sweep, so nothing may wait for it long.
PENSTOCK_BROKER_SOCKET = broker.embedded_socket(PENSTOCK_HOME)
PENSTOCK_BROKER_EMBEDDED = not environment.text("REDIS_URL")
REDIS_URL = broker.redis_url(environment.text("REDIS_URL"), PENSTOCK_BROKER_SOCKET)
CELERY_BROKER_URL = broker.celery_url(REDIS_URL)
CELERY_BROKER_CONNECTION_TIMEOUT = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_connect_timeout": 1,
    "socket_timeout": 1,
    "socket_keepalive": True,
}
CELERY_TASK_PUBLISH_RETRY_POLICY = {
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.1,
}
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_DEFAULT_QUEUE = "engine"
CELERY_TASK_ROUTES = {
    "pipelines.tasks.advance": {"queue": "engine"},
    "pipelines.tasks.sweep": {"queue": "engine"},
    "pipelines.tasks.perform_at_once": {"queue": "engine"},
    "pipelines.tasks.carry_out_stop": {"queue": "stops"},
    "pipelines.tasks.perform": {"queue": "actions"},
    "pipelines.tasks.clear_up": {"queue": "actions"},
    "pipelines.tasks.deliver_events": {"queue": "deliveries"},
    "pipelines.tasks.notify": {"queue": "deliveries"},
    "pipelines.tasks.invoke_again": {"queue": "actions"},
    "pipelines.watch_tasks.*": {"queue": "polls"},
}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_TIMEZONE = TIME_ZONE
CELERY_DB_REUSE_MAX = 2**62  # Never closed by Celery: console.celery looks after them.
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"  # Nothing of its entries is worth a file.
CELERY_IMPORTS = ("pipelines.watch_tasks",)
CELERY_BEAT_SCHEDULE = {
    "watch": {
        "task": "pipelines.watch_tasks.watch",
        "schedule": min(PENSTOCK_SWEEP_SECONDS, PENSTOCK_POLL_SECONDS),
        "options": {"expires": PENSTOCK_SWEEP_SECONDS},
    },
    "sweep": {
        "task": "pipelines.tasks.sweep",
        "schedule": PENSTOCK_SWEEP_SECONDS,
        "options": {"expires": PENSTOCK_SWEEP_SECONDS},
    },
    "clean": {"task": "pipelines.tasks.clean", "schedule": 600, "options": {"expires": 600}},
}

# Who may come in, and from where.
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "pipelines"
LOGOUT_REDIRECT_URL = "sign-in"
_PUBLIC = urlsplit(PENSTOCK_URL)
ALLOWED_HOSTS = [
    *environment.names("ALLOWED_HOSTS", ["localhost", socket.gethostname().lower()]),
    *{"127.0.0.1", "[::1]", str(_PUBLIC.hostname), _NAME},
]
CSRF_TRUSTED_ORIGINS = environment.names(
    "CSRF_TRUSTED_ORIGINS", [f"{_PUBLIC.scheme}://{_PUBLIC.netloc}"]
)
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _PUBLIC.scheme == "https"
CSRF_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# Files the pages need: hashed, compressed and cached for ever, except while testing or debugging.
STATIC_URL = "/static/"
STATIC_ROOT = PENSTOCK_HOME / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = DEBUG or TESTING
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if WHITENOISE_USE_FINDERS
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

if TESTING:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # Playwright's synchronous interface runs an event loop in the thread that also uses the ORM.
    os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
