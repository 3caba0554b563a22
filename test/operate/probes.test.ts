import { connect } from "node:net";
import { afterEach, expect, test } from "vitest";
import { type ProbeOptions, type Probes, startProbes } from "../../src/operate/probes.ts";

const loopback = { is: "listen", host: "127.0.0.1", port: 0 } as const;
const open: Probes[] = [];
const errors: unknown[] = [];

afterEach(async () => {
  errors.length = 0;
  await Promise.all(open.splice(0).map((probes) => probes.close()));
});

async function start(options: Partial<ProbeOptions> = {}): Promise<Probes> {
  const probes = await startProbes({
    healthAddress: loopback,
    metricsAddress: loopback,
    health: [{ name: "event-loop", fault: () => undefined }],
    ready: [],
    metrics: async () => ({ contentType: "text/plain; version=0.0.4", body: "up 1\n" }),
    onError: (error) => errors.push(error),
    ...options,
  });
  open.push(probes);
  return probes;
}

async function get(port: number | undefined, path: string, init: RequestInit = {}) {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
  return { status: response.status, body: await response.text(), headers: response.headers };
}

test("health is 200 while every check holds, and 503 with the reason when one does not", async () => {
  const faults = new Map<string, string>();
  const { healthPort } = await start({ health: ["event-loop", "workers"].map((name) => ({ name, fault: () => faults.get(name) })) });
  expect(await get(healthPort, "/healthz")).toMatchObject({ status: 200, body: "[+]event-loop ok\n[+]workers ok\nhealthz check passed\n" });
  faults.set("workers", "a run has not ended for 700 s (limit 600 s)");
  expect(await get(healthPort, "/healthz?verbose")).toMatchObject({
    status: 503,
    body: "[+]event-loop ok\n[-]workers: a run has not ended for 700 s (limit 600 s)\nhealthz check failed\n",
  });
});

test("readiness tells what is missing, and is not health", async () => {
  const missing = new Map([["caches", "IdentityAssignment is not listed yet"], ["credential", "AADSTS70021 for https://login/x?sig=1"]]);
  const ready = ["caches", "credential"].map((name) => ({ name, fault: () => missing.get(name) }));
  const { healthPort } = await start({ ready });
  expect((await get(healthPort, "/readyz")).body).toBe(
    "[-]caches: IdentityAssignment is not listed yet\n[-]credential: AADSTS70021 for https://login/x?[redacted]\n[+]shutdown ok\nreadyz check failed\n",
  );
  expect((await get(healthPort, "/healthz")).status).toBe(200);
  missing.clear();
  expect(await get(healthPort, "/readyz")).toMatchObject({
    status: 200,
    body: "[+]caches ok\n[+]credential ok\n[+]shutdown ok\nreadyz check passed\n",
  });
});

test("the status page is for people", async () => {
  const { healthPort } = await start({ status: () => ["quota writes: 3 left, 40 waiting"] });
  expect(await get(healthPort, "/statusz")).toMatchObject({ status: 200, body: "quota writes: 3 left, 40 waiting\n" });
});

test("once shutting down it is never ready again, and still healthy", async () => {
  const probes = await start();
  probes.refuse("shutting down after SIGTERM");
  expect(await get(probes.healthPort, "/readyz")).toMatchObject({
    status: 503,
    body: "[-]shutdown: shutting down after SIGTERM\nreadyz check failed\n",
  });
  expect((await get(probes.healthPort, "/healthz")).status).toBe(200);
});

test("a check that throws has failed, and its error goes to the log only", async () => {
  const fault = () => {
    throw new Error("inner detail");
  };
  const { healthPort } = await start({ health: [{ name: "workers", fault }] });
  const answer = await get(healthPort, "/healthz");
  expect(answer).toMatchObject({ status: 503, body: "[-]workers: the check itself failed: the log says why\nhealthz check failed\n" });
  expect(errors.map(String)).toEqual(["Error: inner detail"]);
});

test("metrics have a server of their own", async () => {
  const { healthPort, metricsPort } = await start();
  const answer = await get(metricsPort, "/metrics");
  expect(answer).toMatchObject({ status: 200, body: "up 1\n" });
  expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4");
  expect((await get(healthPort, "/metrics")).status).toBe(404);
  expect((await get(metricsPort, "/healthz")).status).toBe(404);
});

test("metrics that cannot be made are a 500 without the reason", async () => {
  const { metricsPort } = await start({ metrics: () => Promise.reject(new Error("inner detail")) });
  expect(await get(metricsPort, "/metrics")).toMatchObject({ status: 500, body: "cannot make this page: the log says why\n" });
  expect(errors.map(String)).toEqual(["Error: inner detail"]);
});

test("only GET and HEAD, only known paths, nothing to keep", async () => {
  const { healthPort } = await start();
  const posted = await get(healthPort, "/healthz", { method: "POST" });
  expect([posted.status, posted.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  const head = await get(healthPort, "/healthz", { method: "HEAD" });
  expect([head.status, head.body, head.headers.get("cache-control")]).toEqual([200, "", "no-store"]);
  expect(await get(healthPort, "/constructor")).toMatchObject({ status: 404, body: "not found: there are /healthz, /readyz, /statusz\n" });
});

test("off means no server", async () => {
  const probes = await start({ healthAddress: { is: "off" }, metricsAddress: { is: "off" } });
  expect([probes.healthPort, probes.metricsPort]).toEqual([undefined, undefined]);
});

test("an address that is taken is one sentence, and the other server does not stay behind", async () => {
  const freed = await start();
  await freed.close();
  const healthAddress = { ...loopback, port: freed.healthPort ?? 0 };
  const port = (await start()).metricsPort ?? 0;
  await expect(start({ healthAddress, metricsAddress: { ...loopback, port } })).rejects.toThrow(
    `cannot listen on 127.0.0.1:${port}: EADDRINUSE: choose another address with --metrics-bind-address, or 0 for none`,
  );
  expect((await start({ healthAddress })).healthPort).toBe(healthAddress.port);
});

test("closing ends connections that are still open", async () => {
  const probes = await start();
  const socket = connect({ host: "127.0.0.1", port: probes.healthPort ?? 0 });
  await new Promise((resolve) => socket.once("connect", resolve));
  const ended = new Promise((resolve) => socket.once("close", resolve));
  socket.resume();
  await probes.close();
  await ended;
  await expect(get(probes.healthPort, "/healthz")).rejects.toThrow();
});
