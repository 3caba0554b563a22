import { X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { servingCertificate } from "./kernel/certificates.ts";
import { integer, oid, time } from "./kernel/der.ts";

describe("DER (X.690)", () => {
  it.each([
    { name: "leading zeros go", bytes: [0, 0, 5], want: "020105" },
    { name: "one zero stays before a high bit", bytes: [0, 0x80], want: "02020080" },
    { name: "one zero is added before a high bit", bytes: [0xff, 1], want: "020300ff01" },
    { name: "zero is one byte", bytes: [0, 0], want: "020100" },
  ])("an INTEGER is minimal: $name", ({ bytes, want }) => {
    expect(integer(Buffer.from(bytes)).toString("hex")).toBe(want);
  });

  it("an OBJECT IDENTIFIER has its arcs in base 128", () => {
    expect(oid("1.2.840.10045.4.3.2").toString("hex")).toBe("06082a8648ce3d040302");
  });

  it("a time is UTCTime up to 2049 and GeneralizedTime from then on", () => {
    expect(time(Date.UTC(2049, 11, 31)).subarray(2).toString()).toBe("491231000000Z");
    expect(time(Date.UTC(2050, 0, 1)).subarray(2).toString()).toBe("20500101000000Z");
  });
});

describe("the serving certificate", () => {
  const nowMs = Date.UTC(2026, 5, 1);
  const made = servingCertificate(nowMs);
  const [authority, leaf] = [new X509Certificate(made.caPem), new X509Certificate(made.certificatePem)];

  it("is issued by the authority, which is its own", () => {
    expect([authority.ca, leaf.ca, authority.verify(authority.publicKey), leaf.verify(authority.publicKey)]).toEqual([true, false, true, true]);
    expect(leaf.checkIssued(authority)).toBe(true);
  });

  it("is for the loopback names, from yesterday for two years", () => {
    expect(leaf.subjectAltName).toBe("DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1");
    expect([leaf.validFromDate, leaf.validToDate]).toEqual([new Date(nowMs - 86_400_000), new Date(nowMs + 730 * 86_400_000)]);
  });
});
