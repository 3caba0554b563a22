import { GUID_PATTERN, parseArmId, RESOURCE_GROUP_PATTERN } from "../api/arm-id.ts";
import { ACCOUNT_NAME } from "../api/credential.ts";
import { type BindAddress, parseBindAddress } from "../operate/address.ts";

/** A value, or what is expected instead of the text that was given. */
export type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly expected: string };

/** Reads a text. */
export type Reader<T> = (text: string) => Read<T>;

const guid = new RegExp(GUID_PATTERN);
const resourceGroup = new RegExp(RESOURCE_GROUP_PATTERN);
const dnsLabel = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const installation = /^[A-Za-z0-9._-]{1,63}$/;
const resourceType = /^[A-Za-z][A-Za-z0-9]*(?:\.[A-Za-z][A-Za-z0-9]*)+(?:\/[A-Za-z][A-Za-z0-9]*)+$/;
const scopePrefix = /^\/subscriptions\/([^/]+)(?:\/resourceGroups\/([^/]+))?$/i;

function read<T>(value: T): Read<T> {
  return { ok: true, value };
}

function expect(expected: string): Read<never> {
  return { ok: false, expected };
}

/** A whole number within bounds, both included. */
export function wholeNumber(min: number, max: number): Reader<number> {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    return value >= min && value <= max ? read(value) : expect(`expected a whole number from ${min} to ${max}`);
  };
}

/** 0, or what another reader takes. */
export function zeroOr(reader: Reader<number>): Reader<number> {
  return (text) => {
    if (text === "0") return read(0);
    const other = reader(text);
    return other.ok ? other : expect(`${other.expected}, or 0`);
  };
}

/** A part of a whole, from 0.01 to 1, given in percent; `off` for undefined. */
export const percentOrOff: Reader<number | undefined> = (text) => {
  if (text === "off") return read(undefined);
  const percent = wholeNumber(1, 100)(text);
  return percent.ok ? read(percent.value / 100) : expect("expected a whole number of percent from 1 to 100, or off");
};

/** One of some words. */
export function oneOf<const Word extends string>(words: readonly Word[]): Reader<Word> {
  return (text) => {
    const word = words.find((candidate) => candidate === text);
    return word === undefined ? expect(`expected one of ${words.join(", ")}`) : read(word);
  };
}

/** true or false. */
export const yesOrNo: Reader<boolean> = (text) => (text === "true" || text === "false" ? read(text === "true") : expect("expected true or false"));

/** Any text but none. */
export const nonEmpty: Reader<string> = (text) => (text === "" ? expect("expected a value") : read(text));

/** A GUID, in lower case. */
export const guidText: Reader<string> = (text) =>
  guid.test(text) ? read(text.toLowerCase()) : expect("expected a GUID such as 00000000-0000-0000-0000-000000000000");

/** An installation id. */
export const installationId: Reader<string> = (text) =>
  installation.test(text) ? read(text) : expect("expected 1 to 63 letters, digits, hyphens, periods or underscores");

/** An address to listen on. */
export const bindAddress: Reader<BindAddress> = (text) => {
  const address = parseBindAddress(text);
  return address === undefined ? expect("expected host:port, :port, or 0 for none") : read(address);
};

/** The origin of an https URL, without a trailing slash: the Azure SDK sends no token over http. */
export const httpsOrigin: Reader<string> = (text) => {
  const expected = "expected https://host or https://host:port, without a path and without a slash at the end";
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url?.protocol === "https:" && url.origin.toLowerCase() === text.toLowerCase() ? read(url.origin) : expect(expected);
};

/** An https URL that may have a path but no query, no user and no slash at its end. */
export const httpsAudience: Reader<string> = (text) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url !== undefined && `${url.origin}${url.pathname}`.replace(/\/$/, "") === text;
  return url?.protocol === "https:" && isPlain ? read(text) : expect("expected an https URL without a slash at the end");
};

/** Azure takes issuers and subjects of at most so many characters (arm.md 4). */
const MAX_CLAIM_LENGTH = 600;

/** The issuer of tokens, kept as it is written: it is compared character by character, a slash at its end included. */
export const issuer: Reader<string> = (text) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url?.protocol === "https:" && url.username === "" && !/[\s*?#]/.test(text) && text.length <= MAX_CLAIM_LENGTH;
  return isPlain ? read(text) : expect("expected the https URL of an issuer, exactly as its tokens name it, without wildcards");
};

/** The subject of tokens, in which `*` stands for any text and `{namespace}` for the namespace of an object. */
export const subjectPattern: Reader<string> = (text) => {
  if (text === "" || text.length > MAX_CLAIM_LENGTH) return expect(`expected 1 to ${MAX_CLAIM_LENGTH} characters`);
  const unknown = (text.match(/\{[^{}]*\}?/g) ?? []).find((found) => found !== "{namespace}");
  return unknown === undefined ? read(text) : expect(`${unknown} stands for nothing: the only placeholder is {namespace}`);
};

