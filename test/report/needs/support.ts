import { Either } from "effect"
import { Actor } from "../../../src/domain/Actor.ts"
import { BeadsId, RunId } from "../../../src/domain/Ids.ts"
import { Intake, type MalformedIssue } from "../../../src/domain/Issue.ts"
import { Skipped, type SkipReason } from "../../../src/domain/Outcome.ts"
import { ProviderName } from "../../../src/domain/Provider.ts"
import { parseSchedule } from "../../../src/domain/schedule.ts"
import type { AttemptFacts, EndedJob, RunFacts } from "../../../src/journal/JournalQueries.ts"
import type { JournalFacts, NightFacts, TrackerFacts } from "../../../src/report/needs/NightFacts.ts"
import { FakeBeads } from "../../../src/testing/index.ts"

export const at = (clock: string, day = 27): number => Date.parse(`2026-11-${day}T${clock}:00Z`)
export const id = BeadsId.make
export const [opencode, glm] = [ProviderName.make("opencode"), ProviderName.make("cc-glm")]

/** A run that ended well after a minute. */
export const run = (began: number, changes: Partial<RunFacts> = {}): RunFacts => ({
  run: RunId.make("20261127T060000Z-4f2a91c7d0"),
  host: "vm-1",
  began,
  ended: began + 60_000,
  end: "done",
  exit: 0,
  fetched: 3,
  dispatched: 1,
  failed: 0,
  error: undefined,
  ...changes
})

/** An attempt whose job ended well and left work, marked in the tracker. */
export const attempt = (beads: string, changes: Partial<AttemptFacts> = {}): AttemptFacts => ({
  actor: Actor.make(`nightly-dispatch/${"0".repeat(32)}/vm-1/20261127T060000Z-4f2a91c7d0/${beads.length}`),
  run: RunId.make("20261127T060000Z-4f2a91c7d0"),
  beads: id(beads),
  number: 1,
  phase: "settled",
  provider: opencode,
  hadJob: true,
  began: at("05:00"),
  changed: at("06:00"),
  end: "succeeded",
  blame: undefined,
  verified: "yes",
  detail: "it left work",
  durationMs: 41 * 60_000,
  commits: 3,
  review: "label",
  branch: `nightly-dispatch/${beads}`,
  worktree: `/tmp/agents/${beads}/shop`,
  repository: "/src/shop",
  log: `/state/jobs/${beads}/1/log`,
  cleared: false,
  decision: undefined,
  ...changes
})

/** A job that ended well and left work. */
export const endedJob = (beads: string, changes: Partial<EndedJob> = {}): EndedJob => ({
  beads: id(beads),
  provider: opencode,
  changed: at("06:00"),
  end: "succeeded",
  blame: undefined,
  detail: "it left work",
  probe: false,
  ...changes
})

/** An attempt whose job may run. */
export const open = (beads: string, changes: Partial<AttemptFacts> = {}): AttemptFacts =>
  attempt(beads, { phase: "acknowledged", end: undefined, review: undefined, verified: undefined, ...changes })

export const skipped = (beads: string, reason: SkipReason, detail: string = reason) =>
  new Skipped({ beads, reason, detail })

export const journal = (changes: Partial<JournalFacts> = {}): NightFacts["journal"] =>
  Either.right({
    runs: [run(at("07:00")), run(at("06:00"))],
    open: [],
    ended: [],
    results: new Map(),
    checks: [],
    notices: [],
    undelivered: [],
    retries: [],
    unchanged: [],
    paused: undefined,
    ...changes
  })

interface Tracker extends Partial<Omit<TrackerFacts, "intake" | "skipped">> {
  readonly issues?: ReadonlyArray<FakeBeads.FakeIssue>
  readonly malformed?: ReadonlyArray<MalformedIssue>
  readonly skipped?: ReadonlyArray<Skipped>
}

export const tracker = ({
  issues = [],
  malformed = [],
  skipped: left = [],
  ...more
}: Tracker = {}): NightFacts["tracker"] =>
  Either.right({
    intake: new Intake({ issues: issues.map(FakeBeads.issue), malformed }),
    skipped: Either.right(left),
    unowned: [],
    ...more
  })

const schedule = Either.getOrThrow(parseSchedule("0 6-13 * * *", "UTC"))

/** A night in which all is well, at 07:20. */
export const night = (changes: Partial<NightFacts> = {}): NightFacts => ({
  now: at("07:20"),
  schedule: { schedule, from: "crontab", why: "your crontab" },
  journal: journal(),
  tracker: tracker(),
  waiting: [],
  lastSkipped: [],
  running: Either.right([]),
  written: new Map(),
  maxRuntime: 2 * 3_600_000,
  runTimeout: 50 * 60_000,
  providers: [opencode, glm],
  providerHealth: true,
  ...changes
})
