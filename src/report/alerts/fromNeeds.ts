import { Either } from "effect"
import type { AlertKind } from "../../domain/AlertKind.ts"
import { digest } from "../../domain/digest.ts"
import type { Condition } from "../../domain/Condition.ts"
import type { Need, NeedKind } from "../needs/Need.ts"
import { needsOf } from "../needs/needsOf.ts"
import { conditionOf } from "./condition.ts"
import type { AlertFacts } from "./AlertFacts.ts"

/** The alert that tells of a need. The others are made from what they are about: see `fromRuns`, `fromProviders`. */
const KIND_OF: Readonly<Partial<Record<NeedKind, AlertKind>>> = {
  paused: "paused",
  budget: "budget",
  journal: "state",
  tracker: "tracker",
  runner: "runner",
  malformed: "malformed",
  claim: "claim",
  job_stalled: "job_stalled",
  job_unknown: "job_unknown",
  review: "review",
  unmarked: "review",
  gave_up: "gave_up",
  undecided: "gave_up",
  needs_human: "needs_human",
  unchanged: "unchanged",
  host_unseen: "host_unseen",
  host_holds: "host_holds",
  alert: "notice"
}

/** Each is the same, whatever the figures in its words are. */
const ONE_WAY: ReadonlySet<AlertKind> = new Set(["unchanged", "budget", "host_unseen", "host_holds"])

const isTold = ({ kind, since }: Need, { now, settings }: AlertFacts): boolean =>
  kind !== "review" || (since !== undefined && now - since >= settings.reviewAfter)

const trackerDown = ({ night, program }: AlertFacts): ReadonlyArray<Condition> => {
  if (Either.isRight(night.tracker)) return []
  const what = `the tracker cannot be read: ${night.tracker.left}`
  return [conditionOf({ kind: "tracker", what, commands: [`${program} doctor`], fingerprint: "" })]
}

/** The needs of a person that are alerts. */
export const fromNeeds = (facts: AlertFacts): ReadonlyArray<Condition> => [
  ...trackerDown(facts),
  ...needsOf(facts.night, facts.program).flatMap((need) => {
    const kind = KIND_OF[need.kind]
    if (kind === undefined || !isTold(need, facts)) return []
    const { beads, commands, host, provider, since, what } = need
    // Two notices are of one kind and of no bug.
    const name =
      kind === "notice"
        ? { name: digest(what) }
        : kind === "needs_human" && beads === undefined && provider !== undefined
          ? { name: provider }
          : kind === "host_unseen" && host !== undefined
            ? { name: host }
            : {}
    // Another pause is another alert, also if its words are the same. A bug that does not move is named once. The figures of a
    // spent budget grow until its jobs have ended.
    const same = kind === "paused" ? String(since) : ONE_WAY.has(kind) ? "" : undefined
    const fingerprint = same === undefined ? {} : { fingerprint: same }
    return [
      conditionOf({ kind, ...(beads === undefined ? {} : { beads }), ...name, ...fingerprint, what, since, commands })
    ]
  })
]
