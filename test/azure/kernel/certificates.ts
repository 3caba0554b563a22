import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import type { KeyObject } from "node:crypto";
import { bits, der, explicit, implicit, integer, octets, oid, pem, sequence, set, time, utf8, yes } from "./der.ts";

/** What a TLS server of the simulator needs, and what its clients trust. */
export interface ServingCertificate {
  readonly caPem: string;
  readonly certificatePem: string;
  readonly keyPem: string;
}

interface Party {
  readonly name: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

interface Extension {
  readonly id: string;
  readonly critical: boolean;
  readonly value: Buffer;
}

const DAY_MS = 86_400_000;
const ECDSA_WITH_SHA256 = sequence(oid("1.2.840.10045.4.3.2"));

/** Makes a certificate authority and a certificate for 127.0.0.1, ::1 and localhost, valid from yesterday for two years. */
export function servingCertificate(nowMs: number): ServingCertificate {
  const authority = party("Azure simulator CA");
  const server = party("Azure simulator");
  const ca = certificate(authority, authority, [basicConstraints(true), keyUsage(0x06, 1)], nowMs);
  const leaf = certificate(server, authority, [basicConstraints(false), keyUsage(0x80, 7), serverAuthentication, loopbackNames], nowMs);
  return {
    caPem: pem("CERTIFICATE", ca),
    certificatePem: pem("CERTIFICATE", leaf),
    keyPem: server.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

function party(name: string): Party {
  return { name, ...generateKeyPairSync("ec", { namedCurve: "P-256" }) };
}

function certificate(subject: Party, issuer: Party, extensions: readonly Extension[], nowMs: number): Buffer {
  const keyIds = [subjectKeyId(subject), authorityKeyId(issuer)];
  const toBeSigned = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(randomBytes(15)),
    ECDSA_WITH_SHA256,
    distinguishedName(issuer.name),
    sequence(time(nowMs - DAY_MS), time(nowMs + 730 * DAY_MS)),
    distinguishedName(subject.name),
    subject.publicKey.export({ type: "spki", format: "der" }),
    explicit(3, sequence(...[...extensions, ...keyIds].map(encodeExtension))),
  );
  return sequence(toBeSigned, ECDSA_WITH_SHA256, bits(sign("sha256", toBeSigned, issuer.privateKey)));
}

function distinguishedName(commonName: string): Buffer {
  return sequence(set(sequence(oid("2.5.4.3"), utf8(commonName))));
}

function encodeExtension(extension: Extension): Buffer {
  const critical = extension.critical ? [yes()] : [];
  return sequence(oid(extension.id), ...critical, octets(extension.value));
}

function basicConstraints(isAuthority: boolean): Extension {
  return { id: "2.5.29.19", critical: true, value: isAuthority ? sequence(yes()) : sequence() };
}

function keyUsage(usage: number, unused: number): Extension {
  return { id: "2.5.29.15", critical: true, value: bits(Buffer.from([usage]), unused) };
}

const serverAuthentication: Extension = { id: "2.5.29.37", critical: false, value: sequence(oid("1.3.6.1.5.5.7.3.1")) };

const loopbackNames: Extension = {
  id: "2.5.29.17",
  critical: false,
  value: sequence(
    implicit(2, Buffer.from("localhost", "ascii")),
    implicit(7, Buffer.from([127, 0, 0, 1])),
    implicit(7, Buffer.concat([Buffer.alloc(15), Buffer.from([1])])),
  ),
};

function keyId(owner: Party): Buffer {
  return createHash("sha1").update(owner.publicKey.export({ type: "spki", format: "der" })).digest();
}

function subjectKeyId(subject: Party): Extension {
  return { id: "2.5.29.14", critical: false, value: octets(keyId(subject)) };
}

function authorityKeyId(issuer: Party): Extension {
  return { id: "2.5.29.35", critical: false, value: der(0x30, implicit(0, keyId(issuer))) };
}
