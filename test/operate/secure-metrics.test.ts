import { X509Certificate } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { expect, onTestFinished, test } from "vitest";
import { certificateIn, type CertificateSource, selfMadeCertificate } from "../../src/operate/certificates.ts";
import { startProbes } from "../../src/operate/probes.ts";
import { selfSignedCertificate } from "../../src/operate/self-signed.ts";
import { VirtualClock } from "../queue/virtual-clock.ts";

const NOW_MS = Date.UTC(2026, 10, 24);
const DAY_MS = 86_400_000;
const loopback = { is: "listen", host: "127.0.0.1", port: 0 } as const;

async function started(certificate: CertificateSource) {
  const clock = new VirtualClock();
  const errors: unknown[] = [];
  const probes = await startProbes({
    healthAddress: { is: "off" },
    metricsAddress: loopback,
    health: [],
    ready: [],
    metrics: async () => ({ contentType: "text/plain; version=0.0.4", body: "up 1\n" }),
    metricsSecurity: {
      certificate,
      gate: async ({ authorization }) => (authorization === "Bearer friend" ? undefined : { status: 401, contentType: "text/plain", body: "no\n" }),
      clock,
      onError: (error) => errors.push(error),
    },
    onError: (error) => errors.push(error),
  });
  onTestFinished(() => probes.close());
  return { clock, errors, port: probes.metricsPort ?? 0 };
}

interface Asked {
  readonly port: number;
  readonly ca: string;
  readonly authorization?: string;
  readonly path?: string;
}

function get({ port, ca, authorization, path = "/metrics" }: Asked): Promise<{ status: number | undefined; challenge: string | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    const headers = authorization === undefined ? {} : { authorization };
    const asked = request({ host: "127.0.0.1", port, path, ca, servername: "localhost", headers, agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
      response.on("end", () => resolve({ status: response.statusCode, challenge: response.headers["www-authenticate"], body }));
    });
    asked.once("error", reject);
    asked.end();
  });
}

function servedSerial(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerX509Certificate()?.serialNumber ?? "");
      socket.destroy();
    });
    socket.once("error", reject);
  });
}

const serial = (cert: string) => new X509Certificate(cert).serialNumber;

test("a self-made certificate is its own issuer, for its names, from now on, and another one each time", () => {
  const { cert } = selfSignedCertificate(["localhost", "pod-1"], { nowMs: NOW_MS, days: 365 });
  const read = new X509Certificate(cert);
  expect(read.verify(read.publicKey)).toBe(true);
  expect([read.checkHost("localhost"), read.checkHost("pod-1"), read.checkHost("pod-2"), read.ca]).toEqual(["localhost", "pod-1", undefined, false]);
  expect([read.validFromDate, read.validToDate]).toEqual([new Date(NOW_MS - 3_600_000), new Date(NOW_MS + 365 * DAY_MS)]);
  expect(read.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
  expect(serial(selfSignedCertificate(["localhost"], { nowMs: NOW_MS, days: 365 }).cert)).not.toBe(read.serialNumber);
});

test("a self-made certificate stays for half of its life", async () => {
  let nowMs = NOW_MS;
  const source = selfMadeCertificate(() => nowMs);
  const { cert } = await source();
  nowMs += 182 * DAY_MS;
  expect((await source()).cert).toBe(cert);
  nowMs += DAY_MS;
  expect((await source()).cert).not.toBe(cert);
});

test("metrics come by TLS to whom the gate lets through; without a token nobody learns which pages there are", async () => {
  const certificate = selfSignedCertificate(["localhost"], { nowMs: Date.now(), days: 1 });
  const { port } = await started(async () => certificate);
  const asked = { port, ca: certificate.cert };
  expect(await get({ ...asked, authorization: "Bearer friend" })).toMatchObject({ status: 200, body: "up 1\n" });
  expect(await get(asked)).toMatchObject({ status: 401, challenge: "Bearer", body: "no\n" });
  for (const path of ["/", "/debug/pprof/", "/healthz"]) expect(await get({ ...asked, path })).toMatchObject({ status: 401 });
  expect((await get({ ...asked, path: "/debug/pprof/", authorization: "Bearer friend" })).status).toBe(404);
  await expect(fetch(`http://127.0.0.1:${port}/metrics`)).rejects.toThrow();
});

test("a renewed certificate is served without a restart; one that cannot be used leaves the old one in place", async () => {
  const folder = await mkdtemp(join(tmpdir(), "certificate-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const put = async ({ cert, key }: { cert: string; key: string }) => {
    await writeFile(join(folder, "tls.crt"), cert);
    await writeFile(join(folder, "tls.key"), key);
  };
  const [first, second] = [1, 2].map(() => selfSignedCertificate(["localhost"], { nowMs: Date.now(), days: 1 }));
  if (first === undefined || second === undefined) throw new Error("there are none");
  await put(first);
  const { clock, errors, port } = await started(certificateIn(folder));
  expect(await servedSerial(port)).toBe(serial(first.cert));
  const looked = async (isSeen: () => Promise<boolean>) => {
    await clock.advance(10_000);
    while (!(await isSeen())) await new Promise((resolve) => setImmediate(resolve));
  };
  await put({ cert: second.cert, key: first.key });
  await looked(async () => errors.length === 1);
  expect(await servedSerial(port)).toBe(serial(first.cert));
  await put(second);
  await looked(async () => (await servedSerial(port)) === serial(second.cert));
});

test("a start without the files says what is missing", async () => {
  await expect(started(certificateIn("/nowhere"))).rejects.toThrow(
    /^cannot use the certificate for metrics: ENOENT: .*: give --metrics-cert-path a folder with tls\.crt and tls\.key that belong together$/,
  );
});
