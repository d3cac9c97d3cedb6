"""Writes src/primis_client/generated from the API's OpenAPI document.

The same document gives the same files. Run it in an environment with requirements.txt installed.
"""

import json
import os
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
DOCUMENT = HERE.parent.parent / "app-api" / "openapi.json"
GENERATED = HERE / "src" / "primis_client" / "generated"

REFUSAL = {
    "description": "Refused, and why.",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorBody"}}},
}


def for_clients(document: dict[str, Any]) -> dict[str, Any]:
    """Leaves out what only operators ask, and says every refusal in the one form all have.

    Their codes are told in the document's words: as types, each new one would break old clients.
    """
    paths = {}
    for path, item in document["paths"].items():
        operations = [of for of in item.values() if "responses" in of]
        for operation in operations:
            operation["responses"] = {
                status: answer if status.startswith("2") else REFUSAL
                for status, answer in operation["responses"].items()
                # The client keeps nothing, so nothing is unchanged to it.
                if not status.startswith("3")
            }
        if not any("internal" in operation.get("tags", []) for operation in operations):
            paths[path] = item
    return {**document, "paths": paths}


def main() -> None:
    """Generates."""
    document = for_clients(json.loads(DOCUMENT.read_text(encoding="utf-8")))
    # The generator formats by a tool it looks for on PATH; ours lies beside this Python.
    scripts = sysconfig.get_path("scripts")
    path = os.pathsep.join([scripts, os.environ.get("PATH", "")])
    with tempfile.TemporaryDirectory() as folder:
        lowered = Path(folder) / "openapi.json"
        lowered.write_text(json.dumps(document), encoding="utf-8")
        config = Path(folder) / "config.json"
        overrides = {"application/zip": "application/octet-stream"}
        options = {"package_name_override": "generated", "content_type_overrides": overrides}
        config.write_text(json.dumps(options))
        command = [sys.executable, "-m", "openapi_python_client", "generate"]
        command += ["--path", str(lowered), "--config", str(config)]
        command += ["--meta", "none", "--output-path", str(GENERATED), "--overwrite"]
        command += ["--fail-on-warning"]
        environment = {**os.environ, "PATH": path}
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(done.stdout + done.stderr)


if __name__ == "__main__":
    main()
