import type { Fleet } from "./Fleet.ts"
import type { Host } from "./Host.ts"
import type { Held, Point } from "./wire.ts"

/** What a host does in a tick before its first attempt: it begins to plan, it offers the bugs, it takes one. */
const TICK_STEPS = ["Planning", "Offered", "Taken"] as const

/** The steps of an attempt, in their order. */
const ATTEMPT_STEPS = [
  "Intended",
  "Claimed",
  "WorkspaceMade",
  "Prompted",
  "Starting",
  "Launching",
  "Acknowledged",
  "Settled"
] as const
export const STEPS = [...TICK_STEPS, ...ATTEMPT_STEPS] as const
export type Step = (typeof STEPS)[number]

export const isOfTick = (step: Step): boolean => TICK_STEPS.some((each) => each === step)

/** A dispatcher of the first host that has come to the point. */
export interface Hurt {
  readonly fleet: Fleet
  readonly host: Host
  readonly pid: number
}

/** What goes wrong with one host. */
export interface Fault {
  readonly name: string
  /** At the point, while the connection is held. */
  readonly strike: (hurt: Hurt) => Promise<Held>
  /** Once the other hosts have had a run. */
  readonly mend?: (hurt: Hurt) => Promise<void>
  /** How far the host's wall clock is ahead, in milliseconds. */
  readonly jump?: number
  /** So long a host waits for an answer of the database, in milliseconds, if not as usual. */
  readonly answersWithin?: number
  /** Each dispatcher of each host runs in a network namespace of its own. */
  readonly ownNetworks?: true
  /** The host is evicted: it does nothing more. */
  readonly evicts?: true
  /** What the dispatcher must say when it ends. */
  readonly says?: RegExp
  /** Where it strikes in the matrix; `FLEET=all` plays it before and after every step of `STEPS`. */
  readonly strikes: { readonly when: Point["when"]; readonly steps: ReadonlyArray<Step> }
}

export interface Cell extends Point {
  readonly fault: Fault
  readonly step: Step
}

export const nameOf = ({ fault, step, when }: Cell): string => `${fault.name}, ${when} ${step}`

/** The cells of a fault. */
export const cellsOf = (fault: Fault, all = process.env["FLEET"] === "all"): ReadonlyArray<Cell> => {
  const { steps, when: chosen } = fault.strikes
  return all
    ? STEPS.flatMap((step) => (["before", "after"] as const).map((when) => ({ fault, step, when })))
    : steps.map((step) => ({ fault, step, when: chosen }))
}
