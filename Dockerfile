# CPU only: sets the project up and runs `make repro`.
#
#   docker build -t slmmux .
#   docker run --rm slmmux
#
# `make repro` takes samples and grades from the shipped cache and runs no program of a model. Grading programs again
# (`make recompute`, `make test`) needs the sandbox of docs/sandbox.md: user namespaces, mounts inside them, and
# seccomp filters. Docker's default profiles forbid the first two, so start it with
#
#   docker run --rm --security-opt seccomp=unconfined --security-opt apparmor=unconfined slmmux make recompute
#
# on a host that permits unprivileged user namespaces. No privilege and no capability is needed beyond that.
FROM python:3.11-slim-bookworm

RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends git make gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home slmmux
USER slmmux
WORKDIR /home/slmmux/study

# The libraries first, so that a change of the code does not install them again.
COPY --chown=slmmux Makefile pyproject.toml README.md LICENSE ./
COPY --chown=slmmux requirements requirements
COPY --chown=slmmux slmmux slmmux
RUN make .venv/core
COPY --chown=slmmux . .
RUN touch .venv/core
CMD ["make", "repro"]
