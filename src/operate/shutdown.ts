import type { ProcessLog } from "./log.ts";
import type { WatchClock } from "./watchdog.ts";

/** What is to be ended, in the order in which it is. */
export interface ShutdownSteps {
  /** Readiness fails: nobody sends anything more. */
  readonly refuse: () => void;
  /** Intake stops: watches end, the queue takes no more keys. */
  readonly stopIntake: () => void | Promise<void>;
  /** Resolves when the last worker is done. */
  readonly drainWorkers: () => Promise<void>;
  /** Tells the workers to stop, after the grace. */
  readonly abortWorkers: () => void;
  /** What is still to be sent: events, metrics. */
  readonly flush: () => Promise<void>;
  /** Servers and connections close. */
  readonly close: () => Promise<void>;
}

/** How the shutdown went: `aborted` when workers did not end within the grace, `failed` names the steps that did not work. */
export interface ShutdownReport {
  readonly aborted: boolean;
  readonly failed: readonly string[];
}

/** What bounds the shutdown. */
export interface ShutdownOptions {
  readonly clock: WatchClock;
  readonly log: ProcessLog;
  /** How long workers may take to end by themselves. */
  readonly graceMs: number;
  /** How long every other step may take, and workers that were told to stop. Default: 5 s. */
  readonly stepMs?: number;
}

/**
 * Ends everything in order; a step that fails or hangs is logged and does not keep the next ones from their turn. Never
 * rejects. Whatever is cut off is repeatable (DESIGN 3, invariant 6).
 */
export async function shutDown(steps: ShutdownSteps, options: ShutdownOptions): Promise<ShutdownReport> {
  const { log, graceMs, stepMs = 5000 } = options;
  const failed: string[] = [];
  const step = async (name: keyof ShutdownSteps, run: () => void | Promise<void>) => {
    const ending = await endOf(run, stepMs, options.clock);
    if (ending.is === "done") return;
    failed.push(name);
    log.error({ step: name, ...ending }, "Shutdown step did not end well");
  };

  await step("refuse", steps.refuse);
  await step("stopIntake", steps.stopIntake);
  const drained = invoked(steps.drainWorkers);
  const draining = await endOf(() => drained, graceMs, options.clock);
  if (draining.is !== "done") {
    log.warn({ graceMs, ...draining }, "Workers did not end within the grace and are told to stop");
    await step("abortWorkers", steps.abortWorkers);
    await step("drainWorkers", () => drained);
  }
  await step("flush", steps.flush);
  await step("close", steps.close);
  return { aborted: draining.is !== "done", failed };
}

type Ending = { readonly is: "done" } | { readonly is: "late" } | { readonly is: "failed"; readonly error: unknown };

function endOf(run: () => void | Promise<void>, limitMs: number, clock: WatchClock): Promise<Ending> {
  return new Promise((resolve) => {
    const limit = clock.setTimer(limitMs, () => resolve({ is: "late" }));
    const end = (ending: Ending) => {
      limit.cancel();
      resolve(ending);
    };
    invoked(run).then(
      () => end({ is: "done" }),
      (error: unknown) => end({ is: "failed", error }),
    );
  });
}

/** The promise of a step; what it throws becomes a rejection. */
async function invoked(run: () => void | Promise<void>): Promise<void> {
  await run();
}

/** Where signals come from: the process. */
export interface SignalSource {
  on(signal: "SIGTERM" | "SIGINT", listener: (signal: string) => void): unknown;
  off(signal: "SIGTERM" | "SIGINT", listener: (signal: string) => void): unknown;
}

/** What a signal does. */
export interface SignalHandlers {
  /** The first signal. */
  readonly first: (signal: string) => void;
  /** Every further one: exit at once. */
  readonly again: (signal: string) => void;
}

/** Listens for SIGTERM and SIGINT; returns what ends that. */
export function onSignals(source: SignalSource, handlers: SignalHandlers): () => void {
  let isFirst = true;
  const listener = (signal: string) => {
    if (!isFirst) return handlers.again(signal);
    isFirst = false;
    handlers.first(signal);
  };
  source.on("SIGTERM", listener);
  source.on("SIGINT", listener);
  return () => {
    source.off("SIGTERM", listener);
    source.off("SIGINT", listener);
  };
}
