"""The lock files hold what pyproject.toml asks for, file by file, and no place it came from."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
SERVICE, DEVELOPMENT = "requirements.lock", "requirements-dev.lock"
EXTRAS = PROJECT["optional-dependencies"]
RENEW = "make lock UPGRADE="


def _pins(name: str) -> dict[str, str]:
    """Return what a lock file pins: the version of each package, by its canonical name."""
    pins = re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", (ROOT / name).read_text(), re.M)
    return {canonicalize_name(package): version for package, version in pins}


def _asked_for(*lists: list[str]) -> list[Requirement]:
    requirements = [Requirement(text) for texts in lists for text in texts]
    return [each for each in requirements if each.name != PROJECT["name"]]


@pytest.mark.parametrize(
    ("name", "lists"),
    [
        pytest.param(SERVICE, [PROJECT["dependencies"]], id="of the service"),
        pytest.param(
            DEVELOPMENT, [PROJECT["dependencies"], *EXTRAS.values()], id="of a development machine"
        ),
    ],
)
def test_the_lock_is_within_the_ranges_and_misses_nothing(
    name: str, lists: list[list[str]]
) -> None:
    """A lock that lags behind pyproject.toml installs something else than what was meant."""
    pins = _pins(name)
    wrong = [
        f"{each}: {pins.get(canonicalize_name(each.name), 'is not there')}"
        for each in _asked_for(*lists)
        if not each.specifier.contains(
            pins.get(canonicalize_name(each.name), "0"), prereleases=True
        )
    ]

    assert wrong == [], f"Run: {RENEW}"


def test_the_service_runs_on_the_versions_that_the_tests_ran_with() -> None:
    """Two locks that differ would let the tests pass on what nobody runs."""
    service, development = _pins(SERVICE), _pins(DEVELOPMENT)

    assert len(service) > len(PROJECT["dependencies"])
    assert service.items() <= development.items()
    assert all(Version(version) for version in development.values())


@pytest.mark.parametrize("name", [SERVICE, DEVELOPMENT])
def test_each_package_of_a_lock_has_hashes(name: str) -> None:
    """pip refuses the whole file otherwise, and a file that was exchanged would not be noticed."""
    blocks = re.split(r"^(?=[A-Za-z0-9])", (ROOT / name).read_text(), flags=re.M)[1:]

    assert len(blocks) == len(_pins(name))
    assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []


@pytest.mark.parametrize("name", [SERVICE, DEVELOPMENT])
def test_a_lock_names_no_place(name: str) -> None:
    """An index, a folder or a mirror of one machine is on no other."""
    text = (ROOT / name).read_text()

    assert re.findall(r"\w+://\S*|^-\S+|^\S+ @ .*", text, re.M) == []


def test_image_and_checkout_are_installed_from_the_lock() -> None:
    """A lock that nobody installs from keeps nothing from changing."""
    dockerfile, makefile = ((ROOT / each).read_text() for each in ("Dockerfile", "Makefile"))

    assert f"--require-hashes --requirement {SERVICE}" in dockerfile
    assert re.search(r"pip install.* --no-deps /wheels/\*\.whl", dockerfile)
    assert f"LOCK ?= {DEVELOPMENT}" in makefile
    assert "--require-hashes --requirement $(LOCK)" in makefile
