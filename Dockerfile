# docker build --build-arg COMMIT="$(git rev-parse HEAD)" --tag lockkeeper .
FROM rust:1-slim-bookworm AS build
# What `lockkeeper --version` names: the sources come without git.
ARG COMMIT=""
WORKDIR /source
COPY . .
RUN LOCKKEEPER_COMMIT="$COMMIT" cargo build --release --locked --bin lockkeeper

# The deployment programs of your executors need tools of their own: build an image from this one that adds them.
FROM debian:bookworm-slim
# The authorities that sign the certificates of servers, for the client and for `https` steps: Debian's newest.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/*
RUN groupadd --gid 10001 lockkeeper \
    && useradd --uid 10001 --gid lockkeeper --home-dir /var/lib/lockkeeper --shell /usr/sbin/nologin lockkeeper \
    && install -d -m 700 -o lockkeeper -g lockkeeper /var/lib/lockkeeper
COPY docs/configuration.md /usr/share/doc/lockkeeper/configuration.md
COPY packaging/lockkeeper.toml /etc/lockkeeper/lockkeeper.toml
COPY --from=build /source/target/release/lockkeeper /usr/bin/lockkeeper
ENV LOCKKEEPER_CONFIG=/etc/lockkeeper/lockkeeper.toml LOCKKEEPER_LISTEN=0.0.0.0:8080
USER 10001:10001
# The database and the state directory, which have to outlive the container.
VOLUME /var/lib/lockkeeper
WORKDIR /var/lib/lockkeeper
EXPOSE 8080
# lockkeeper is process 1, and collects what its commands leave behind. At SIGTERM it lets running targets end for
# `[worker] drain`, 30 seconds by default: give it more time than that before it is killed.
ENTRYPOINT ["/usr/bin/lockkeeper"]
CMD ["serve"]
