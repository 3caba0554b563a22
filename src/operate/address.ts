/** Where a server listens: nowhere, or on a port (0 = any free one) of a host (absent = of every address). */
export type BindAddress =
  | { readonly is: "off" }
  | { readonly is: "listen"; readonly host?: string; readonly port: number };

const hostAndPort = /^(?:\[(?<v6>[0-9a-fA-F:.]+)\]|(?<host>[A-Za-z0-9.-]*)):(?<port>\d{1,5})$/;

/** Reads `host:port`, `:port`, `[IPv6]:port` or `0` (off); undefined when it is none of these. */
export function parseBindAddress(text: string): BindAddress | undefined {
  if (text === "0") return { is: "off" };
  const groups = hostAndPort.exec(text)?.groups;
  const port = Number(groups?.["port"] ?? Number.NaN);
  if (groups === undefined || port > 65_535) return undefined;
  const host = groups["v6"] ?? groups["host"] ?? "";
  return host === "" ? { is: "listen", port } : { is: "listen", host, port };
}

/** The address as a person writes it. */
export function bindAddressText(address: BindAddress): string {
  if (address.is === "off") return "0";
  const { host = "", port } = address;
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
