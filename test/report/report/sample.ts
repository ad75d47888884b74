import { DateTime, Either } from "effect"
import { Actor } from "../../../src/domain/Actor.ts"
import { BeadsId, runIdOf } from "../../../src/domain/Ids.ts"
import { ProviderName } from "../../../src/domain/Provider.ts"
import { parseSchedule } from "../../../src/domain/schedule.ts"
import type { AttemptFacts, RunFacts } from "../../../src/journal/JournalQueries.ts"
import type { Frame } from "../../../src/report/Frame.ts"
import { branchKey, type ReportInput } from "../../../src/report/report/reportInput.ts"

/** A time of November 2026, in UTC: `at(25, "23:00")`. */
export const at = (day: number, clock: string): number => Date.parse(`2026-11-01T${clock}:00Z`) + (day - 1) * 86_400_000

export const zone = DateTime.zoneUnsafeMakeNamed("UTC")
export const NOW = at(26, "08:30")
export const frame: Frame = { now: NOW, zone: () => zone, width: undefined, color: false, program: "nightly-dispatch" }

export const provider = (name: string) => ProviderName.make(name)
export const bug = (id: string) => BeadsId.make(id)

export const run = (began: number, facts: Partial<RunFacts> = {}): RunFacts => ({
  run: runIdOf(began, 1),
  host: "vm-1",
  began,
  ended: began + 60_000,
  end: "done",
  exit: 0,
  fetched: 0,
  dispatched: 0,
  failed: 0,
  error: undefined,
  ...facts
})

const MINUTE = 60_000
let attempts = 0

/** A settled attempt of opencode, whose job took 30 minutes and succeeded. */
export const attempt = (beads: string, began: number, facts: Partial<AttemptFacts> = {}): AttemptFacts => ({
  actor: Actor.make(`nightly-dispatch/vm-1/${runIdOf(began, 1)}/${++attempts}`),
  run: runIdOf(began, 1),
  beads: bug(beads),
  number: 1,
  phase: "settled",
  provider: provider("opencode"),
  hadJob: true,
  began,
  changed: began + 31 * MINUTE,
  end: "succeeded",
  blame: undefined,
  verified: undefined,
  detail: "the job ended well",
  durationMs: 30 * MINUTE,
  commits: 1,
  review: "label",
  branch: `nightly-dispatch/${beads}`,
  worktree: undefined,
  repository: "/home/op/shop",
  log: undefined,
  cleared: false,
  decision: undefined,
  ...facts
})

export const failed = (beads: string, began: number, detail: string, facts: Partial<AttemptFacts> = {}): AttemptFacts =>
  attempt(beads, began, { end: "failed", blame: "issue", detail, review: undefined, branch: undefined, ...facts })

/** Nothing happened from noon of 23 November until now. */
export const quiet: ReportInput = {
  since: at(23, "12:00"),
  until: NOW,
  zone,
  host: "vm-1",
  repository: "shop",
  lastRun: undefined,
  schedule: { schedule: undefined, why: "no schedule is set" },
  runs: [],
  runsBefore: [],
  ended: [],
  open: [],
  refusals: [],
  refusalsByNight: new Map(),
  fallbacks: new Map(),
  decisions: [],
  branches: new Map(),
  titles: new Map(),
  notes: []
}

const ccGlm = { provider: provider("cc-glm") }
const SCRIPT = 'npm ERR! missing script: "test"'
const MODEL = "canonical model unavailable: glm-5.1"
const decided = { decision: "accepted" as const }
const branch = (id: string) => branchKey("/home/op/shop", `nightly-dispatch/${id}`)

/** Three nights with everything that a report tells of. */
export const busy: ReportInput = {
  ...quiet,
  lastRun: at(26, "08:00"),
  schedule: { schedule: Either.getOrThrow(parseSchedule("0 23,1,6-8 * * *", "UTC")), why: "settings" },
  runsBefore: [run(at(22, "23:00"))],
  runs: [
    run(at(26, "08:00"), { ended: undefined, exit: undefined }),
    run(at(26, "07:00")),
    run(at(26, "06:00"), { dispatched: 1 }),
    run(at(26, "01:00"), { dispatched: 2 }),
    run(at(25, "23:00"), { dispatched: 3, failed: 1, exit: 3 }),
    run(at(25, "08:00")),
    run(at(25, "07:00")),
    run(at(25, "06:30"), { exit: 4, error: "bd: database is locked" }),
    run(at(25, "01:00"), { dispatched: 1 }),
    run(at(24, "23:00"), { dispatched: 2 }),
    run(at(24, "08:00")),
    run(at(24, "07:00")),
    run(at(24, "06:00")),
    run(at(23, "23:00"), { dispatched: 1 })
  ],
  ended: [
    attempt("shop-4k2", at(23, "23:00"), decided),
    attempt("shop-a11", at(24, "23:00"), { durationMs: 22 * MINUTE }),
    failed("shop-9fd", at(24, "23:00"), SCRIPT, ccGlm),
    failed("shop-e07", at(25, "01:00"), "exit 1: 3 tests fail", { end: "unverified", verified: "no", ...ccGlm }),
    attempt("shop-b22", at(25, "23:00"), { durationMs: 41 * MINUTE }),
    failed("shop-9fd", at(25, "23:00"), SCRIPT, { ...ccGlm, number: 2 }),
    failed("shop-c1x", at(25, "23:00"), "the job hung about 2 h", {
      end: "stalled",
      durationMs: 120 * MINUTE,
      ...ccGlm
    }),
    failed("shop-9fd", at(26, "01:00"), SCRIPT, { number: 3 }),
    attempt("shop-d33", at(26, "01:00"), { end: "no_op", review: undefined, branch: undefined })
  ],
  open: [attempt("shop-f44", at(26, "06:00"), { end: undefined, phase: "acknowledged", durationMs: undefined })],
  refusals: [
    { provider: provider("opencode"), detail: MODEL, runs: 3 },
    { provider: provider("gemini"), detail: "not found on PATH", runs: 14 }
  ],
  refusalsByNight: new Map([
    ["2026-11-25", [{ provider: provider("opencode"), detail: MODEL, runs: 3 }]],
    ["2026-11-24", [{ provider: provider("gemini"), detail: "not found on PATH", runs: 4 }]]
  ]),
  fallbacks: new Map([[provider("cc-glm"), 4]]),
  decisions: [
    { actor: Actor.make("a"), beads: bug("shop-4k2"), decision: "accepted", at: at(24, "09:00") },
    { actor: Actor.make("b"), beads: bug("shop-a00"), decision: "rejected", at: at(24, "09:05") }
  ],
  branches: new Map([
    [branch("shop-4k2"), { branch: "deleted", merged: "yes", tip: undefined }],
    [branch("shop-a11"), { branch: "exists", merged: "no", tip: "1".repeat(40) }],
    [branch("shop-b22"), { branch: "exists", merged: "no", tip: "1".repeat(40) }]
  ]),
  titles: new Map([[bug("shop-9fd"), "Prices show NaN in Safari"]])
}
