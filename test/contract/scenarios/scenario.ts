import type { Stage, StageOptions } from "../stage.ts";

/** What somebody does on a stage, told so that it can be run again and again; it ends alike wherever the process was killed. */
export interface Scenario {
  readonly name: string;
  /** The files of the contract suite whose behaviour it goes through, without `.test.ts`. */
  readonly of: readonly string[];
  readonly options?: Pick<StageOptions, "azure" | "policy" | "credentials" | "access" | "workers">;
  act(stage: Stage): Promise<void>;
}
