"""What tests and benchmarks may import of each other."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.fixtures.places import REPOSITORY

SHARED = ("tests.fixtures", "tests.twins")
TESTS_OF_BENCHMARKS = ("tests/unit/benchmarks", "tests/integration/benchmarks")


def imports_of(folder: str) -> Iterator[tuple[Path, str]]:
    """Yield every module of a folder with everything that it imports."""
    for path in sorted((REPOSITORY / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            else:
                continue
            yield from ((path.relative_to(REPOSITORY), name) for name in names)


def may_import(path: Path, name: str) -> bool:
    """Whether a name is of the fixtures or twins, or of a helper beside the module, no test."""
    own = f"{'.'.join(path.parent.parts)}."
    beside = name.removeprefix(own) if name.startswith(own) else "test_elsewhere"
    return name.startswith(SHARED) or not beside.startswith(("test_", "conftest"))


def test_no_test_imports_another() -> None:
    of_tests = [(path, name) for path, name in imports_of("tests") if name.startswith("tests.")]
    assert len(of_tests) > 100
    assert [found for found in of_tests if not may_import(*found)] == []


def test_a_helper_beside_a_test_may_be_imported() -> None:
    path = Path("tests/unit/docs/test_readme.py")
    assert may_import(path, "tests.unit.docs.markdown.links")
    assert may_import(path, "tests.fixtures.places.REPOSITORY")
    assert not may_import(path, "tests.unit.docs.test_links.links")
    assert not may_import(path, "tests.unit.media.known")


def test_only_tests_of_benchmarks_import_them() -> None:
    of_benchmarks = [
        path for path, name in imports_of("tests") if name.split(".")[0] == "benchmarks"
    ]
    assert of_benchmarks
    others = [path for path in of_benchmarks if path.parent.as_posix() not in TESTS_OF_BENCHMARKS]
    assert others == []


def test_no_benchmark_and_no_product_imports_tests() -> None:
    product = ("openface_core", "transforms", "pipelines", "models", "configs", "benchmarks")
    for folder in product:
        found = [item for item in imports_of(folder) if item[1].split(".")[0] == "tests"]
        assert found == []
