# 940 as one image for every role: `docker run IMAGE agi|web|worker|relay|backoffice`.
FROM debian:bookworm-slim AS build
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
# hadolint ignore=DL3008  # Debian's own point releases are wanted
RUN apt-get update \
    && apt-get install -y --no-install-recommends python3 python3-venv espeak-ng sox \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY requirements.lock pyproject.toml README.md ./
RUN python3 -m venv .venv \
    && awk '/^[^ ]/ { wanted = /^uv==/ } wanted' requirements.lock > /tmp/uv.txt \
    && .venv/bin/pip install --no-cache-dir --require-hashes -r /tmp/uv.txt \
    && .venv/bin/uv pip sync --no-cache --compile-bytecode --python .venv/bin/python --require-hashes requirements.lock
COPY . .
ENV HOTLINE_SOUNDS_DIR=/app/sounds
RUN .venv/bin/uv pip install --no-cache --python .venv/bin/python --no-deps --no-build-isolation \
        --editable . \
    && .venv/bin/hotline prompts build \
    && .venv/bin/python -m compileall -q -x '^[.]/([.]|tests/)' . \
    && .venv/bin/uv pip uninstall --python .venv/bin/python mypy ruff prek deptry import-linter \
        pytest pytest-timeout pytest-xdist pytest-httpserver hypothesis time-machine uv \
        mutmut libcst textual coverage setproctitle panoramisk pystrix

FROM debian:bookworm-slim
# hadolint ignore=DL3008  # Debian's own point releases are wanted
RUN apt-get update \
    && apt-get install -y --no-install-recommends python3 redis-server \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 940 --home-dir /var/lib/hotline --create-home hotline
COPY --from=build /app /app
WORKDIR /app
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    HOTLINE_STATE_DIR=/var/lib/hotline \
    HOTLINE_SOUNDS_DIR=/app/sounds \
    HOTLINE_LOG__FORMAT=json
USER 940
VOLUME /var/lib/hotline
EXPOSE 4573
STOPSIGNAL SIGTERM
ENTRYPOINT ["hotline"]
CMD ["doctor"]
