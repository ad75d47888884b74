import type { FaultWorld, RunOptions, Sabotage } from "./world.ts"

/** One cell of the matrix: a step, what goes wrong there, and how the machine is brought to it. */
export interface Scenario {
  readonly step: string
  readonly fault: string
  /** Before the fault: what has to have happened. */
  readonly before?: (world: FaultWorld) => Promise<void>
  /** The run with the fault. */
  readonly run: RunOptions
  /** Another dispatcher, started when the first is held at its point, which it leaves when the other has ended. */
  readonly second?: RunOptions
  /** The settings of this machine, for all runs. */
  readonly env?: Readonly<Record<string, string>>
  /** Exit codes that a run with the fault may have, if it is neither killed nor told to leave. */
  readonly codes?: ReadonlyArray<number>
  /** A run that is told to leave may have done its work before it hears of it. */
  readonly mayEnd?: boolean
  /** Bugs that must have a job at the end; the others must be free. Default all. */
  readonly jobs?: ReadonlyArray<string>
  /** Bugs whose worktree holds work from before the fault on. */
  readonly kept?: ReadonlyArray<string>
  /** The runner is ended in the middle of its starts, as by a signal: their attempts stay open, with their claims. */
  readonly cutsStart?: boolean
}

type Fault = readonly [fault: string, name: string]

/** What many cells have in common; `fixed` is the environment of their run with the fault. */
export type More = Partial<Omit<Scenario, "step" | "fault" | "run">> & { readonly fixed?: RunOptions["env"] }

const MOMENTS: ReadonlyArray<readonly [fault: string, when: "before" | "during" | "after", act: string]> = [
  ["kill -9 before", "before", "kill"],
  ["kill -9 during", "during", "kill"],
  ["kill -9 after", "after", "kill"],
  ["SIGTERM before", "before", "SIGTERM"],
  ["SIGTERM during", "during", "SIGTERM"]
]

/** One run with something that happens at one point of it. */
export const sabotaged = (
  step: string,
  fault: string,
  sabotage: Sabotage,
  { fixed, ...more }: More = {}
): Scenario => ({
  step,
  fault,
  run: { sabotage, ...(fixed === undefined ? {} : { env: fixed }) },
  ...more
})

/** Every moment around the nth child process of the dispatcher whose command line matches; a signal arrives when it runs. */
export const around = (step: string, at: string, more: More = {}, nth = 1): ReadonlyArray<Scenario> =>
  MOMENTS.filter(([fault]) => fault !== "SIGTERM before").map(([fault, when, act]) =>
    sabotaged(step, fault, { at: `spawn:${at}`, nth, when, act }, more)
  )

/** The same of a child that only asks: to be killed while it runs is to be killed before it. */
export const asking = (step: string, at: string, more: More = {}, nth = 1): ReadonlyArray<Scenario> =>
  around(step, at, more, nth).filter(({ fault }) => fault !== "kill -9 during")

/** Every moment around something that the dispatcher does itself, and a full disk. */
export const within = (step: string, at: string, more: More = {}): ReadonlyArray<Scenario> => [
  ...MOMENTS.filter(([, when]) => when !== "during").map(([fault, when, act]) =>
    sabotaged(step, fault, { at, when, act }, more)
  ),
  sabotaged(step, "disk full", { at, act: "full" }, more)
]

export const TOOL: ReadonlyArray<Fault> = [
  ["exits non-zero", "exit:1"],
  ["prints garbage", "garbage"],
  ["prints nothing", "empty"],
  ["hangs", "hang"],
  ["ignores SIGTERM", "stubborn"]
]
export const LATE: Fault = ["does it, then hangs", "late"]
export const LIES: ReadonlyArray<Fault> = [
  ["says yes, did no", "lie-yes"],
  ["says no, did yes", "lie-no"]
]

/** A `git` that changes something says nothing when it has done it. */
export const GIT: ReadonlyArray<Fault> = [
  ["exits non-zero", "exit"],
  ["prints garbage", "garbage"],
  ["says yes, did no", "empty"],
  ["hangs", "hang"],
  ["ignores SIGTERM", "stubborn"],
  ["says no, did yes", "lie-no"]
]

/** A tool that misbehaves in the run with the fault. `told` makes of a fault's name what the stand-in understands. */
export const misbehaving = (
  step: string,
  variable: string,
  told: (name: string) => string,
  faults: ReadonlyArray<Fault>,
  { fixed, ...more }: More = {}
): ReadonlyArray<Scenario> =>
  faults.map(([fault, name]) => ({ step, fault, run: { env: { ...fixed, [variable]: told(name) } }, ...more }))

/** A fake bd or dx-runner that misbehaves at one point, e.g. `update:bd-1@2`. */
export const bd = (step: string, point: string, faults: ReadonlyArray<Fault>, more: More = {}) =>
  misbehaving(step, "FAKE_BD_FAULT", (name) => `${point}=${name}`, faults, more)

/** The same of dx-runner, where how often stands behind the fault, e.g. `@2+`. */
export const dx = (step: string, command: string, faults: ReadonlyArray<Fault>, more: More = {}, times = "") =>
  misbehaving(step, "FAKE_DX_FAULT", (name) => `${command}=${name}${times}`, faults, more)

/** On the same state directory. */
export const HERE: ReadonlyArray<Fault> = [["second dispatcher", "state"]]
/** On another one too: it shares the tracker and the runner, and knows nothing of what was tried here. */
export const ANYWHERE: ReadonlyArray<Fault> = [...HERE, ["second host", "other-state"]]

/** Two dispatchers, the first of which is held at one point until the second has ended. */
export const overlapping = (
  step: string,
  at: string,
  { fixed = {}, ...more }: More = {},
  hold: Partial<Sabotage> = {},
  where = HERE
): ReadonlyArray<Scenario> =>
  where.map(([fault, directory]) => ({
    step,
    fault,
    run: { sabotage: { at, when: "before", act: "hold", ...hold }, env: fixed },
    second: { env: { ...fixed, ...(directory === "state" ? {} : { NIGHTLY_DISPATCH_STATE_DIR: directory }) } },
    ...more
  }))
