import { keyOf } from "../../src/api/object.ts";
import type { AzurePort, KubePort } from "../../src/reconcile/ports.ts";
import type { StageOptions } from "./stage.ts";

/** The end of a process in the middle of its work. */
export class Crash extends Error {}

/** Where a process ends: at its n-th effect, before or after it happens. */
export interface CrashPoint {
  readonly effect: number;
  readonly when: "before" | "after";
}

/** Counts the effects of a process on Azure and on Kubernetes, and ends it at one of them. */
export class Mortal {
  effects = 0;
  /** What they were, in order. */
  readonly told: string[] = [];
  #point: CrashPoint | undefined;
  #isDead = false;

  /** What stands between the engine and the world. */
  readonly between: NonNullable<StageOptions["between"]> = ({ azure, kube }) => {
    this.#isDead = false;
    return { azure: this.#azure(azure), kube: this.#kube(kube) };
  };

  /** The process ends at this point, counted from now on; without one it lives on. */
  dieAt(point: CrashPoint | undefined): void {
    this.effects = 0;
    this.told.length = 0;
    this.#point = point;
  }

  /** Throws {@link Crash} when the process has ended, for whoever was not told. */
  throwIfDead(): void {
    if (this.#isDead) throw new Crash("the process ended here");
  }

  #azure(azure: AzurePort): AzurePort {
    return {
      ...azure,
      put: (...call) => this.#effect(`PUT ${call[0]}`, () => azure.put(...call)),
      patch: (...call) => this.#effect(`PATCH ${call[0]}`, () => azure.patch(...call)),
      delete: (...call) => this.#effect(`DELETE ${call[0]}`, () => azure.delete(...call)),
      act: (...call) => this.#effect(`ACT ${call[0]}`, () => azure.act(...call)),
      read: (...call) => this.#alive(() => azure.read(...call)),
      list: (...call) => this.#alive(() => azure.list(...call)),
    };
  }

  #kube(kube: KubePort): KubePort {
    return {
      addFinalizer: (...call) => this.#effect(`addFinalizer ${keyOf(call[1])}`, () => kube.addFinalizer(...call)),
      removeFinalizer: (...call) => this.#effect(`removeFinalizer ${keyOf(call[1])}`, () => kube.removeFinalizer(...call)),
      applyStatus: (...call) => this.#effect(`applyStatus ${keyOf(call[1])}`, () => kube.applyStatus(...call)),
      // An event is told or lost, and never fails.
      record: (...call) => (this.#isDead ? Promise.resolve() : kube.record(...call)),
      readDocument: (...call) => this.#alive(() => kube.readDocument(...call)),
      exportConfigMap: (...call) => this.#effect(`exportConfigMap ${keyOf(call[0])}`, () => kube.exportConfigMap(...call)),
      exportServiceAccount: (...call) => this.#effect(`exportServiceAccount ${keyOf(call[0])}`, () => kube.exportServiceAccount(...call)),
      withdrawExport: (...call) => this.#effect(`withdrawExport ${keyOf(call[0])}`, () => kube.withdrawExport(...call)),
    };
  }

  async #effect<Answer>(what: string, act: () => Promise<Answer>): Promise<Answer> {
    this.effects += 1;
    this.told.push(what);
    const isPoint = this.#point?.effect === this.effects;
    if (isPoint && this.#point?.when === "before") this.#isDead = true;
    const answer = await this.#alive(act);
    if (isPoint) this.#isDead = true;
    return this.#alive(() => Promise.resolve(answer));
  }

  #alive<Answer>(act: () => Promise<Answer>): Promise<Answer> {
    return this.#isDead ? Promise.reject(new Crash("the process ended here")) : act();
  }
}
