"""Tell what Whisper hears: a JSON object a line in, one a line out, in the same order.

In: `file` (WAV), `language` (ar, en) and `text`, which is what was said. Out: `heard`, and `sure`,
the mean logarithm of the probability that it gives each next piece of the text that was said (0 is
certainty). Run by the Python of the folder that tools/whisper/setup made, where the model lies too.
"""

import json
import sys
from pathlib import Path

import numpy as np
from faster_whisper import WhisperModel, decode_audio
from faster_whisper.tokenizer import Tokenizer

_FRAMES = 3000
"""Of the recogniser's window: 30 s."""
_RATE = 16000


def main() -> None:
    """One model for all lines."""
    path = str(Path(sys.prefix, "model"))
    model = WhisperModel(path, device="cpu", compute_type="int8", local_files_only=True)
    for line in sys.stdin:
        asked = json.loads(line)
        sound = decode_audio(asked["file"], sampling_rate=_RATE)
        sound = np.pad(sound, (_RATE // 4, _RATE // 2))
        segments, _ = model.transcribe(
            sound,
            language=asked["language"],
            temperature=0,
            condition_on_previous_text=False,
            without_timestamps=True,
            no_repeat_ngram_size=5,  # or a voice that it does not know is one word for ever
        )
        heard = " ".join(segment.text for segment in segments)
        told = {"heard": heard.strip(), "sure": _sure(model, sound, asked)}
        print(json.dumps(told, ensure_ascii=False), flush=True)


def _sure(model: WhisperModel, sound: np.ndarray, asked: dict[str, str]) -> float:
    words = Tokenizer(
        model.hf_tokenizer, multilingual=True, task="transcribe", language=asked["language"]
    )
    features = model.feature_extractor(sound)[:, :_FRAMES]
    frames = features.shape[-1]
    encoded = model.encode(np.pad(features, ((0, 0), (0, _FRAMES - frames))))
    pieces = words.encode(f" {asked['text']}")
    (found,) = model.model.align(encoded, words.sot_sequence, [pieces], [frames])
    return float(np.log(np.maximum(found.text_token_probs, 1e-9)).mean())


if __name__ == "__main__":
    main()
