"""Say the text of standard input as WAV on standard output: `say.py --voice af_heart --speed 1.2`.

Run by the Python of the folder that tools/kokoro/setup made, where the model lies too.
"""

import argparse
import io
import sys
from pathlib import Path

import soundfile
from kokoro_onnx import Kokoro

_LANGUAGES = {"a": "en-us", "b": "en-gb", "h": "hi"}


def main() -> None:
    """Read, say, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--voice", default="af_heart", help="a- American, b- British, h- Hindi")
    parser.add_argument("--language", help="Of the text, by its code: ur")
    parser.add_argument("--speed", type=float, default=1.0)
    chosen = parser.parse_args()
    home = Path(sys.prefix)
    kokoro = Kokoro(str(home / "kokoro-v1.0.int8.onnx"), str(home / "voices.npz"))
    language = chosen.language or _LANGUAGES[chosen.voice[0]]
    text = sys.stdin.buffer.read().decode()
    samples, rate = kokoro.create(text, voice=chosen.voice, speed=chosen.speed, lang=language)
    file = io.BytesIO()  # a WAV's head is written last, which standard output cannot do
    soundfile.write(file, samples, rate, format="WAV")
    sys.stdout.buffer.write(file.getvalue())


if __name__ == "__main__":
    main()
