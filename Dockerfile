# The image of Tenure: one program, which is the operator and what its Jobs run.
#
#     docker build --tag registry.example/tenure:0.1.0 .
#
# Name it by its digest where you install it (image.digest of charts/tenure): then it cannot change under a tenant, and
# the layers below may be pinned the same way:
#
#     docker build --build-arg BUILDER=docker.io/library/rust@sha256:... --build-arg BASE=gcr.io/distroless/cc-debian12@sha256:... .
ARG BUILDER=docker.io/library/rust:1.95-bookworm
ARG BASE=gcr.io/distroless/cc-debian12:nonroot

FROM ${BUILDER} AS build
WORKDIR /build
# No path of the machine that builds and no debug information gets into the program: the same sources give the same bytes.
ENV CARGO_TERM_COLOR=never \
    CARGO_INCREMENTAL=0 \
    RUSTFLAGS="--remap-path-prefix=/build=tenure --remap-path-prefix=/usr/local/cargo=cargo -C strip=symbols"
COPY Cargo.toml Cargo.lock ./
# The manifest names these targets; they are not built.
COPY benches benches
COPY src src
RUN cargo build --locked --release --bin tenure && install -D -m 0555 target/release/tenure /out/tenure

FROM ${BASE}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="tenure" \
      org.opencontainers.image.description="Joiner-mover-leaver workflows as Kubernetes resources" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /out/tenure /usr/local/bin/tenure
COPY LICENSE /usr/share/doc/tenure/LICENSE
# Nobody: what runs writes nothing to its root file system and needs no capability.
USER 65532:65532
WORKDIR /
ENTRYPOINT ["/usr/local/bin/tenure"]
