#!/bin/sh
# Amazon Polly: polly.sh VOICE LANGUAGE PROFILE, as in polly.sh Hala ar-AE hotline
# Text by standard input, WAV by standard output. Needs the aws command (v2) and sox; the profile is in ~/.aws.
set -eu
voice=$1 language=$2 profile=$3
sound=$(mktemp)
trap 'rm -f "$sound"' EXIT
aws --profile "$profile" polly synthesize-speech --engine neural --voice-id "$voice" --language-code "$language" \
    --output-format pcm --sample-rate 16000 --text "$(cat)" "$sound" >/dev/null
sox -t raw -r 16000 -e signed -b 16 -c 1 "$sound" -t wav -
