import { assert, describe, it } from "@effect/vitest"
import { DateTime, Either, FastCheck as fc, Schema } from "effect"
import { Job } from "../../../src/domain/Job.ts"
import type { Pause } from "../../../src/domain/Pause.ts"
import type { NightFacts } from "../../../src/report/needs/NightFacts.ts"
import { StatusView, statusView } from "../../../src/report/status/statusView.ts"
import { statusText } from "../../../src/report/status/text.ts"
import { widthOf } from "../../../src/report/text/display.ts"
import {
  at,
  attempt,
  endedJob,
  glm,
  id,
  journal,
  night,
  open,
  opencode,
  run,
  skipped,
  tracker
} from "../needs/support.ts"

const place = { host: "vm-1", repository: { name: "shop", path: "/src/shop" }, program: "nightly-dispatch" }
const view = (changes: Partial<NightFacts> = {}) => statusView(night(changes), place)
const text = (changes: Partial<NightFacts> = {}, all = false, width?: number) => {
  const { now } = night(changes)
  const zone = () => DateTime.zoneUnsafeMakeNamed("UTC")
  return statusText(view(changes), { now, zone, width, color: false, program: place.program }, { all })
}
const check = (provider: typeof opencode, available: boolean, detail = "") => ({
  run: run(0).run,
  at: at("07:00"),
  check: { provider, available, detail, lines: [], durationMs: 3 }
})

const log = "/home/op/.local/state/nightly-dispatch/shop-0123456789ab/jobs/shop-c1x/1/log"
const busy: Partial<NightFacts> = {
  running: Either.right([
    new Job({ beads: id("shop-c1x"), provider: glm, phase: "running", startedAt: at("06:53"), log }),
    new Job({ beads: id("shop-x"), provider: opencode, phase: "running" })
  ]),
  written: new Map([[log, at("07:20") - 12_000]]),
  waiting: [attempt("shop-4k2")],
  tracker: tracker({
    issues: [{ id: "shop-4k2", priority: 0, title: "Prices show NaN", labels: ["nightly-dispatch-review"] }],
    skipped: [
      skipped("shop-9fd", "attempts_used_up", "3 attempts failed; …"),
      skipped("shop-p1", "blocked", "waits for shop-p8s"),
      skipped("shop-c1x", "running")
    ]
  }),
  journal: journal({
    open: [open("shop-c1x", { provider: glm, log }), open("shop-d2", { phase: "ending" })],
    ended: [
      endedJob("shop-4k2"),
      endedJob("shop-9fd", { end: "failed", provider: glm, blame: "issue", detail: "exit 3" })
    ],
    checks: [check(opencode, true), check(glm, false, "401 Unauthorized")]
  })
}

