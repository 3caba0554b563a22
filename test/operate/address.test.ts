import { expect, test } from "vitest";
import { bindAddressText, parseBindAddress } from "../../src/operate/address.ts";

test.each([
  ["0", { is: "off" }],
  [":8080", { is: "listen", port: 8080 }],
  [":0", { is: "listen", port: 0 }],
  ["127.0.0.1:65535", { is: "listen", host: "127.0.0.1", port: 65_535 }],
  ["localhost:1", { is: "listen", host: "localhost", port: 1 }],
  ["[::1]:8080", { is: "listen", host: "::1", port: 8080 }],
])("%s is read and written again", (text, want) => {
  const address = parseBindAddress(text);
  expect(address).toEqual(want);
  expect(address && bindAddressText(address)).toBe(text);
});

test.each(["", "8080", "off", ":", "::1:80", ":65536", "a b:80", "http://x:80", "x:80/", "x:-1", "00"])("%j is not an address", (text) => {
  expect(parseBindAddress(text)).toBeUndefined();
});
