import type { KubeObject, ResourceType } from "../../src/api/object.ts";
import { USER_ASSIGNED_IDENTITY } from "../../src/api/resources.ts";
import { systemClock } from "../../src/kubernetes/clock.ts";
import { connect, type Connection } from "../../src/kubernetes/connection.ts";
import { silentLog } from "../../src/kubernetes/ports.ts";
import { Reflector } from "../../src/kubernetes/reflector.ts";
import { isReady, type LooseObject } from "../e2e/stage.ts";

/** How long all objects together may take. */
const DEADLINE_MS = 600_000;

/** Counts the identities of the cluster by one watch, which costs the API server less than lists would. */
export class IdentityWatch {
  readonly #connection: Connection;
  readonly #ready = new Set<string>();
  readonly #reflector: Reflector;
  readonly #ended = new AbortController();
  readonly #running: Promise<void>;
  #look = () => {};

  private constructor(connection: Connection, type: ResourceType) {
    this.#connection = connection;
    const onEvent = ({ previous, next }: { readonly previous: KubeObject | undefined; readonly next: KubeObject | undefined }) => this.#take(previous, next);
    this.#reflector = new Reflector({ connection, type, onEvent, clock: systemClock, random: Math.random, log: silentLog });
    this.#running = this.#reflector.run(this.#ended.signal);
  }

  /** Resolves once the first list is in, of our identities unless another type is given. */
  static async open(kubeconfig: string, type: ResourceType = USER_ASSIGNED_IDENTITY): Promise<IdentityWatch> {
    const watch = new IdentityWatch(await connect({ kubeconfig, userAgent: "bench-watch" }), type);
    await watch.#reflector.synced;
    return watch;
  }

  get readyCount(): number {
    return this.#ready.size;
  }

  get count(): number {
    return this.#reflector.store.size;
  }

  /** Resolves as soon as so many identities are Ready. */
  untilReady(count: number): Promise<void> {
    return this.#until(() => this.readyCount === count);
  }

  /** Resolves as soon as there is no identity. */
  untilGone(): Promise<void> {
    return this.#until(() => this.count === 0);
  }

  /** Ends the watch. */
  async close(): Promise<void> {
    this.#ended.abort();
    await this.#running;
    await this.#connection.close();
  }

  #take(previous: KubeObject | undefined, next: KubeObject | undefined): void {
    if (next === undefined) this.#ready.delete(previous?.metadata.name ?? "");
    else if (isReady(next as LooseObject)) this.#ready.add(next.metadata.name);
    this.#look();
  }

  async #until(isMet: () => boolean): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(() => reject(new Error(`${this.readyCount} of ${this.count} identities are Ready after ${DEADLINE_MS / 1000} s`)), DEADLINE_MS);
    this.#look = () => {
      if (isMet()) resolve();
    };
    this.#look();
    await promise.finally(() => clearTimeout(timer));
  }
}
