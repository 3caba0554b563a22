import { Buffer } from "node:buffer";

/** An application as which somebody signs in to Azure. */
export interface Application {
  readonly clientId: string;
  readonly principalId: string;
}

/** Who signs in: the operator, the account of platform, and the account of team as either of two applications. */
export type Who = "operator" | "platform" | "first" | "second";

/** The applications of a world. */
export const APPLICATIONS: Readonly<Record<Who, Application>> = { operator: numbered(1), platform: numbered(2), first: numbered(3), second: numbered(4) };

/** What every token of a ServiceAccount holds, and the operator's own one is. */
export const TOKEN = "the token of the world";

function numbered(number: number): Application {
  const tail = `0000000-0000-4000-8000-00000000000${number}`;
  return { clientId: `c${tail}`, principalId: `d${tail}` };
}

/** The principal of a client id; undefined when nobody has it. */
export function principalIdOf(clientId: string | undefined): string | undefined {
  return Object.values(APPLICATIONS).find((application) => application.clientId === clientId)?.principalId;
}

/** Which of them a principal is, for people. */
export function nameOf(principalId: string | undefined): string {
  return Object.entries(APPLICATIONS).find(([, application]) => application.principalId === principalId)?.[0] ?? "nobody";
}

/** An access token as its bearer reads it; nobody checks the signature. */
export function tokenFor({ clientId, principalId }: Application, number: number): string {
  const payload = Buffer.from(JSON.stringify({ appid: clientId, oid: principalId, number })).toString("base64url");
  return `e30.${payload}.${TOKEN.replaceAll(" ", "-")}`;
}
