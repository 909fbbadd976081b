"""What a child process inherits of our environment: what every program needs, and no secret.

Whoever can read a process reads its environment: whoever breaks into Redis or into the program
that makes a voice must not find the carrier's token there. What a role of ours needs beside this is
given to it by name (`hotline.stack`).
"""

from collections.abc import Mapping

PLAIN = frozenset(
    {
        *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "TZ", "TERM", "NO_COLOR"),
        *("LANG", "LANGUAGE", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "SSL_CERT_FILE", "SSL_CERT_DIR"),
    }
)
_PLAIN_KINDS = ("LC_", "PYTHON", "COVERAGE_", "XDG_", "OPENBLAS_")
OF_DATABASES = ("PG",)
"""libpq's own (33.15 there): certificates, time-outs, a password. For who asks the database."""
OF_RECOGNISERS = ("OMP_", "CUDA_", "HF_", "WHISPER_", "VOSK_")
"""By which recognisers are told of cores, cards and models. For them, and for who starts them."""


def inherited(environ: Mapping[str, str], kinds: tuple[str, ...] = ()) -> dict[str, str]:
    """What a child gets of `environ`, with all variables that begin with one of `kinds`."""
    return {
        name: value
        for name, value in environ.items()
        if name in PLAIN or name.startswith((*_PLAIN_KINDS, *kinds))
    }
