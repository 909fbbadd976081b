"""A draft by PocketSphinx, offline: English alone, and a poor listener. `sphinx.py FILE LANGUAGE`.

Needs sox and `pip install pocketsphinx` (which brings its model) in the Python that runs it.
"""

import subprocess
import sys

from pocketsphinx import Decoder

RATE = 16_000


def main(file: str, language: str) -> None:
    """Print what was understood; nothing where it was nothing, or is of a language unknown here."""
    if language != "en":
        return
    raw = ["-r", str(RATE), "-b", "16", "-e", "signed-integer", "-c", "1", "-t", "raw", "-"]
    sound = subprocess.run(["sox", "-D", file, *raw], capture_output=True, check=True).stdout
    decoder = Decoder(samprate=float(RATE), loglevel="FATAL")
    decoder.start_utt()
    decoder.process_raw(sound, full_utt=True)
    decoder.end_utt()
    heard = decoder.hyp()
    print(heard.hypstr if heard else "")


if __name__ == "__main__":
    main(*sys.argv[1:3])
