"""Templates translate into the language of their page, and values stay text."""

import pytest
from jinja2 import DictLoader, Environment, StrictUndefined, UndefinedError
from jinja2.sandbox import SandboxedEnvironment

from newsletter.locales.template_translations import add_translations

TEMPLATES = {
    "page": '{% from "macros" import credit with context %}{{ credit("<Lea>") }}',
    "macros": '{% macro credit(who) %}{{ _("Photo: %(credit)s", credit=who) }}{% endmacro %}',
    "block": "{% trans credit='Lea' %}Photo: {{ credit }}{% endtrans %}",
    "count": '{{ ngettext("%(num)s story", "%(num)s stories", count) }}',
    "context": '{{ pgettext("kind of article", "Live") }}',
    "percent": '{{ _("By %(authors)s", authors="100 %(address)s {{ 7 * 7 }}") }}',
    "missing": '{{ _("Photo: %(credit)s", credit=who.name) }}',
}


@pytest.fixture(params=[Environment, SandboxedEnvironment], ids=["plain", "sandboxed"])
def environment(request):
    environment = request.param(
        loader=DictLoader(TEMPLATES), undefined=StrictUndefined, autoescape=True
    )
    add_translations(environment)
    return environment


@pytest.mark.parametrize(
    ("template", "language", "expected"),
    [
        pytest.param("page", "fr", "Photo : &lt;Lea&gt;", id="a macro, and markup in a value"),
        pytest.param("page", "de", "Foto: &lt;Lea&gt;", id="another language of the same macro"),
        pytest.param("block", "tr", "Fotoğraf: Lea", id="a block of text"),
        pytest.param("count", "ar", "خبران", id="a number"),
        pytest.param("context", "ru", "Онлайн", id="a word with its use"),
        pytest.param("percent", "de", "Von 100 %(address)s {{ 7 * 7 }}", id="marks in a value"),
        pytest.param("page", "sw", "Photo: &lt;Lea&gt;", id="a language without a catalogue"),
    ],
)
def test_a_template_says_it_in_the_language_of_the_page(environment, template, language, expected):
    page = environment.get_template(template)

    assert page.render(language=language, count=2) == expected


def test_a_name_that_nobody_defined_is_an_error(environment):
    with pytest.raises(UndefinedError):
        environment.get_template("missing").render(language="fr")


def test_text_that_is_not_markup_is_not_escaped():
    environment = Environment(loader=DictLoader(TEMPLATES), autoescape=False)
    add_translations(environment)

    assert environment.get_template("page").render(language="fr") == "Photo : <Lea>"
