"""sgqlc: classes generated from the introspected schema, and text beyond the basic plane in an argument."""

import importlib.util
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from server import HEADERS, HTTP, new_name
from sgqlc.endpoint.http import HTTPEndpoint
from sgqlc.operation import Operation


def generated(folder):
    """Returns the module that sgqlc generates from the server's own description of its schema."""
    introspected, module = folder / "schema.json", folder / "lockkeeper_schema.py"
    authorization = f"Authorization={HEADERS['Authorization']}"
    ask = [sys.executable, "-m", "sgqlc.introspection", "-H", authorization, HTTP, str(introspected)]
    subprocess.run(ask, check=True, capture_output=True)
    codegen = Path(sys.executable).parent / "sgqlc-codegen"
    subprocess.run([codegen, "schema", introspected, module], check=True, capture_output=True)
    spec = importlib.util.spec_from_file_location("lockkeeper_schema", module)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def main():
    endpoint = HTTPEndpoint(HTTP, HEADERS)

    def ask(operation):
        data = endpoint(operation)
        assert "errors" not in data, json.dumps(data["errors"])
        return operation + data

    with tempfile.TemporaryDirectory() as folder:
        schema = generated(Path(folder))
    name = new_name("sgqlc")
    create = Operation(schema.Mutation)
    create.create_service(input={"name": name, "executor": "steady"}).service.id()
    service = ask(create).create_service.service.id

    # Arguments become literals, and every character beyond the basic plane two escapes in a row.
    reason = "quarter end 🚢 \"quoted\" \\ ünïcode"
    freeze = Operation(schema.Mutation)
    freeze.freeze_service(input={"service_id": service, "reason": reason}).hold.reason()
    assert "\\ud83d" in str(freeze), "sgqlc escapes what is beyond the basic plane"
    assert ask(freeze).freeze_service.hold.reason == reason
    print("sgqlc: generated classes, and an emoji in an argument")


main()
