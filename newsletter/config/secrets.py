"""The key and the password: as set, or made at the first time and kept in the data folder."""

import logging
import os
import secrets
from pathlib import Path

from pydantic import SecretStr

from newsletter.config.settings import PREFIX, Settings
from newsletter.errors import SettingsError

_log = logging.getLogger(__name__)


def with_secrets(settings: Settings) -> Settings:
    """The settings with a key and a password: where none is set, those kept in data_dir.

    Made at the first time. Raises SettingsError when nothing can be kept there.
    """
    if settings.database_url and not settings.secret_key.get_secret_value():
        _log.warning(
            "NEWSLETTER_SECRET_KEY is not set: links are signed with a key kept on this machine; "
            "set it before a second one serves them: openssl rand -hex 32"
        )
    kept = {"secret_key": 64, "editor_password": 20}
    missing = {
        name: SecretStr(_read_or_make(settings.data_dir / name.replace("_", "-"), chars))
        for name, chars in kept.items()
        if not getattr(settings, name).get_secret_value()
    }
    return settings.model_copy(update=missing)


def _read_or_make(path: Path, chars: int) -> str:
    """The secret in the file, made of so many hexadecimal digits when there is none."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    except OSError as error:
        setting = PREFIX + path.name.upper().replace("-", "_")
        raise SettingsError(
            f"{setting} is not set, and none can be kept in {path.parent} ({error.strerror}). "
            "Set it, or set NEWSLETTER_DATA_DIR to a folder that can be written to."
        ) from error
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_hex(chars // 2))
    return path.read_text()
