# Everything that the operator imports is bundled, so the image holds Node and a few files.
FROM node:24-trixie-slim AS build
WORKDIR /work
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json build.ts shake.ts ./
COPY supply ./supply
COPY src ./src
RUN npm run build && npm run sbom && mkdir cache

FROM gcr.io/distroless/nodejs24-debian13:nonroot
COPY --from=build /work/dist/ /app/
COPY --from=build --chown=65532:65532 /work/cache/ /var/cache/azid/
USER 65532:65532
ENV NODE_ENV=production
ENV NODE_COMPILE_CACHE=/var/cache/azid
# One arena of malloc for all threads: each of its own keeps megabytes, and only one of them allocates much.
ENV MALLOC_ARENA_MAX=1
# Compiles the bundle once, with the Node, the options and the user that will run it: a start takes half the time and less memory.
RUN ["/nodejs/bin/node", "--disable-sigusr1", "--max-semi-space-size=4", "--initial-old-space-size=24", "--heap-growing-percent=40", "--no-maglev", "/app/main.mjs", "run", "--help"]
# SIGUSR1 would open the inspector, by which everything in memory can be read.
# By itself V8 would let the young generation grow to 128 MiB, look at the old one only when it has grown fourfold, and take 10 to
# 50 MiB to optimise a start with two compilers, of which one saves no time that could be measured.
ENTRYPOINT ["/nodejs/bin/node", "--disable-sigusr1", "--max-semi-space-size=4", "--initial-old-space-size=24", "--heap-growing-percent=40", "--no-maglev", "/app/main.mjs"]
CMD ["run"]
