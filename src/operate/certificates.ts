import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { type Certificate, selfSignedCertificate } from "./self-signed.ts";
import type { WatchClock } from "./watchdog.ts";

/** Gives the certificate that counts now; asked again from time to time. */
export type CertificateSource = () => Promise<Certificate>;

/** What follows a certificate. */
export interface CertificateUser {
  setSecureContext(certificate: Certificate): void;
}

/** How a certificate is followed. */
export interface FollowOptions {
  readonly clock: WatchClock;
  /** Told when a new one cannot be read or used; the old one stays. */
  readonly onError: (error: unknown) => void;
}

/** How often the files are looked at: a certificate is renewed days before its end. */
const LOOK_AGAIN_MS = 10_000;
const DAYS = 365;
const DAY_MS = 86_400_000;

/** The files of a Secret of type kubernetes.io/tls, mounted as a folder. */
export function certificateIn(folder: string): CertificateSource {
  return async () => {
    const [cert, key] = await Promise.all([readFile(join(folder, "tls.crt"), "utf8"), readFile(join(folder, "tls.key"), "utf8")]);
    return { cert, key };
  };
}

/** A certificate that is made here, and made again after half of its life. */
export function selfMadeCertificate(now: () => number): CertificateSource {
  const make = () => ({ certificate: selfSignedCertificate(["localhost", hostname()], { nowMs: now(), days: DAYS }), madeAtMs: now() });
  let made = make();
  return async () => {
    if (now() - made.madeAtMs > (DAYS / 2) * DAY_MS) made = make();
    return made.certificate;
  };
}

/** Hands every new certificate to the server; returns what ends that. `present` is the one that it has. */
export function followCertificate(source: CertificateSource, user: CertificateUser & { readonly present: Certificate }, { clock, onError }: FollowOptions): () => void {
  let { present } = user;
  const look = async () => {
    try {
      const next = await source();
      if (next.cert === present.cert && next.key === present.key) return;
      user.setSecureContext(next);
      present = next;
    } catch (error) {
      onError(error);
    }
  };
  let isEnded = false;
  const wait = () => clock.setTimer(LOOK_AGAIN_MS, () => void look().then(() => (isEnded ? undefined : (timer = wait()))));
  let timer = wait();
  return () => {
    isEnded = true;
    timer.cancel();
  };
}
