"""Translations in Jinja2 templates, into the language of the page or mail."""

from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context

from newsletter.locales.catalogues import get_translations


def add_translations(environment: Any) -> None:
    """Let an environment's templates call gettext and its kin, and use the tag trans.

    environment is a jinja2.Environment, whose extension adds its methods when it runs. The value
    `language` of a template says into what; macros see it when they are imported "with context".
    Values are handed over by name, and are escaped where the template escapes.
    """
    environment.add_extension("jinja2.ext.i18n")
    environment.install_gettext_callables(
        _gettext, _ngettext, newstyle=True, pgettext=_pgettext, npgettext=_npgettext
    )


@pass_context
def _gettext(context: Context, message: str) -> str:
    return get_translations(context["language"]).gettext(message)


@pass_context
def _ngettext(context: Context, singular: str, plural: str, number: int) -> str:
    return get_translations(context["language"]).ngettext(singular, plural, number)


@pass_context
def _pgettext(context: Context, use: str, message: str) -> str:
    return get_translations(context["language"]).pgettext(use, message)


@pass_context
def _npgettext(context: Context, use: str, singular: str, plural: str, number: int) -> str:
    return get_translations(context["language"]).npgettext(use, singular, plural, number)
