# Starts moto_server as its own script does, with two things of it made cheaper; what it
# answers stays as it is.
import functools
import sys

from moto.moto_server import werkzeug_app
from moto.server import main
from werkzeug.serving import WSGIRequestHandler

# For each request it reads its folders, and tries a few hundred patterns, to see which
# service a host is: under a lock, so that all others wait. That never changes.
dispatcher = werkzeug_app.DomainDispatcherApplication
if hasattr(dispatcher, "get_backend_for_host"):
    dispatcher.get_backend_for_host = functools.lru_cache(maxsize=None)(dispatcher.get_backend_for_host)

# It writes a line for each request. Those that went well are never read.
log_request = WSGIRequestHandler.log_request


def log_what_failed(self, code="-", size="-"):
    if not str(code).startswith("2"):
        log_request(self, code, size)


WSGIRequestHandler.log_request = log_what_failed

sys.argv[0] = "moto_server"
sys.exit(main())
