"""What the README, the Makefile, CI and the container files say is so."""

import re
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from typer.main import get_command

from newsletter.cli.app import app
from newsletter.config import PREFIX, Settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
OPERATE = (ROOT / "docs/operate.md").read_text()
# What operators read beside it; the how-to pages have commands that nobody has made.
OTHERS = [
    (ROOT / name).read_text()
    for name in (
        *("CONTRIBUTING.md", "SECURITY.md", "docs/deliverability.md", "docs/data-protection.md"),
        "docs/architecture.md",
    )
]
MAKEFILE = (ROOT / "Makefile").read_text()
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
TARGETS = set(re.findall(r"^([a-z]+):", MAKEFILE, re.M))

# The parts of the Compose specification that we use; a key that is not in it is a slip.
_SERVICE = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "build": {"type": "string"},
        "image": {"type": "string"},
        "restart": {"enum": ["no", "always", "on-failure", "unless-stopped"]},
        "command": {"type": "array", "items": {"type": "string"}},
        # Without a value: as it stands in the environment or in .env, if it stands there.
        "environment": {"type": "object", "additionalProperties": {"type": ["string", "null"]}},
        "ports": {"type": "array", "items": {"type": "string", "pattern": r"^[\d.]+:\d+:\d+$"}},
        "volumes": {"type": "array", "items": {"type": "string", "pattern": "^[a-z]+:/"}},
        "stop_grace_period": {"type": "string", "pattern": r"^\d+(ms|s|m|h)$"},
        "depends_on": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "required": ["condition"],
                "properties": {
                    "condition": {
                        "enum": [
                            "service_started",
                            "service_healthy",
                            "service_completed_successfully",
                        ]
                    }
                },
            },
        },
        "healthcheck": {
            "type": "object",
            "required": ["test"],
            "additionalProperties": False,
            "properties": {
                "test": {
                    "type": "array",
                    "prefixItems": [{"enum": ["CMD", "CMD-SHELL"]}],
                    "minItems": 2,
                },
                "retries": {"type": "integer"},
                "interval": {"type": "string", "pattern": r"^\d+(ms|s|m|h)$"},
                "timeout": {"type": "string", "pattern": r"^\d+(ms|s|m|h)$"},
                "start_period": {"type": "string", "pattern": r"^\d+(ms|s|m|h)$"},
            },
        },
    },
}
_SCHEMA = {
    "type": "object",
    "required": ["services"],
    "additionalProperties": False,
    "patternProperties": {"^x-": {}},
    "properties": {
        "name": {"type": "string"},
        "services": {"type": "object", "additionalProperties": _SERVICE},
        "volumes": {"type": "object"},
    },
}


def test_the_two_commands_of_the_readme_are_there_and_ci_runs_the_second() -> None:
    """Somebody who trusts the README must not be let down in the first minute."""
    told = set(re.findall(r"^\s*make ([a-z]+)", README, re.M))

    assert {"demo", "test"} <= told <= TARGETS
    assert "make check" in (ROOT / ".ci/run").read_text()
    assert re.search(r"^check: test", MAKEFILE, re.M)


@pytest.mark.servers
def test_help_tells_every_target() -> None:
    """A target that help does not tell is one that nobody finds."""
    shown = subprocess.run(
        ["make", "-C", str(ROOT), "help"], capture_output=True, text=True, check=True
    ).stdout

    assert {name for name in TARGETS if f"make {name}" in shown} == TARGETS


def _commands() -> dict[str, Any]:
    found: dict[str, Any] = {}

    def walk(command: Any, name: str) -> None:
        inner = getattr(command, "commands", None)
        if inner is None:
            found[name] = command
            return
        for key, one in inner.items():
            walk(one, f"{name} {key}".strip())

    walk(get_command(app), "")
    return found


def test_every_command_has_help_with_an_example() -> None:
    """An example is read before any list of options."""
    commands = _commands()

    assert len(commands) > 20
    assert [name for name, command in commands.items() if not command.help] == []
    examples = {name: command.epilog or "" for name, command in commands.items()}
    assert [name for name, text in examples.items() if f"newsletter {name}" not in text] == []


def test_every_command_that_the_documents_name_is_there() -> None:
    """A command that was renamed lives on in documents."""
    known = set(_commands()) | {one.split()[0] for one in _commands()}
    text = "\n".join([README, OPERATE, *OTHERS])
    told = re.findall(r"(?:`|^ {4})newsletter ((?:[a-z]+ )?[a-z]+)(?= |`|$)", text, re.M)
    named = {one if one in known else one.split()[0] for one in told}

    assert len(named) > 5
    assert named <= known


