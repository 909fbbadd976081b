#!/bin/sh
# Google Cloud Text-to-Speech: google.sh VOICE KEY_FILE, as in google.sh ar-XA-Wavenet-A /etc/hotline/google.key
# Text by standard input, WAV by standard output. Needs curl, jq and base64. The API key stands alone in its file.
set -eu
umask 077
voice=$1 key_file=$2
secret=$(mktemp) # the key is no word of a command: whoever is on the machine reads those
trap 'rm -f "$secret"' EXIT
printf 'header = "X-Goog-Api-Key: %s"\n' "$(cat "$key_file")" >"$secret"
jq -Rs --arg voice "$voice" '{
    input: {text: .},
    voice: {languageCode: ($voice | split("-")[:2] | join("-")), name: $voice},
    audioConfig: {audioEncoding: "LINEAR16", sampleRateHertz: 24000}
}' |
    curl --silent --show-error --fail --max-time 60 --config "$secret" \
        --header 'Content-Type: application/json' --data-binary @- \
        https://texttospeech.googleapis.com/v1/text:synthesize |
    jq -r .audioContent | base64 -d
