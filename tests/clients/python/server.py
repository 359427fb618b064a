"""The server under test, as the Rust test that runs these scripts passes it on."""

import os
import uuid

ADDRESS = os.environ["LOCKKEEPER_SERVER"]
TOKEN = os.environ["LOCKKEEPER_TOKEN"]
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
HTTP = f"{ADDRESS}/graphql"
# The two addresses of the WebSocket.
SOCKETS = [f"{HTTP}/ws".replace("http", "ws", 1), HTTP.replace("http", "ws", 1)]


def new_name(prefix):
    """Returns a name that no other run of a test has."""
    return f"{prefix}-{uuid.uuid4().hex[:8]}"
