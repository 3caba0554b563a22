/** Encodes one DER element: tag, length, contents. */
export function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag]), lengthOf(body.length), body]);
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Buffer.from([0x80 + bytes.length, ...bytes]);
}

/** A SEQUENCE. */
export const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts);
/** A SET. */
export const set = (...parts: readonly Uint8Array[]): Buffer => der(0x31, ...parts);
/** An OCTET STRING. */
export const octets = (bytes: Uint8Array): Buffer => der(0x04, bytes);
/** A BIT STRING; `unused` is the number of unused bits in the last byte. */
export const bits = (bytes: Uint8Array, unused = 0): Buffer => der(0x03, Buffer.from([unused]), bytes);
/** BOOLEAN TRUE. */
export const yes = (): Buffer => der(0x01, Buffer.from([0xff]));
/** A UTF8String. */
export const utf8 = (text: string): Buffer => der(0x0c, Buffer.from(text, "utf8"));
/** An explicitly tagged context element. */
export const explicit = (tag: number, inner: Uint8Array): Buffer => der(0xa0 + tag, inner);
/** An implicitly tagged primitive context element. */
export const implicit = (tag: number, bytes: Uint8Array): Buffer => der(0x80 + tag, bytes);

/** A non-negative INTEGER from big-endian bytes, in the fewest bytes that keep it so, as DER demands (X.690, 8.3.2). */
export function integer(bytes: Uint8Array): Buffer {
  const start = bytes.findIndex((byte) => byte !== 0);
  const digits = start < 0 ? Buffer.from([0]) : bytes.subarray(start);
  return (digits[0] ?? 0) < 0x80 ? der(0x02, digits) : der(0x02, Buffer.from([0]), digits);
}

/** An OBJECT IDENTIFIER from its dotted text. */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return der(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(arc: number): readonly number[] {
  const digits = [arc % 128];
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128)) digits.unshift((rest % 128) + 128);
  return digits;
}

/** A time as UTCTime up to 2049, which RFC 5280 section 4.1.2.5 demands, and as GeneralizedTime from then on. */
export function time(epochMs: number): Buffer {
  const digits = new Date(epochMs).toISOString().replaceAll(/[-:T]|\.\d+/g, "");
  return digits < "2050" ? der(0x17, Buffer.from(digits.slice(2), "ascii")) : der(0x18, Buffer.from(digits, "ascii"));
}

/** PEM text of DER bytes under a label. */
export function pem(label: string, bytes: Uint8Array): string {
  const lines = Buffer.from(bytes).toString("base64").match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}