describe("status", () => {
  it("exits 0 if nothing needs a person, 1 if something does, 3 if the night is not safe", () => {
    assert.strictEqual(view().exit, 0)
    assert.strictEqual(view(busy).exit, 1)
    assert.strictEqual(view({ tracker: Either.left("down") }).exit, 1)
    assert.strictEqual(view({ now: at("08:11") }).exit, 3)
    assert.strictEqual(view({ journal: journal({ runs: [run(at("07:00"), { exit: 3 })] }) }).exit, 3)
    assert.strictEqual(view({ journal: Either.left("damaged") }).exit, 3)
  })

  it("answers in the order of a morning", () => {
    assert.strictEqual(
      text(busy),
      `● nightly-dispatch on vm-1 · shop (/src/shop)
  last run  07:00 (20 min ago), ok
  schedule  0 6-13 * * * from your crontab
  next run  08:00 (in 40 min), safe as far as this can tell
  since     06:00 (1 h 20 min ago): 2 of 2 runs came, none late · 2 started · 1
            ready for review · 1 failed · 3 running

NEEDS YOU (2)
  shop-4k2  P0  ready for review: opencode, 3 commits, 41 min, our check
    passed · 06:00 (1 h 20 min ago)
    "Prices show NaN"
    nightly-dispatch review shop-4k2
  shop-9fd  left alone: 3 attempts failed; the last: exit 3 · 06:00
    (1 h 20 min ago)
    nightly-dispatch explain shop-9fd
    nightly-dispatch retry shop-9fd

RUNNING (3)
  shop-c1x  running · 27 min of 2 h · cc-glm · last output 12 s ago
    ${log}
  shop-d2  was cut short; the next run settles what it left · 06:00
    (1 h 20 min ago) · opencode
    /state/jobs/shop-d2/1/log
  shop-x  running, but not started from here · opencode

PROVIDERS
  provider  jobs 48 h  good   now
  opencode  1          100 %  ok, checked 07:00 (20 min ago)
  cc-glm    1          0 %    unavailable, checked 07:00 (20 min ago): 401
                              Unauthorized

LEFT ALONE (2)
  1 attempts used up · 1 blocked · each: nightly-dispatch status --all`
    )
  })

  it("no longer counts work as ready for review once it was decided", () => {
    const recent = { started: 2, forReview: 1, failed: 1 }
    assert.deepInclude(view(busy).recent, recent)
    assert.deepInclude(view({ ...busy, waiting: [] }).recent, { ...recent, forReview: 0 })
    assert.deepInclude(view({ ...busy, waiting: [attempt("shop-4k2", { changed: at("07:10") })] }).recent, {
      ...recent,
      forReview: 0
    })
  })

  it("lists every bug that is left alone with --all", () => {
    assert.include(text(busy, true), "  shop-p1   blocked           waits for shop-p8s")
  })

  it("says which run is overdue, which were missed, and that the next is not safe", () => {
    const late = text({ now: at("10:20"), tracker: Either.left("bd: no answer within 5s") })
    assert.match(late, /^● OVERDUE · nightly-dispatch on vm-1/)
    assert.include(late, "last run  07:00 (3 h 20 min ago), ok; the run of 08:00 (2 h 20 min ago) has")
    assert.match(late.replace(/\s+/g, " "), /2 of 5 runs came, none late, missed: 08:00, 09:00, 10:00/)
    assert.include(late, "next run  11:00 (in 40 min), NOT SAFE: see what needs you")
    assert.match(late, /NEEDS YOU \(\d+\)[^]*a run is overdue[^]*the tracker cannot be read/)
  })

  it("says that nothing is dispatched: why, by whom, since when and until when; a short pause needs nobody", () => {
    const paused = { at: at("07:05"), reason: "the tracker moves", by: "op@vm-1" }
    const shown = (changes: Partial<Pause> = {}) => ({ journal: journal({ paused: { ...paused, ...changes } }) })
    const lines = text(shown(), false, 100).split("\n")
    assert.match(lines[0] ?? "", /^● PAUSED · nightly-dispatch on vm-1 .* · nothing needs you$/)
    assert.include(lines, "  paused since 07:05 by op@vm-1: the tracker moves · until nightly-dispatch resume")
    assert.include(text(shown()), "next run  08:00 (in 40 min), would dispatch nothing: paused")
    assert.deepInclude(view(shown()), { exit: 0, paused })
    assert.match(text(shown({ until: at("09:00") })), /until 09:00\n/)
    assert.include(text(shown({ until: at("07:30") })), "next run  08:00 (in 40 min), safe as far as this can tell")
    assert.include(text({ journal: journal({ paused, runs: [] }) }), "paused since 07:05")
  })

  it("gives no verdict about runs without a schedule, and says why", () => {
    const why = "not known: there is no crontab command here. If something else starts the runs, set schedule"
    const unknown: Partial<NightFacts> = { now: at("23:00"), schedule: { schedule: undefined, from: undefined, why } }
    assert.deepInclude(view(unknown), { exit: 0, overdueSince: undefined, nextRun: undefined })
    assert.isUndefined(view(unknown).recent?.ticks)
    assert.include(text(unknown).replace(/\s+/g, " "), `schedule ${why} next run unknown, safe`)
  })

  it("names the first steps if there was no run yet", () => {
    const first = text({ journal: journal({ runs: [] }) })
    assert.match(first, /^No run yet\./)
    assert.include(first, "  nightly-dispatch doctor\n")
    assert.include(first, "  nightly-dispatch cron install")
  })

  it("says in words that the journal cannot be read, and shows what the others tell", () => {
    const broken = text({ ...busy, journal: Either.left("journal.db: of a later version; upgrade nightly-dispatch") })
    assert.include(broken.replace(/\s+/g, " "), "the journal cannot be read: journal.db: of a later version; upgrade")
    assert.include(broken, "shop-x  running")
    assert.include(broken, "1 blocked")
  })

  it("shows bugs as the last run left them, if the tracker cannot be read", () => {
    const facts = { tracker: Either.left("down"), lastSkipped: [skipped("bd-1", "blocked")] }
    assert.include(text(facts), "as the last run left them")
    assert.strictEqual(view(facts).leftAlone.as, "last_run")
  })

  it("shows a dozen needs, and all of them with --all", () => {
    const many = { waiting: Array.from({ length: 20 }, (_, index) => attempt(`bd-${index}`)) }
    assert.include(text(many), "  and 8 more: nightly-dispatch status --all")
    assert.include(text(many, true), "nightly-dispatch review bd-19")
  })

  it("fits its width and has no control characters, whatever bugs, logs and tools say", () => {
    const hostile = fc.string({ unit: "binary", maxLength: 2000 })
    fc.assert(
      fc.property(hostile, fc.constantFrom(undefined, 60, 80, 200), (said, width) => {
        const facts: Partial<NightFacts> = {
          tracker: tracker({
            issues: [{ id: "bd-1", title: `${said}\u001b[31m`, labels: ["nightly-dispatch-review"] }],
            skipped: [skipped("bd-2", "attempts_used_up", said)]
          }),
          running: Either.left(said),
          waiting: [attempt("bd-1")],
          journal: journal({
            runs: [run(at("07:00"), { exit: 4, error: said })],
            checks: [check(opencode, false, said)]
          })
        }
        const lines = text(facts, true, width).split("\n")
        for (const line of lines) {
          assert.notMatch(line, /[\u0000-\u001f\u007f-\u009f\u202e]/)
          assert.isAtMost(widthOf(line), width ?? 80, line)
        }
      }),
      { numRuns: 60 }
    )
  })

  it("prints a document that its schema reads", () => {
    const json = Schema.parseJson(StatusView)
    for (const each of [view(), view(busy), view({ journal: Either.left("damaged") })]) {
      const encoded = Schema.encodeSync(json)(each)
      assert.strictEqual(Schema.encodeSync(json)(Schema.decodeUnknownSync(json)(encoded)), encoded)
    }
  })
})
