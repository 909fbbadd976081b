#!/bin/sh
# Azure AI Speech: azure.sh VOICE REGION KEY_FILE, as in azure.sh ar-SA-ZariyahNeural uaenorth /etc/hotline/azure.key
# Text by standard input, WAV by standard output. Needs curl and jq. The key stands alone in its file, for us alone.
set -eu
umask 077
voice=$1 region=$2 key_file=$3
secret=$(mktemp) # the key is no word of a command: whoever is on the machine reads those
trap 'rm -f "$secret"' EXIT
printf 'header = "Ocp-Apim-Subscription-Key: %s"\n' "$(cat "$key_file")" >"$secret"
language=$(printf %s "$voice" | cut -d- -f1,2)
jq -Rrs --arg voice "$voice" --arg language "$language" \
    '"<speak version=\"1.0\" xml:lang=\"\($language)\"><voice name=\"\($voice)\">\(@html)</voice></speak>"' |
    curl --silent --show-error --fail --max-time 60 --config "$secret" \
        --header 'Content-Type: application/ssml+xml' \
        --header 'X-Microsoft-OutputFormat: riff-24khz-16bit-mono-pcm' \
        --data-binary @- "https://$region.tts.speech.microsoft.com/cognitiveservices/v1"
