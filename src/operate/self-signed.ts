import { generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { bitString, element, generalizedTime, identifier, octetString, sequence } from "./der.ts";

/** A certificate and its key, both in PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

const DAY_MS = 86_400_000;
/** Clocks that are a little behind must take it, too. */
const BEFORE_MS = 3_600_000;

// Object identifiers by RFC 5480 and RFC 5280.
const ECDSA_WITH_SHA256 = sequence(identifier("2a8648ce3d040302"));
const COMMON_NAME = identifier("550403");
const SERVER_AUTHENTICATION = identifier("2b06010505070301");
const EXTENSION = { basicConstraints: "551d13", keyUsage: "551d0f", extendedKeyUsage: "551d25", subjectAltName: "551d11" } as const;
const CRITICAL = element(0x01, Buffer.of(0xff));

/**
 * A certificate of its own issuer on P-256, for encryption where nobody gave one: who wants to know whom they talk to gives a
 * certificate. Node has no function for that, and what is written is so little of X.509 (RFC 5280) that it takes no library.
 */
export function selfSignedCertificate(hostNames: readonly string[], { nowMs, days }: { readonly nowMs: number; readonly days: number }): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const name = sequence(element(0x31, sequence(COMMON_NAME, element(0x0c, Buffer.from("azure-identity-operator", "utf8")))));
  const toBeSigned = sequence(
    element(0xa0, element(0x02, Buffer.of(2))),
    element(0x02, serialNumber()),
    ECDSA_WITH_SHA256,
    name,
    validity(nowMs, days),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    element(0xa3, sequence(...extensions(hostNames))),
  );
  const der = sequence(toBeSigned, ECDSA_WITH_SHA256, bitString(sign("sha256", toBeSigned, privateKey)));
  return { cert: pem(der), key: privateKey.export({ type: "pkcs8", format: "pem" }).toString() };
}

/** Positive, not beginning with a zero byte, and random, as RFC 5280 section 4.1.2.2 demands. */
function serialNumber(): Buffer {
  return Buffer.concat([Buffer.of(0x40), randomBytes(15)]);
}

/** RFC 5280 demands UTCTime up to 2049. */
function validity(nowMs: number, days: number): Buffer {
  return sequence(utcTime(nowMs - BEFORE_MS), utcTime(nowMs + days * DAY_MS));
}

function utcTime(epochMs: number): Buffer {
  const general = generalizedTime(epochMs);
  return new Date(epochMs).getUTCFullYear() > 2049 ? general : element(0x17, general.subarray(4));
}

function extensions(hostNames: readonly string[]): readonly Buffer[] {
  return [
    sequence(identifier(EXTENSION.basicConstraints), CRITICAL, octetString(sequence())),
    sequence(identifier(EXTENSION.keyUsage), CRITICAL, octetString(bitString(Buffer.of(0x80), 7))),
    sequence(identifier(EXTENSION.extendedKeyUsage), octetString(sequence(SERVER_AUTHENTICATION))),
    sequence(identifier(EXTENSION.subjectAltName), octetString(sequence(...hostNames.map((host) => element(0x82, Buffer.from(host, "ascii")))))),
  ];
}

function pem(der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}
