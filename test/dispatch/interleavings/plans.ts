import { FastCheck as fc } from "effect"
import { CALLS, failureOf, type Disturbance } from "./disturbances.ts"

/** An event outside the run, at a time in seconds after the run's start. */
export interface OutsideEvent {
  readonly at: number
  readonly bug: string
  readonly what:
    | "a colleague claims it"
    | "another host claims it"
    | "another host takes its claim"
    | "its claim is freed"
    | "it is closed"
    | "its agent ends well"
    | "its agent fails"
}

/** The whole input of a scenario. */
export interface Plan {
  readonly bugs: number
  readonly parallel: number
  readonly leases: boolean
  readonly disturbances: ReadonlyArray<Disturbance>
  readonly events: ReadonlyArray<OutsideEvent>
  /** How the run ends, and after how many seconds. A killed run rolls nothing back. */
  readonly end: "by itself" | { readonly interrupted: number } | { readonly killed: number }
}

const delay = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 20 }) },
  { weight: 1, arbitrary: fc.integer({ min: 21, max: 150 }) }
)

// Calls of a dispatch, chosen more often. Otherwise few scenarios would disturb one.
const STEPS = [
  "BeadsCli.claim",
  "BeadsCli.release",
  "BeadsCli.show",
  "Workspaces.acquire",
  "PromptStore.write",
  "DxRunner.start",
  "DxRunner.start",
  "DxRunner.job",
  "Journal.intend",
  "Journal.advance"
]

const disturbance: fc.Arbitrary<Disturbance> = fc
  .record({
    call: fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...STEPS) },
      { weight: 2, arbitrary: fc.constantFrom(...Object.keys(CALLS)) }
    ),
    nth: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 6 })),
    does: fc.constantFrom<Disturbance["does"]>("is slow", "fails", "fails", "fails", "dies", "is interrupted", "hangs"),
    when: fc.constantFrom<Disturbance["when"]>("before", "after"),
    seconds: delay,
    which: fc.integer({ min: 0, max: 7 })
  })
  // Only calls whose caller sets a time limit may hang; the others have a limit of their own and fail. `keep` always
  // takes place, because the real `keep` cannot fail.
  .filter(
    ({ call, does, when }) =>
      (does !== "hangs" || /openBugs|show|claim$|release|preflight|start|acquire/.test(call)) &&
      (does === "is slow" || when === "after" || !call.endsWith(".keep"))
  )

const EVENTS: ReadonlyArray<OutsideEvent["what"]> = [
  "a colleague claims it",
  "another host claims it",
  "another host takes its claim",
  "its claim is freed",
  "it is closed",
  "its agent ends well",
  "its agent fails"
]

const moment = fc.oneof(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 300 }))

export const plans: fc.Arbitrary<Plan> = fc.record({
  bugs: fc.integer({ min: 1, max: 5 }),
  parallel: fc.integer({ min: 1, max: 4 }),
  leases: fc.integer({ min: 0, max: 3 }).map((draw) => draw === 3),
  disturbances: fc.array(disturbance, { maxLength: 6 }),
  events: fc.array(
    fc.record({
      at: moment,
      bug: fc.integer({ min: 1, max: 5 }).map((n) => `bd-${n}`),
      what: fc.constantFrom(...EVENTS)
    }),
    { maxLength: 3 }
  ),
  end: fc.oneof(
    { weight: 3, arbitrary: fc.constant<Plan["end"]>("by itself") },
    { weight: 3, arbitrary: moment.map((interrupted): Plan["end"] => ({ interrupted })) },
    { weight: 2, arbitrary: moment.map((killed): Plan["end"] => ({ killed })) }
  )
})

/** The plan in words, one line for each part. */
export const inWords = ({ bugs, disturbances, end, events, leases, parallel }: Plan): ReadonlyArray<string> => [
  `${bugs} bug(s), ${parallel} at a time${leases ? ", claims are leases" : ""}`,
  ...disturbances.map((disturbance) => {
    const { call, does, nth, seconds, when } = disturbance
    const error = does === "fails" ? failureOf(disturbance) : undefined
    const delayed = seconds === 0 ? "" : `, ${seconds} s late`
    return `${call}#${nth} ${does} ${when} it is done${delayed}${error === undefined ? "" : `: ${error._tag}, ${error.message}`}`
  }),
  ...events.map(({ at, bug: id, what }) => `${at} s: ${id}: ${what}`),
  end === "by itself"
    ? "the run ends by itself"
    : `the run is ${"killed" in end ? `killed at ${end.killed}` : `interrupted at ${end.interrupted}`} s`
]
