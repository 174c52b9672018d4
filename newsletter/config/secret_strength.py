"""Whether a secret can be guessed, as far as that can be seen, and how to make a better one."""

# Of documents and of habit; compared without case, spaces, hyphens and underscores.
_SAMPLES = frozenset(
    "changeme changethis changeit changemeplease replaceme pleasechange pleasechangeme secret "
    "secretkey mysecret mysecretkey supersecret supersecretkey topsecret yoursecret yoursecretkey "
    "yourkey insecure default password passw0rd password1 password123 mypassword yourpassword "
    "editor editorpassword newsletter newsletter123 admin administrator admin123 administrator123 "
    "letmein welcome welcome1 welcome123 qwerty qwerty123 qwertyuiop iloveyou testing test1234 "
    "testtest example examplekey todo none null xxxxxxxx 12345678 123456789 1234567890 "
    "0123456789abcdef deadbeefdeadbeef".split()
)
_STAND_INS = (
    *("changeme", "changethis", "replaceme", "yoursecret", "yourpassword"),
    *("xxxx", "…", "<your"),
)
MAKE_KEY = "make one with: openssl rand -hex 32"
MAKE_WORD = "make one with: openssl rand -base64 15"
# A key of HMAC-SHA-256 (RFC 2104, 3) is as good as what it was made of: 32 characters of
# hexadecimal are 128 bits. At home half of that will do: only this machine can use the links.
KEY_CHARS, KEY_CHARS_AT_HOME = 32, 16
# NIST SP 800-63B, 3.1.1.2 allows no password under 8; the lock grants a stranger 960 tries a day
# from each network, so in public it is to be half as long again.
PASSWORD_CHARS, PASSWORD_CHARS_AT_HOME = 12, 8
_KINDS_IN_KEY, _KINDS_IN_PASSWORD = 8, 5  # Different characters: fewer are one key held down.


def check_key(key: str, *, is_public: bool) -> None:
    """Raises ValueError when the key that signs links can be guessed."""
    least = KEY_CHARS if is_public else KEY_CHARS_AT_HOME
    _check(key, least, _KINDS_IN_KEY, MAKE_KEY)


def check_password(password: str, *, is_public: bool) -> None:
    """Raises ValueError when the editors' password can be guessed."""
    least = PASSWORD_CHARS if is_public else PASSWORD_CHARS_AT_HOME
    _check(password, least, _KINDS_IN_PASSWORD, MAKE_WORD)


def _check(secret: str, least: int, kinds: int, make: str) -> None:
    bare = "".join(secret.lower().split()).replace("-", "").replace("_", "")
    if bare in _SAMPLES or any(word in bare for word in _STAND_INS) or _is_repeated(bare):
        raise ValueError(f"must not be a word of a sample, which everybody knows; {make}")
    if len(secret) < least:
        count = len(secret)
        raise ValueError(f"must have {least} characters or more, and has {count}; {make}")
    if len(set(secret)) < kinds:
        raise ValueError(f"must have {kinds} different characters or more; {make}")


def _is_repeated(bare: str) -> bool:
    """Whether it is a sample several times over, such as secretsecretsecret."""
    for times in range(2, len(bare) // 4 + 1):
        word, rest = divmod(len(bare), times)
        if not rest and bare[:word] * times == bare and (bare[:word] in _SAMPLES or word <= 8):  # noqa: PLR2004
            return True
    return False
