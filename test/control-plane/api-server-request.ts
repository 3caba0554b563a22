import { request } from "node:https";

/** One GET to an API server. */
export interface ApiServerRequest {
  readonly server: string;
  readonly caPem: string;
  readonly path: string;
  readonly token?: string;
}

/** The answer of an API server. */
export interface ApiServerAnswer {
  readonly status: number;
  readonly body: string;
}

/**
 * Sends one GET on a connection of its own and returns the answer, whatever its status. Throws on a refused, untrusted or
 * broken connection, and after 5 s without an answer.
 */
export function getFromApiServer({ server, caPem, path, token }: ApiServerRequest): Promise<ApiServerAnswer> {
  return new Promise((resolve, reject) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const sent = request(new URL(path, server), { ca: caPem, headers, agent: false, timeout: 5_000 }, (answer) => {
      let body = "";
      answer.setEncoding("utf8");
      answer.on("data", (chunk: string) => (body += chunk));
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, body }));
      answer.on("error", reject);
    });
    sent.on("timeout", () => sent.destroy(new Error(`cannot get ${path}: no answer within 5 s`)));
    sent.on("error", reject);
    sent.end();
  });
}