/** A role by its name, or by its GUID in lower case. */
export const roleNameOrId: Reader<{ readonly value: string; readonly isId: boolean }> = (text) => {
  if (guid.test(text)) return read({ value: text.toLowerCase(), isId: true });
  if (text.startsWith("/")) return expect("expected the name or the GUID of a role: take the GUID at the end of that id");
  if (text.trim() === "" || text.includes("*")) return expect("expected the name or the GUID of one role: each role must be listed");
  return read({ value: text, isId: false });
};

/** The name of a resource group, in lower case. */
export const groupName: Reader<string> = (text) =>
  resourceGroup.test(text) ? read(text.toLowerCase()) : expect("expected the name of a resource group: leave resourceGroups out to allow every one");

/** The type of a host as Azure spells it, in lower case. */
export const hostType: Reader<string> = (text) => {
  if (text.includes("*")) return expect("expected one type: leave hosts out to allow every type");
  return resourceType.test(text) ? read(text.toLowerCase()) : expect("expected the full type of a host, for example Microsoft.Web/sites or Microsoft.Web/sites/slots");
};

/** Entries that are separated by commas, each once; spaces around them and empty entries do not count. */
export function listOf<Entry>(entry: Reader<Entry>): Reader<readonly Entry[]> {
  return (text) => {
    const entries = text.split(",").map((part) => part.trim()).filter((part) => part !== "");
    const values: Entry[] = [];
    for (const part of new Set(entries)) {
      const one = entry(part);
      if (!one.ok) return entries.length === 1 ? one : expect(`${JSON.stringify(part)} in it is wrong: ${one.expected}`);
      values.push(one.value);
    }
    return read([...new Set(values)]);
  };
}

/** The name of one namespace. */
export const namespaceName: Reader<string> = (text) =>
  dnsLabel.test(text) ? read(text) : expect("expected a namespace name: at most 63 lower-case letters, digits and hyphens");

/** A credential of the administrator's: the ServiceAccount of a namespace, or the operator's own identity. */
export interface SharedCredential {
  /** Absent: the operator's own identity. */
  readonly accountNamespace?: string;
}

/** A namespace whose objects use a credential that is shared with it. */
export interface SharedNamespace extends SharedCredential {
  readonly namespace: string;
}

const accountAddress = new RegExp(`^(?<namespace>[^/]+)/${ACCOUNT_NAME}$`);

/** A namespace with which a credential is shared: `NAME`, or `NAME=NAMESPACE/azure-identity`. */
export const sharedNamespace: Reader<SharedNamespace> = (text) => {
  if (text.includes("*")) return expect("every namespace must be named: whoever may create objects in it can use the credential");
  const [namespace = "", ...rest] = text.split("=");
  if (!dnsLabel.test(namespace)) return expect("expected namespace names: at most 63 lower-case letters, digits and hyphens each");
  if (rest.length === 0) return read({ namespace });
  const account = accountOf(rest.join("="));
  return account.ok ? read({ namespace, accountNamespace: account.value }) : account;
};

/** Who may clean up: `operator`, or the account of a namespace as `NAMESPACE/azure-identity`. */
export const cleanupCredential: Reader<SharedCredential> = (text) => {
  if (text === "operator") return read({});
  const account = accountOf(text);
  return account.ok ? read({ accountNamespace: account.value }) : expect(`expected operator, or NAMESPACE/${ACCOUNT_NAME}`);
};

function accountOf(text: string): Read<string> {
  const namespace = accountAddress.exec(text)?.groups?.["namespace"] ?? "";
  return dnsLabel.test(namespace) ? read(namespace) : expect(`expected NAMESPACE/${ACCOUNT_NAME} after the =: the operator may only use ServiceAccounts of that name`);
}

/** A scope of Azure Resource Manager: a subscription, a resource group or a resource; the subscription in lower case. */
export const armScope: Reader<string> = (text) => {
  const match = scopePrefix.exec(text);
  if (match === null) return resourceScope(text);
  const [, subscription = "", group] = match;
  if (!guid.test(subscription)) return expect("the subscription is not a GUID");
  if (group === undefined) return read(`/subscriptions/${subscription.toLowerCase()}`);
  if (!resourceGroup.test(group)) return expect("the resource group name is not valid");
  return read(`/subscriptions/${subscription.toLowerCase()}/resourceGroups/${group}`);
};

function resourceScope(text: string): Read<string> {
  const parsed = parseArmId(text);
  if (parsed.ok) return read(parsed.id);
  return expect(`${parsed.error}: expected /subscriptions/ID, with /resourceGroups/NAME, with /providers/NAMESPACE/TYPE/NAME`);
}
