#!/bin/sh
# A draft by whisper.cpp, offline: Arabic and English. `whisper.sh FILE LANGUAGE`
# WHISPER_MODEL in the worker's environment names the model's file, else it is the one below.
# A build without ffmpeg takes 16 kHz alone, so sox makes that.
set -eu
sound=$(mktemp --suffix=.wav)
trap 'rm -f "$sound"' EXIT
sox -D "$1" -r 16000 "$sound"
whisper-cli --model "${WHISPER_MODEL:-/srv/940/ggml-small.bin}" --language "$2" \
    --no-timestamps --no-prints --threads 2 --file "$sound"
