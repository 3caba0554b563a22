# Everything that the operator imports ends up in one file, so the image holds Node and that file.
FROM node:24-trixie-slim AS build
WORKDIR /work
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json build.ts ./
COPY src ./src
RUN npm run build

FROM gcr.io/distroless/nodejs24-debian13:nonroot
COPY --from=build /work/dist/ /app/
USER 65532:65532
ENV NODE_ENV=production
ENTRYPOINT ["/nodejs/bin/node", "/app/main.mjs"]
CMD ["run"]
