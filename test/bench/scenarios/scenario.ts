import type { Program } from "../../e2e/operator-process.ts";
import type { Stage } from "../../e2e/stage.ts";
import type { IdentityWatch } from "../identity-watch.ts";
import type { LoadClient } from "../load-client.ts";

/** What the scenarios with a cluster work on. */
export interface Run {
  readonly stage: Stage;
  readonly client: LoadClient;
  readonly watch: IdentityWatch;
  /** The operator as the image holds it. */
  readonly program: Program;
  /** Names of the objects. */
  readonly names: readonly string[];
}

/** What is added to the operator's flags: its log lines are no figure. */
export const QUIET = ["--log-level=warn"];

/** Flags for what is measured without Azure's quotas: they would hide what the operator itself takes. */
export const UNGOVERNED = [...QUIET, "--azure-quota-share=off"];

/** The RSS that the operator may have at most, in MiB. */
export const RSS_AIM_MIB = 150;
