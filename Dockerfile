# 940 as one image for every role: `docker run IMAGE agi|web|worker|relay|backoffice`, and its Redis.
FROM debian:bookworm-slim AS build
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
# hadolint ignore=DL3008  # Debian's own point releases are wanted
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates npm python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY requirements.lock ./
RUN python3 -m venv /uv \
    && awk '/^[^ ]/ { wanted = /^uv==/ } wanted' requirements.lock > /tmp/uv.txt \
    && /uv/bin/pip install --no-cache-dir --require-hashes -r /tmp/uv.txt
COPY . .
RUN tools/assets/fetch
RUN packaging/lay /uv/bin/uv /image && install -D packaging/hotline /image/usr/bin/hotline

FROM debian:bookworm-slim
# espeak-ng makes prompts of texts that a city has changed.
# hadolint ignore=DL3008  # Debian's own point releases are wanted
RUN apt-get update \
    && apt-get install -y --no-install-recommends espeak-ng python3 redis-server \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* \
    && useradd --system --uid 940 --user-group --home-dir /srv/940 hotline \
    && install -d -o hotline -g hotline /srv/940
COPY --from=build /image /
WORKDIR /srv/940
ENV HOTLINE_HOME=/srv/940 \
    HOTLINE_LOG__FORMAT=json
USER hotline
VOLUME /srv/940
EXPOSE 4573 8940 8942
STOPSIGNAL SIGTERM
ENTRYPOINT ["hotline"]
CMD ["doctor"]
