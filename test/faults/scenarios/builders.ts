import type { Injection } from "../machine/dispatcher.ts"
import type { Scenario, Shared } from "./scenario.ts"

/** What a fault is called in the matrix, and what the fake tool calls it. */
type ToolFault = readonly [fault: string, value: string]

const MOMENTS: ReadonlyArray<readonly [fault: string, when: "before" | "during" | "after", act: string]> = [
  ["kill -9 before", "before", "kill"],
  ["kill -9 during", "during", "kill"],
  ["kill -9 after", "after", "kill"],
  ["SIGTERM before", "before", "SIGTERM"],
  ["SIGTERM during", "during", "SIGTERM"]
]

/** One run with one injected fault. */
export const injected = (
  step: string,
  fault: string,
  injection: Injection,
  { faultyEnv, ...shared }: Shared = {}
): Scenario => ({
  step,
  fault,
  run: { injection, ...(faultyEnv === undefined ? {} : { env: faultyEnv }) },
  ...shared
})

/** A kill before, during and after the nth child process whose command line matches, and a signal while it runs. */
export const aroundChild = (step: string, at: string, shared: Shared = {}, nth = 1): ReadonlyArray<Scenario> =>
  MOMENTS.filter(([fault]) => fault !== "SIGTERM before").map(([fault, when, act]) =>
    injected(step, fault, { at: `spawn:${at}`, nth, when, act }, shared)
  )

/** The same for a child that changes nothing: a kill while it runs equals a kill before it. */
export const aroundQuery = (step: string, at: string, shared: Shared = {}, nth = 1): ReadonlyArray<Scenario> =>
  aroundChild(step, at, shared, nth).filter(({ fault }) => fault !== "kill -9 during")

/** A kill and a signal before and after something that the dispatcher writes itself, and a full disk. */
export const aroundWrite = (step: string, at: string, shared: Shared = {}): ReadonlyArray<Scenario> => [
  ...MOMENTS.filter(([, when]) => when !== "during").map(([fault, when, act]) =>
    injected(step, fault, { at, when, act }, shared)
  ),
  injected(step, "disk full", { at, act: "full" }, shared)
]

/** Another program removes the state directory before the nth child process whose command line matches. */
export const stateVanishes = (step: string, at: string, shared: Shared = {}, nth = 1): Scenario =>
  injected(
    step,
    "state directory gone",
    { at: `spawn:${at}`, nth, when: "before", act: "vanish" },
    { codes: [6], ...shared }
  )

export const TOOL_FAULTS: ReadonlyArray<ToolFault> = [
  ["exits non-zero", "exit:1"],
  ["prints garbage", "garbage"],
  ["prints nothing", "empty"],
  ["hangs", "hang"],
  ["hangs and ignores SIGTERM", "stubborn"]
]
export const WORKS_THEN_HANGS: ToolFault = ["does its work, then hangs", "late"]
export const WRONG_REPORTS: ReadonlyArray<ToolFault> = [
  ["reports success, did nothing", "lie-yes"],
  ["reports failure, did its work", "lie-no"]
]

/** A `git` that changes something prints nothing on success, so an empty answer reports success. */
export const GIT_FAULTS: ReadonlyArray<ToolFault> = [
  ["exits non-zero", "exit"],
  ["prints garbage", "garbage"],
  ["reports success, did nothing", "empty"],
  ["hangs", "hang"],
  ["hangs and ignores SIGTERM", "stubborn"],
  ["reports failure, did its work", "lie-no"]
]

/** A tool with each fault in the run with the fault. `setting` makes the variable's value of the fault's. */
export const toolFaults = (
  step: string,
  variable: string,
  setting: (value: string) => string,
  faults: ReadonlyArray<ToolFault>,
  { faultyEnv, ...shared }: Shared = {}
): ReadonlyArray<Scenario> =>
  faults.map(([fault, value]) => ({
    step,
    fault,
    run: { env: { ...faultyEnv, [variable]: setting(value) } },
    ...shared
  }))

/** Faults of the fake bd at a call, e.g. `update:bd-1@2` for the second update of bd-1. */
export const bdFaults = (step: string, call: string, faults: ReadonlyArray<ToolFault>, shared: Shared = {}) =>
  toolFaults(step, "FAKE_BD_FAULT", (value) => `${call}=${value}`, faults, shared)

/** Faults of the fake dx-runner in a command; `calls` says in which of its calls, e.g. `@2+`. Default: all. */
export const dxFaults = (
  step: string,
  command: string,
  faults: ReadonlyArray<ToolFault>,
  shared: Shared = {},
  calls = ""
) => toolFaults(step, "FAKE_DX_FAULT", (value) => `${command}=${value}${calls}`, faults, shared)

/** A second dispatcher on the same state directory. */
const SAME_HOST = [{ fault: "second dispatcher", env: {} }] as const
/** And one on another state directory: it shares the tracker and the runner, but not the journal. */
export const BOTH_HOSTS = [
  ...SAME_HOST,
  { fault: "second host", env: { NIGHTLY_DISPATCH_STATE_DIR: "other-state" } }
] as const

/** Two dispatchers. The first is held at one point until the second has ended. */
export const twoDispatchers = (
  step: string,
  at: string,
  { faultyEnv = {}, ...shared }: Shared = {},
  hold: Partial<Injection> = {},
  hosts: ReadonlyArray<{ readonly fault: string; readonly env: Readonly<Record<string, string>> }> = SAME_HOST
): ReadonlyArray<Scenario> =>
  hosts.map(({ env, fault }) => ({
    step,
    fault,
    run: { injection: { at, when: "before", act: "hold", ...hold }, env: faultyEnv },
    second: { env: { ...faultyEnv, ...env } },
    ...shared
  }))
