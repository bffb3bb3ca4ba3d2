"""`python -m sandbox --port N`: the sandbox on Werkzeug's server, for development."""

from __future__ import annotations

import argparse

from werkzeug.serving import run_simple

from sandbox.wsgi import app


def main() -> None:
    parser = argparse.ArgumentParser(prog="sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8001)
    options = parser.parse_args()
    run_simple(options.host, options.port, app, threaded=True)


if __name__ == "__main__":
    main()
