import type { RunOptions } from "../machine/dispatcher.ts"
import type { Machine } from "../machine/Machine.ts"

/** One cell of the matrix: a step of a run, what goes wrong there, and how the machine is brought to it. */
export interface Scenario {
  readonly step: string
  readonly fault: string
  /** Prepares the machine. */
  readonly before?: (machine: Machine) => Promise<void>
  /** The run with the fault. */
  readonly run: RunOptions
  /** Another dispatcher. It starts when the first is held at its point; the first goes on when it has ended. */
  readonly second?: RunOptions
  /** The settings of this machine, for all runs. */
  readonly env?: Readonly<Record<string, string>>
  /** The exit codes that a run with the fault may have when it is neither killed nor signalled. */
  readonly codes?: ReadonlyArray<number>
  /** A signalled run may finish its work and exit with 0. */
  readonly mayFinish?: boolean
  /** The bugs that must have a job at the end; the others must be free. Default: all. */
  readonly jobs?: ReadonlyArray<string>
  /** The bugs whose worktree holds work from before the fault. */
  readonly kept?: ReadonlyArray<string>
}

export const nameOf = ({ fault, step }: Scenario): string => `${step}: ${fault}`

/** What several scenarios share. `faultyEnv` is the environment of the run with the fault alone. */
export type Shared = Partial<Omit<Scenario, "step" | "fault" | "run">> & { readonly faultyEnv?: RunOptions["env"] }
