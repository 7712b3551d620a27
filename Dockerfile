# Two images from one file, for every platform that Go and the base image know:
#
#   docker build --target webhook --build-arg VERSION=v0.1.0 -t ghcr.io/inshore-dev/inshore-webhook:v0.1.0 .
#   docker build --target agent   --build-arg VERSION=v0.1.0 -t ghcr.io/inshore-dev/inshore-agent:v0.1.0 .

# The version of go.mod; a test holds the two together.
ARG GO_VERSION=1.26

# Runs on the builder's own platform and compiles for the target's: nothing is
# emulated.
FROM --platform=${BUILDPLATFORM} golang:${GO_VERSION}-bookworm AS build
WORKDIR /src
# Outside the home directory, where the cache mounts below can name it.
ENV GOMODCACHE=/cache/modules GOCACHE=/cache/build
# Dependencies are a layer of their own: they change less often than the code.
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/cache go mod download
COPY . .
ARG TARGETOS
ARG TARGETARCH
# What `version` says. There is no repository in the build context to read it
# from.
ARG VERSION=devel
# Both programs at once: they share most packages. CGO_ENABLED=0 makes them
# static, which scratch needs; -trimpath leaves this machine's paths out, so the
# same source gives the same binary; -s -w leave out what only a debugger reads
# (panics keep their file names and lines).
RUN --mount=type=cache,target=/cache \
    CGO_ENABLED=0 GOOS=${TARGETOS} GOARCH=${TARGETARCH} go build -trimpath \
      -ldflags="-s -w \
        -X github.com/inshore-dev/inshore/cmd/internal/version.linked=${VERSION}" \
      -o /out/ ./cmd/inshore-webhook ./cmd/inshore-agent

# From scratch: no shell, no package manager, nothing to scan but the program.
# Neither needs certificates of public authorities (the API server's comes with
# the service account), a zone database or /etc/passwd.
FROM scratch AS webhook
COPY --from=build /out/inshore-webhook /inshore-webhook
# A number, since runAsNonRoot cannot judge a name.
USER 65532:65532
EXPOSE 9443 8080 8081
ENTRYPOINT ["/inshore-webhook"]

FROM scratch AS agent
COPY --from=build /out/inshore-agent /inshore-agent
# So that `kubectl exec … -- inshore-agent status` finds it.
ENV PATH=/
# Root, since that is who owns /sys/fs/bpf (mode 0700). It brings no capability:
# the agent's manifest drops all and adds two. nft, libraries and a shell are not
# missing: nftables is spoken to over netlink, and the eBPF objects are in the
# binary.
USER 0:0
EXPOSE 10465
ENTRYPOINT ["/inshore-agent"]
