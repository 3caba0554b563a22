import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Program } from "../../e2e/operator-process.ts";
import { setStage, type Stage } from "../../e2e/stage.ts";
import { LoadClient } from "../load-client.ts";
import { untilIdle } from "../operator-figures.ts";
import { findPeer } from "../peer/binaries.ts";
import { installPeer, type Peer, type PeerProcess } from "../peer/service-operator.ts";
import { type Figure, figure } from "../report.ts";
import { type Creation, creation, ours, theirs } from "./contest.ts";
import { QUIET } from "./scenario.ts";

const NAMESPACE = "peer";

/** What Azure Service Operator is told at its best: as many workers as were the quickest (stack.md 10). */
const BEST = { MAX_CONCURRENT_RECONCILES: "50" };

/** How long the peer is watched after its restart; all that it does then begins within 8 s (stack.md 10). */
const RESTART_SECONDS = 45;

/** The peer's own setting of how often it compares what is settled, an hour by default, shortened so that one period can be watched. */
const PERIOD_SECONDS = 60;

/** How many identities the two make. */
export interface PeerSizes {
  readonly few: number;
  readonly many: number;
}

/**
 * The same work by this operator and by Azure Service Operator, one after the other on the same API server and simulator, with all
 * documented limits enforced and recorded latencies. Real time.
 */
export async function peer(program: Program, { few, many }: PeerSizes): Promise<readonly Figure[]> {
  const binaries = await findPeer();
  const folder = await mkdtemp(join(tmpdir(), "bench-peer-"));
  const stage = await setStage({ namespaces: [NAMESPACE] });
  const client = await LoadClient.open(stage.plane.adminKubeconfig, NAMESPACE);
  try {
    stage.azure.adjust({ identityRates: "documented", quotas: "enforced" });
    stage.azure.intercept(() => true, { do: "latency", of: "recorded" }, { times: Number.POSITIVE_INFINITY });
    const installed = await installPeer(stage, binaries, folder);
    const contest = new Contest({ stage, client, peer: installed, program });
    const withDefaults = creationFigures("ASO with its defaults", await contest.create(few, "few", {}));
    const settled = await contest.period(few);
    const atItsBest = creationFigures("ASO with 50 workers", await contest.create(many, "many", BEST));
    return [...withDefaults, ...settled, ...atItsBest, ...(await contest.restart())];
  } finally {
    await client.close();
    await stage.close();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Parts {
  readonly stage: Stage;
  readonly client: LoadClient;
  readonly peer: Peer;
  readonly program: Program;
}

interface Pair {
  readonly count: number;
  readonly own: Creation;
  readonly peer: Creation;
}

class Contest {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Both make so many identities, each with full buckets and alone on the machine. */
  async create(count: number, prefix: string, settings: Readonly<Record<string, string>>): Promise<Pair> {
    const { stage, client, peer: installed, program } = this.#parts;
    const shared = { stage, client, namespace: NAMESPACE, count };
    this.#refill();
    const operator = await stage.startOperator(QUIET, program);
    await untilIdle(operator);
    const own = await creation(ours(NAMESPACE), { ...shared, prefix: `ours-${prefix}`, pid: operator.pid });
    await operator.stop("SIGKILL");
    this.#refill();
    const running = await installed.start(settings);
    await this.#untilQuiet();
    try {
      return { count, own, peer: await creation(theirs(NAMESPACE), { ...shared, prefix: `aso-${prefix}`, pid: running.pid }) };
    } finally {
      await running.stop();
    }
  }

  /** One period of the peer while nothing changes, which it is told to make short: what it asks of Azure in an hour otherwise. */
  async period(count: number): Promise<readonly Figure[]> {
    const { stage, peer: installed } = this.#parts;
    const running = await installed.start({ ...BEST, AZURE_SYNC_PERIOD: `${PERIOD_SECONDS}s` });
    await this.#untilQuiet();
    stage.azure.clearRequests();
    console.error(`ASO, ${count} settled identities … ${PERIOD_SECONDS} s`);
    await delay(PERIOD_SECONDS * 1000);
    const { requests, writes } = this.#effort();
    await running.stop();
    const scenario = "peer: settled period";
    return [
      figure({ scenario, figure: "ASO: writes per object and period, real time", value: writes / count, unit: "requests" }),
      figure({ scenario, figure: "ASO: requests per object and period, real time", value: requests / count, unit: "requests" }),
    ];
  }

  /** Both start again with all that they made before, and nothing to do. */
  async restart(): Promise<readonly Figure[]> {
    const { stage, peer: installed, program } = this.#parts;
    this.#refill();
    stage.azure.clearRequests();
    const operator = await stage.startOperator(QUIET, program);
    await untilIdle(operator);
    const own = this.#effort();
    await operator.stop("SIGKILL");
    this.#refill();
    stage.azure.clearRequests();
    const running: PeerProcess = await installed.start(BEST);
    console.error(`ASO after its restart … ${RESTART_SECONDS} s`);
    await delay(RESTART_SECONDS * 1000);
    const theirs = this.#effort();
    await running.stop();
    const scenario = "peer: restart";
    return [
      figure({ scenario, figure: `writes at ARM; peer: ASO, ${RESTART_SECONDS} s`, value: own.writes, unit: "requests", peer: theirs.writes }),
      figure({ scenario, figure: "requests at ARM; peer: ASO", value: own.requests, unit: "requests", peer: theirs.requests }),
    ];
  }

  #effort(): { readonly requests: number; readonly writes: number } {
    const requests = this.#parts.stage.arm();
    return { requests: requests.length, writes: requests.filter(({ method }) => method !== "GET").length };
  }

  /** Fills every bucket, so that nobody pays for what the other one used. */
  #refill(): void {
    this.#parts.stage.clock.advance(600_000);
  }

  /** Resolves once nothing was asked of Azure for two seconds: what was made before is looked at again after a start. */
  async #untilQuiet(): Promise<void> {
    const { stage } = this.#parts;
    for (let [seen, quiet] = [-1, 0]; quiet < 4; await delay(500)) {
      const count = stage.arm().length;
      quiet = count === seen ? quiet + 1 : 0;
      seen = count;
    }
    this.#refill();
  }
}

function creationFigures(who: string, { count, own, peer: other }: Pair): readonly Figure[] {
  const scenario = `peer: create ${count}`;
  return [
    figure({ scenario, figure: `real time over 5 regions; peer: ${who}`, value: own.seconds, unit: "s", peer: other.seconds }),
    figure({ scenario, figure: `requests at ARM; peer: ${who}`, value: own.requests, unit: "requests", peer: other.requests }),
    figure({ scenario, figure: `answers 429; peer: ${who}`, value: own.throttled, unit: "requests", peer: other.throttled }),
    figure({ scenario, figure: `CPU; peer: ${who}`, value: own.cpuSeconds, unit: "s", peer: other.cpuSeconds }),
    figure({ scenario, figure: `RSS, highest; peer: ${who}`, value: own.peakRssMiB, unit: "MiB", peer: other.peakRssMiB }),
  ];
}
