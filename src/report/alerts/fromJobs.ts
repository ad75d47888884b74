import { Either } from "effect"
import type { AlertKind } from "../../domain/AlertKind.ts"
import type { AttemptEnd } from "../../domain/Attempt.ts"
import type { Condition } from "../../domain/Condition.ts"
import { Failed } from "../../domain/Outcome.ts"
import { skippedOf } from "../needs/forBugs.ts"
import type { AlertFacts } from "./AlertFacts.ts"
import { lastJobs, stillOpen } from "./bugs.ts"
import { conditionOf } from "./condition.ts"

const KIND_OF: Readonly<Record<AttemptEnd, AlertKind | undefined>> = {
  succeeded: undefined,
  // A person stopped it.
  stopped: undefined,
  no_op: "job_failed",
  failed: "job_failed",
  stalled: "job_failed",
  claim_lost: "job_lost",
  lost: "job_lost",
  unverified: "unverified",
  // Told of as what a person must give.
  needs_human: undefined
}

/** Milliseconds. What ended before is no news. */
const NEWS = 24 * 3_600_000

/** Each bug whose last job ended badly in the last day. One that is given up is told of as that. */
const jobs = (facts: AlertFacts): ReadonlyArray<Condition> => {
  const { night, now, program } = facts
  if (Either.isLeft(night.journal)) return []
  const isOpen = stillOpen(facts)
  const givenUp = new Set(
    skippedOf(night)
      .filter(({ reason }) => reason === "attempts_used_up" || reason === "undecided")
      .map(({ beads }) => beads)
  )
  return [...lastJobs(facts).values()].flatMap(({ beads, changed: since, detail, end, provider }) => {
    const kind = KIND_OF[end]
    if (kind === undefined || now - since > NEWS || !isOpen(beads) || givenUp.has(beads)) return []
    const what = detail === "" ? `its job with ${provider} ended as ${end}` : detail
    const commands = [`${program} explain ${beads}`, `${program} logs ${beads}`]
    return [conditionOf({ kind, beads, what, since, commands, fingerprint: String(since) })]
  })
}

/** The bugs whose dispatch failed in the last run. That no provider works is told of as that. */
const dispatches = ({ lastOutcomes, program }: AlertFacts): ReadonlyArray<Condition> =>
  lastOutcomes
    .filter((outcome) => outcome instanceof Failed)
    .filter(({ code }) => code !== "provider_unavailable" && code !== "preflight_failed")
    .map(({ beads, code, error }) =>
      conditionOf({
        kind: "dispatch_failed",
        beads,
        what: `it could not be dispatched (${code}): ${error}`,
        commands: [`${program} explain ${beads}`],
        fingerprint: code
      })
    )

/** More bugs wait than one cause explains. */
const overload = ({ night, program }: AlertFacts): ReadonlyArray<Condition> => {
  const waiting = skippedOf(night).filter(({ reason }) => reason === "overload").length
  const what = `${waiting + 1} bugs wait at once, which may have one cause`
  return waiting === 0 ? [] : [conditionOf({ kind: "overload", what, commands: [`${program} run --dry-run`] })]
}

/** What is told of dispatches and of jobs. */
export const fromJobs = (facts: AlertFacts): ReadonlyArray<Condition> => [
  ...dispatches(facts),
  ...jobs(facts),
  ...overload(facts)
]
