"""Checks the types of the SDK with mypy and with basedpyright.

Neither may find an error in the package, its tests and `good.py`, and mypy none in the examples of the README. In each
`bad_*.py`, both have to find one in each line that ends with `# error`, and nowhere else.

Usage: python check.py BINDINGS, the directory with what `componentize-py bindings` has written. `node` runs
basedpyright.
"""

import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

HERE = Path(__file__).resolve().parent
SDK = HERE.parent.parent
PACKAGE = SDK / "src" / "lovely_session"
CHECKED = [PACKAGE, SDK / "tests" / "unit", *sorted(HERE.glob("good*.py")), *sorted(HERE.glob("bad_*.py"))]
# The oldest Python that the package supports.
OLDEST = "3.10"

# What the examples of the README have from what is around them.
README_NAMES = """
from dataclasses import dataclass
from typing import Any
from lovely_session import *
from lovely_session.http import *
flask: Any
Flask: Any
session: Session
visitors: Visitors
show: Handler
add: Handler
"""

Place = tuple[Path, int]


def expected() -> set[Place]:
    """Returns the lines that are marked."""
    return {
        (file, number)
        for file in HERE.glob("bad_*.py")
        for number, line in enumerate(file.read_text().splitlines(), start=1)
        if line.endswith("# error")
    }


def found_by_mypy() -> dict[Place, str]:
    """Returns the errors that mypy finds."""
    command = [sys.executable, "-m", "mypy", "--strict", "--python-version", OLDEST, "--output", "json"]
    command += map(str, CHECKED)
    output = run(command, {"MYPYPATH": str(SDK / "src")}).splitlines()
    errors = [error for error in map(json.loads, output) if error["severity"] == "error"]
    return {(Path(error["file"]).resolve(), error["line"]): error["message"] for error in errors}


def found_by_pyright(bindings: str) -> dict[Place, str]:
    """Returns the errors that basedpyright finds."""
    options = {
        "include": [str(path) for path in CHECKED],
        "extraPaths": [str(SDK / "src"), bindings],
        "pythonVersion": OLDEST,
        "typeCheckingMode": "standard",
    }
    package = importlib.util.find_spec("basedpyright")
    assert package and package.origin, "basedpyright is not installed"
    program = Path(package.origin).with_name("index.js")
    # With a suffix, because a directory would be searched.
    with tempfile.NamedTemporaryFile("w", suffix=".json") as project:
        json.dump(options, project)
        project.flush()
        output = run(["node", str(program), "--outputjson", "--project", project.name], {})
    errors = [error for error in json.loads(output)["generalDiagnostics"] if error["severity"] == "error"]
    return {
        (Path(error["file"]).resolve(), error["range"]["start"]["line"] + 1): error["message"] for error in errors
    }


def readme_problems() -> list[str]:
    """Returns the errors that mypy finds in the examples of the README."""
    blocks = re.findall(r"^```python\n(.*?)^```", (SDK / "README.md").read_text(), re.DOTALL | re.MULTILINE)
    command = [sys.executable, "-m", "mypy", "--strict", "--python-version", OLDEST, "--no-error-summary"]
    # Flask is not installed.
    command.append("--allow-untyped-decorators")
    with tempfile.TemporaryDirectory() as directory:
        files = [Path(directory, f"readme_{number}.py") for number in range(1, len(blocks) + 1)]
        for file, block in zip(files, blocks):
            file.write_text(README_NAMES + block)
        return run([*command, *map(str, files)], {"MYPYPATH": str(SDK / "src")}).splitlines()


def stub_problems(bindings: str) -> list[str]:
    """Returns how the types in `_wit.pyi` differ from the bindings."""
    paths = os.pathsep.join([str(SDK / "src"), bindings])
    command = [sys.executable, "-m", "mypy.stubtest", "--ignore-missing-stub", "--concise", "lovely_session._wit"]
    return run(command, {"MYPYPATH": str(SDK / "src"), "PYTHONPATH": paths}).splitlines()


def run(command: list[str], environment: dict[str, str]) -> str:
    """Runs a checker, and returns what it prints. It fails when it finds something."""
    # The checkers leave what they have computed in the directory in which they run.
    with tempfile.TemporaryDirectory() as directory:
        result = subprocess.run(
            command, env=os.environ | environment, cwd=directory, stdout=subprocess.PIPE, text=True, check=False
        )
    if result.returncode > 1:
        sys.exit(f"{command[:3]} failed")
    return result.stdout


def differences(name: str, found: dict[Place, str]) -> Iterable[str]:
    """Returns what a checker has found that is not expected, and the other way round."""
    wanted = expected()
    for place in sorted(found.keys() - wanted):
        yield f"{place[0]}:{place[1]}: {name}: {found[place]}"
    for place in sorted(wanted - found.keys()):
        yield f"{place[0]}:{place[1]}: {name} finds no error"


def main(bindings: str) -> int:
    """Prints what is wrong, and returns the status of the program."""
    problems = [*differences("mypy", found_by_mypy()), *differences("basedpyright", found_by_pyright(bindings))]
    problems += [*readme_problems(), *stub_problems(bindings)]
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(os.path.abspath(sys.argv[1])))
