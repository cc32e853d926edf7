# camvault with every tool it knows how to use, on Debian 13.
#
#   docker build -t camvault .
#   docker run --rm --device /dev/sr0 -v "$PWD:/data" camvault run_bodycam_pipeline shift1/cam1_0001.mp4
#
# All tests, in a container (the rig's guest is built there, hence --privileged):
#   docker build --target test -t camvault-test . && docker run --rm --privileged camvault-test

FROM debian:trixie-slim AS base
ENV DEBIAN_FRONTEND=noninteractive LANG=C.UTF-8
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        python3 python3-venv ca-certificates tzdata \
        ffmpeg genisoimage xorriso growisofs dvd+rw-tools rsync openssh-client \
    && rm -rf /var/lib/apt/lists/*

FROM base AS test
RUN apt-get update && apt-get install -y --no-install-recommends make git && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/camvault
COPY . .
CMD ["make", "test"]

FROM base
WORKDIR /opt/camvault
COPY pyproject.toml README.md LICENSE ./
COPY tools/requirements.txt tools/
COPY core core
COPY ports ports
COPY adapters adapters
COPY apps apps
RUN python3 -m venv .venv \
    && .venv/bin/pip install --no-cache-dir --requirement tools/requirements.txt \
    && .venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation .
ENV PATH=/opt/camvault/.venv/bin:$PATH CAMVAULT_ROOT=/data
WORKDIR /data
CMD ["run_bodycam_pipeline", "--help"]
