/** One element in DER: its tag, the length of its contents, and these. */
export function element(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(contents);
  const hex = body.length.toString(16);
  const digits = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
  const length = body.length < 0x80 ? digits : Buffer.concat([Buffer.of(0x80 + digits.length), digits]);
  return Buffer.concat([Buffer.of(tag), length, body]);
}

/** A SEQUENCE. */
export const sequence = (...parts: readonly Uint8Array[]): Buffer => element(0x30, ...parts);

/** An OBJECT IDENTIFIER whose encoding is known, in hexadecimal. */
export const identifier = (hex: string): Buffer => element(0x06, Buffer.from(hex, "hex"));

/** A BIT STRING; `unused` bits at its end do not count. */
export const bitString = (bytes: Uint8Array, unused = 0): Buffer => element(0x03, Buffer.of(unused), bytes);

/** An OCTET STRING. */
export const octetString = (bytes: Uint8Array): Buffer => element(0x04, bytes);

/** A GeneralizedTime, in seconds. */
export function generalizedTime(epochMs: number): Buffer {
  return element(0x18, Buffer.from(new Date(epochMs).toISOString().replaceAll(/[-:T]|\.\d+/g, ""), "ascii"));
}
