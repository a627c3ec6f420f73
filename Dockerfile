# A tag can be moved; who wants none of that builds with --build-arg PYTHON=python@sha256:…
ARG PYTHON=python:3.13.7-slim-trixie

# Every wheel has been checked against the lock before anything is installed. What only builds stays in this stage.
FROM ${PYTHON} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
COPY requirements.lock ./
RUN pip wheel --require-hashes --wheel-dir /wheels --requirement requirements.lock && \
    pip install --no-index --find-links /wheels /wheels/hatchling-*.whl
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
COPY commands commands
COPY migrations migrations
RUN pip wheel --no-deps --no-build-isolation --no-index --wheel-dir /wheels .
RUN python -m venv --without-pip /opt/ssobot && \
    pip --python /opt/ssobot/bin/python install --no-index --find-links /wheels /wheels/ssobot-*.whl

FROM ${PYTHON}
LABEL org.opencontainers.image.title="ssobot" \
      org.opencontainers.image.description="Connects Rocket.Chat to the identity provider Encvoy ID, from the chat" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="0.1.0"
RUN pip uninstall --yes pip && \
    useradd --uid 10001 --no-create-home --home-dir /data ssobot && \
    install --directory --owner 10001 --group 10001 --mode 0700 /data
COPY --from=build /opt/ssobot /opt/ssobot
ENV PATH=/opt/ssobot/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 SSOBOT_LISTEN=0.0.0.0:8080
USER 10001:10001
# The database is in the working folder unless SSOBOT_DATABASE_URL or its _FILE says otherwise.
WORKDIR /data
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s CMD ["ssobot", "health"]
ENTRYPOINT ["ssobot"]
CMD ["run"]
