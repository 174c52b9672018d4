"""NEWSLETTER_REDIS_URL: one address for the queue, the quota and the pages, or a sentence."""

import pytest

from newsletter.config.redis_url import parse_redis_url
from newsletter.errors import SettingsError
from tests.cases import for_each


@for_each(
    ("written", "read"),
    [
        pytest.param("redis://r.example", "redis://r.example/0", id="a host"),
        pytest.param("redis://r.example:6380/2", "redis://r.example:6380/2", id="port, database"),
        pytest.param("redis://u:p%40s@r.example/", "redis://u:p%40s@r.example/0", id="a login"),
        pytest.param("redis://:pw@[::1]:6379/1", "redis://:pw@[::1]:6379/1", id="IPv6"),
        pytest.param("redis://r.example?db=3", "redis://r.example/3", id="database behind ?"),
        pytest.param("rediss://r.example", "rediss://r.example/0?ssl_cert_reqs=required", id="TLS"),
        pytest.param(
            "rediss://r.example/1?ssl_cert_reqs=none&ssl_ca_certs=/etc/ca.pem",
            "rediss://r.example/1?ssl_cert_reqs=none&ssl_ca_certs=%2Fetc%2Fca.pem",
            id="TLS as wished",
        ),
        pytest.param("unix:///run/r.sock", "unix:///run/r.sock?db=0", id="a socket"),
        pytest.param("unix://:pw@/run/r.sock?db=2", "unix://:pw@/run/r.sock?db=2", id="its login"),
        pytest.param(
            "redis+socket:///run/r.sock?virtual_host=4",
            "unix:///run/r.sock?db=4",
            id="a socket as Celery writes it",
        ),
    ],
)
def test_every_client_gets_one_form(written, read):
    assert parse_redis_url(written) == read


@for_each(
    ("written", "said"),
    [
        pytest.param("sentinel://h:26379/mymaster", "not supported", id="sentinel"),
        pytest.param("redis+sentinel://h:26379", "not supported", id="sentinel, otherwise"),
        pytest.param("sentinel://a:1;sentinel://b:2", "not supported|cannot be read", id="two"),
        pytest.param("redis-cluster://h", "not supported", id="a cluster"),
        pytest.param("http://h:6379", "is not the address", id="the web"),
        pytest.param("localhost:6379", "is not the address", id="no scheme"),
        pytest.param("memory://", "is not the address", id="another broker"),
        pytest.param("redis://", "names no host", id="no host"),
        pytest.param("redis:///0", "names no host", id="no host but a database"),
        pytest.param("redis://h:port/0", "cannot be read", id="a port in letters"),
        pytest.param("redis://h:99999", "cannot be read", id="no such port"),
        pytest.param("redis://h:0", "names no host, or a port", id="port 0"),
        pytest.param("redis://[::1/0", "cannot be read", id="half a bracket"),
        pytest.param("redis://h/zero", "database that is no number", id="a database in letters"),
        pytest.param("redis://h/-1", "database that is no number", id="less than nothing"),
        pytest.param("redis://h/0/1", "database that is no number", id="two databases"),
        pytest.param("redis://:a#b@h/0", "written %23", id="a # in the password"),
        pytest.param("redis://h/0?ssl_cert_reqs=none", "has no option ssl_cert", id="TLS without"),
        pytest.param("redis://h/0?timeout=3", "has no option timeout", id="an option of nobody"),
        pytest.param("rediss://h/0?ssl_cert_reqs=never", "ssl_cert_reqs", id="no such check"),
        pytest.param("unix://run/r.sock", "three slashes", id="two slashes"),
        pytest.param("unix://", "three slashes", id="no socket"),
        pytest.param("unix:///run/r.sock?db=x", "no number", id="a socket, database in letters"),
    ],
)
def test_what_is_no_address_of_redis_is_refused_in_words(written, said):
    with pytest.raises(SettingsError, match=f"NEWSLETTER_REDIS_URL .*({said})"):
        parse_redis_url(written)
