import { createHash } from "node:crypto";
import { type Page, plainText } from "./page.ts";

/** Who asks for which page. */
export interface PageRequest {
  readonly path: string;
  /** The `Authorization` header. */
  readonly authorization: string | undefined;
}

/** Undefined lets a request through; a page is answered in its place. */
export type Gate = (request: PageRequest) => Promise<Page | undefined>;

/** What an authority says to a token. */
export type Verdict =
  | { readonly is: "allowed" }
  | { readonly is: "unauthenticated" }
  | { readonly is: "forbidden"; readonly user: string }
  | { readonly is: "failed"; readonly message: string };

/** What a gate is made of. */
export interface GateOptions {
  readonly review: (request: { readonly token: string; readonly path: string; readonly verb: string }) => Promise<Verdict>;
  readonly clock: { now(): number };
  /** Told when no verdict could be had. */
  readonly onFailed: (message: string) => void;
}

interface Decision {
  readonly verdict: Promise<Verdict>;
  untilMs: number;
}

/** How long a verdict counts: a right that was taken away counts as long at most. */
const ALLOWED_MS = 60_000;
const DENIED_MS = 10_000;
const MAX_DECISIONS = 256;
/** A ServiceAccount token has about 1000 characters. */
const MAX_TOKEN_LENGTH = 8192;
/** Strangers may not make the API server do more than this at a time. */
const MAX_REVIEWS = 8;

const UNAUTHORIZED = plainText(401, "unauthorized: send the token of a Kubernetes account as Authorization: Bearer\n");
const bearer = /^bearer +(?<token>[\w~+/.-]+=*) *$/i;

/**
 * A gate that asks an authority about each token once in a while, as controller-runtime's filter of metrics does. Without a
 * verdict nobody gets through. Tokens are kept as digests only.
 */
export function createGate(options: GateOptions): Gate {
  const decisions = new Map<string, Decision>();
  let reviewing = 0;

  const review = async (token: string, path: string): Promise<Verdict> => {
    if (reviewing >= MAX_REVIEWS) return { is: "failed", message: "too many tokens are asked about at a time" };
    reviewing += 1;
    try {
      return await options.review({ token, path, verb: "get" });
    } finally {
      reviewing -= 1;
    }
  };

  const decided = async (token: string, path: string): Promise<Verdict> => {
    const key = createHash("sha256").update(`${path} ${token}`).digest("base64");
    const known = decisions.get(key);
    if (known !== undefined && options.clock.now() < known.untilMs) return known.verdict;
    const decision = { verdict: review(token, path), untilMs: Number.POSITIVE_INFINITY };
    decisions.delete(key);
    decisions.set(key, decision);
    const [oldest] = decisions.keys();
    if (decisions.size > MAX_DECISIONS && oldest !== undefined) decisions.delete(oldest);
    const verdict = await decision.verdict;
    decision.untilMs = options.clock.now() + lifeMs(verdict);
    if (verdict.is === "failed") options.onFailed(verdict.message);
    return verdict;
  };

  return async ({ path, authorization = "" }) => {
    const token = authorization.length <= MAX_TOKEN_LENGTH ? bearer.exec(authorization)?.groups?.["token"] : undefined;
    return token === undefined ? UNAUTHORIZED : pageOf(await decided(token, path), path);
  };
}

/** What could not be decided is asked again at once. */
function lifeMs(verdict: Verdict): number {
  switch (verdict.is) {
    case "allowed":
      return ALLOWED_MS;
    case "unauthenticated":
    case "forbidden":
      return DENIED_MS;
    case "failed":
      return 0;
  }
}

function pageOf(verdict: Verdict, path: string): Page | undefined {
  switch (verdict.is) {
    case "allowed":
      return undefined;
    case "unauthenticated":
      return UNAUTHORIZED;
    case "forbidden":
      return plainText(403, `forbidden: ${verdict.user} may not get ${path}: bind it to a ClusterRole with that nonResourceURL\n`);
    case "failed":
      return plainText(403, "forbidden: the API server did not say whether this token may: the log says why\n");
  }
}
