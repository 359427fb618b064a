import os

SECRET_KEY = "for measurements alone"
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "urls"
USE_TZ = True
INSTALLED_APPS = ["fleet", "strawberry_django"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": "127.0.0.1",
        "PORT": os.environ["PGPORT"],
        "USER": os.environ["PGUSER"],
        "NAME": os.environ["PGDATABASE"],
        # Each worker keeps its connection, and prepared statements on it.
        "CONN_MAX_AGE": None,
        "OPTIONS": {"server_side_binding": True},
    }
}
STRAWBERRY_DJANGO = {"MAP_AUTO_ID_AS_GLOBAL_ID": False, "PAGINATION_DEFAULT_LIMIT": 50, "PAGINATION_MAX_LIMIT": 200}