def test_every_setting_is_documented_and_no_other() -> None:
    """Ops set what they read of; what they do not read of they cannot set."""
    settings = {PREFIX + name.upper() for name in Settings.model_fields}
    told = set(re.findall(rf"{PREFIX}[A-Z_]+", OPERATE))

    assert told == settings
    assert {name for text in OTHERS for name in re.findall(rf"{PREFIX}[A-Z_]+", text)} <= settings


def test_every_exit_code_is_documented() -> None:
    """Scripts go by them."""
    from newsletter import errors

    classes = [one for one in vars(errors).values() if isinstance(one, type)]
    codes = {one.exit_code for one in classes if issubclass(one, errors.NewsletterError)}
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", OPERATE, re.M)}

    assert codes | {0, 6, 7, 8, 9, 10, 70, 130} <= told


def test_the_compose_file_is_one() -> None:
    """There is no Docker where the tests run, so a slip would show on somebody's server first."""
    jsonschema.validate(COMPOSE, _SCHEMA)


def test_what_the_compose_file_names_exists() -> None:
    """Its commands, settings, services and volumes are ours."""
    services = COMPOSE["services"]
    settings = {PREFIX + name.upper() for name in Settings.model_fields}
    for service in services.values():
        if service.get("build"):
            assert set(service["environment"]) == settings | {"PGPASSWORD"}
            program, *arguments = service["command"]
            assert program in {"newsletter", "celery"}
            if program == "newsletter":
                assert arguments[0] in _commands()
            else:
                assert arguments[:2] == ["-A", "worker"]
                assert (ROOT / "worker.py").exists()
        assert set(service.get("depends_on", ())) <= set(services)
        for volume in service.get("volumes", ()):
            assert volume.split(":")[0] in COMPOSE["volumes"]
    assert {"web", "worker", "beat", "postgres", "redis", "mailpit"} <= set(services)
    assert all("healthcheck" in services[name] for name in services if name != "tables")


def test_every_image_is_pinned_to_a_minor_version() -> None:
    """An image that changes by itself breaks on a day on which nobody changed anything."""
    images = [one["image"] for one in COMPOSE["services"].values() if "build" not in one]
    images += re.findall(r"^FROM (\S+)", (ROOT / "Dockerfile").read_text(), re.M)

    assert len(images) == 5
    assert [one for one in images if not re.search(r":v?\d+\.\d+", one)] == []


def test_no_password_stands_in_a_url_of_the_compose_file() -> None:
    """A password with @ or / in it would break the URL; each has a variable of its own."""
    urls = re.findall(r"\w+://\S*", (ROOT / "docker-compose.yml").read_text())

    assert urls
    assert [
        url for url in urls if "PASSWORD" in url or re.search(r"://[^/@\s]*:[^/@\s]+@", url)
    ] == []


def test_the_secrets_are_asked_for_and_not_made_anew() -> None:
    """A new key with each start would end every link in the mail that is out."""
    text = (ROOT / "docker-compose.yml").read_text()
    for name in ("POSTGRES_PASSWORD", "NEWSLETTER_SECRET_KEY", "NEWSLETTER_EDITOR_PASSWORD"):
        assert f"${{{name}:?" in text
        assert f"${{{name}:-" not in text
    assert "/.env" in (ROOT / ".gitignore").read_text()


def test_no_health_check_starts_a_python() -> None:
    """Each minute, in each container, for an answer that a file's time gives."""
    checks = [
        " ".join(one["healthcheck"]["test"])
        for one in COMPOSE["services"].values()
        if "healthcheck" in one
    ]

    assert [one for one in checks if re.search(r"\b(python|celery|newsletter )", one)] == []


def test_the_dockerfile_copies_what_there_is_and_runs_as_nobody_special() -> None:
    """An image that cannot be built is found out late, one that runs as root never."""
    text = (ROOT / "Dockerfile").read_text()
    copied = [
        one for line in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.M) for one in line.split()
    ]
    let_in = (ROOT / ".dockerignore").read_text()

    assert copied
    assert all((ROOT / one).exists() and f"!{one}" in let_in for one in copied)
    assert re.search(r"^USER newsletter$", text, re.M)
