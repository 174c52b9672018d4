"""The sockets that the pages listen at: had before anything is started, or refused in words."""

import errno
import importlib.util
import socket

from newsletter.errors import SettingsError

USUAL_PORT = 8_000
MAX_PORT = 65_535
BACKLOG = 2048  # As uvicorn's own; the kernel cuts it to what it allows.
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104  # compared, not bound


class PortTakenError(SettingsError):
    """Somebody listens there already; what says who, without what to do about it."""

    def __init__(self, what: str, port: int) -> None:
        self.what = what
        other = port + 1 if port < MAX_PORT else USUAL_PORT
        super().__init__(
            f"{what} End that, or choose another port: newsletter serve --port {other}"
        )


def open_sockets(host: str, port: int) -> list[socket.socket]:
    """Return sockets that listen at each address of host; port 0 takes a free one.

    Raises SettingsError when the host is not known or not of this machine, or the port is taken or
    not ours to take.
    """
    sockets: list[socket.socket] = []
    failure: OSError | None = None
    for family, address in _addresses(host, port):
        try:
            sockets.append(_listening(family, address))
        except OSError as error:
            # A machine without IPv6 still has its localhost; a port that is taken is taken.
            if failure is None or error.errno == errno.EADDRINUSE:
                failure = error
        if failure is not None and failure.errno == errno.EADDRINUSE:
            break
    if failure is not None and (not sockets or failure.errno == errno.EADDRINUSE):
        for one in sockets:
            one.close()
        if failure.errno == errno.EADDRINUSE:
            raise PortTakenError(f"Port {port} at {host} is taken{_by_whom(port)}.", port)
        raise SettingsError(_in_words(failure, host, port)) from failure
    return sockets


def base_url(host: str, port: int) -> str:
    """Where a browser on this machine reaches what listens there."""
    name = _EVERYWHERE.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{name}:{port}"


def _addresses(host: str, port: int) -> list[tuple[int, tuple[str, int]]]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (socket.gaierror, UnicodeError) as error:
        raise SettingsError(
            f"{host!r} is no address or name that this machine knows. Write --host 127.0.0.1 for "
            "this machine alone, or --host 0.0.0.0 for whoever reaches it."
        ) from error
    every = [(int(family), address) for family, _, _, _, address in found]
    return list(dict.fromkeys(every))  # type: ignore[arg-type]


def _listening(family: int, address: tuple[str, int]) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        # A port whose last user has just gone is free; one that somebody listens at is not.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def _in_words(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EACCES:
        return (
            f"Port {port} may not be used by this user: ports below 1024 are root's. "
            "Choose another, such as --port 8000, and let a proxy listen at that one."
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{host} is no address of this machine. Write --host 127.0.0.1, or one of its own."
    return f"Nothing can listen at {host}, port {port} ({error.strerror})."


def _by_whom(port: int) -> str:
    """The process that listens at the port, in words; "" when this user may not know."""
    if importlib.util.find_spec("psutil") is None:  # it comes with the embedded servers
        return ""
    import psutil

    try:
        listeners = [
            one.pid
            for one in psutil.net_connections("tcp")
            if one.status == psutil.CONN_LISTEN and one.laddr[1:] == (port,) and one.pid
        ]
        return f" by {psutil.Process(listeners[0]).name()} (process {listeners[0]})"
    except (IndexError, OSError, psutil.Error):
        return ""
