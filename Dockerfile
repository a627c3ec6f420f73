# The wheel is built from the locked build backend, and runs as nobody in particular on a read-only root.
FROM python:3.13-slim AS build
WORKDIR /src
COPY requirements.lock ./
RUN python -m venv /opt/ssobot && /opt/ssobot/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md ./
COPY bot bot
COPY commands commands
COPY migrations migrations
RUN /opt/ssobot/bin/pip install --no-cache-dir --no-deps --no-build-isolation --no-index .

FROM python:3.13-slim
RUN useradd --uid 10001 --no-create-home --home-dir /data ssobot && install -d -o ssobot /data
COPY --from=build /opt/ssobot /opt/ssobot
ENV PATH=/opt/ssobot/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    SSOBOT_DATABASE_URL=sqlite+aiosqlite:////data/ssobot.sqlite SSOBOT_LISTEN=0.0.0.0:8080
USER ssobot
WORKDIR /data
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=3s --start-period=20s CMD \
    ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/healthz', timeout=2)"]
ENTRYPOINT ["ssobot"]
CMD ["run"]
