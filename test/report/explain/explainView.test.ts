import { assert, describe, it } from "@effect/vitest"
import { DateTime, Schema } from "effect"
import { Ack } from "../../../src/domain/Ack.ts"
import { Actor } from "../../../src/domain/Actor.ts"
import { BeadsId, RunId } from "../../../src/domain/Ids.ts"
import { Dispatched, REVIEW_LABEL, Skipped } from "../../../src/domain/Outcome.ts"
import { ProviderName } from "../../../src/domain/Provider.ts"
import { Workspace } from "../../../src/domain/Workspace.ts"
import { HERE } from "../../../src/journal/elsewhere.ts"
import type { AttemptFacts, OutcomeFacts, StepFacts } from "../../../src/journal/JournalQueries.ts"
import type { ExplainInput } from "../../../src/report/explain/input.ts"
import { explainView, failuresOf } from "../../../src/report/explain/explainView.ts"
import { explainText } from "../../../src/report/explain/text.ts"
import { ExplainView } from "../../../src/report/explain/view.ts"
import { widthOf } from "../../../src/report/text/display.ts"
import { FakeBeads, FakeKeptWork } from "../../../src/testing/index.ts"

const id = BeadsId.make("shop-9fd")
const HOUR = 3_600_000
/** Mon 23:00 in UTC. */
const START = Date.UTC(2026, 10, 23, 23, 0, 4)
const run = (number: number) => RunId.make(`2026112${3 + number}T230000Z-4f2a91c7d${number}`)
const actor = (number: number) => Actor.make(`nightly-dispatch/vm-1/${run(number)}/1`)
const provider = ProviderName.make("cc-glm")

const attempt = (number: number, changes: Partial<AttemptFacts> = {}): AttemptFacts => ({
  actor: actor(number),
  run: run(number),
  beads: id,
  number,
  phase: "settled",
  provider,
  hadJob: true,
  began: START + number * HOUR,
  changed: START + number * HOUR + 41 * 60_000,
  end: "failed",
  blame: "issue",
  verified: undefined,
  detail: 'the job failed (cc-glm, exit 3): npm ERR! missing script: "test"',
  durationMs: 41 * 60_000,
  commits: undefined,
  review: undefined,
  branch: "nightly-dispatch/shop-9fd",
  worktree: "/tmp/agents/shop-9fd/shop",
  repository: "/home/op/shop",
  log: `/home/op/.local/state/nightly-dispatch/jobs/shop-9fd/${number}/log`,
  cleared: false,
  decision: undefined,
  ...changes
})

const steps: ReadonlyArray<StepFacts> = [
  { at: START, step: { _tag: "Intended" } },
  { at: START + 1000, step: { _tag: "Claimed" } },
  {
    at: START + 2000,
    step: {
      _tag: "WorkspaceMade",
      workspace: new Workspace({
        path: "/tmp/agents/shop-9fd/shop",
        branch: "nightly-dispatch/shop-9fd",
        reused: false
      })
    }
  },
  { at: START + 3000, step: { _tag: "Starting", provider } },
  {
    at: START + 8000,
    step: { _tag: "Acknowledged", ack: Ack.make({ beads: id, provider, pid: 4242, how: "started" }) }
  },
  { at: START + 41 * 60_000, step: { _tag: "Ending", end: "failed", blame: "issue", detail: "no" } },
  { at: START + 41 * 60_000, step: { _tag: "Settled", end: "failed", blame: "issue", detail: "no" } }
]

const dispatched: OutcomeFacts = {
  run: run(3),
  at: START,
  lastAt: START,
  outcome: new Dispatched({
    beads: id,
    provider,
    durationMs: 1,
    how: "started",
    passedOver: [
      {
        provider: ProviderName.make("opencode"),
        code: "preflight_failed",
        reason: "canonical model unavailable: glm-5.1",
        capacity: false,
        durationMs: 1
      }
    ]
  })
}
const skipped = (at: number, lastAt: number, detail: string): OutcomeFacts => ({
  run: RunId.make("20261124T010000Z-000001"),
  at,
  lastAt,
  outcome: new Skipped({ beads: id, reason: "backing_off", detail })
})

const heldBack = (hours: number, load: number): OutcomeFacts => ({
  ...skipped(START + hours * HOUR, START + hours * HOUR, ""),
  outcome: new Skipped({ beads: id, reason: "host_busy", detail: `load ${load}` })
})

const input = (changes: Partial<ExplainInput> = {}): ExplainInput => ({
  id,
  issue: FakeBeads.issue({ id: "shop-9fd", title: "Prices show NaN in Safari", priority: 1 }),
  now: { verdict: "left_alone", reason: "attempts_used_up", detail: "3 attempts failed" },
  attempts: [attempt(1), attempt(2), attempt(3)],
  elsewhere: HERE,
  steps: new Map([[actor(3), steps]]),
  outcomes: [skipped(START + 5 * HOUR, START + 7 * HOUR, "not before 10:00"), dispatched],
  log: { path: "/var/log/shop-9fd.log", attempt: 3, lines: ["npm test", 'npm ERR! missing script: "test"'] },
  work: {
    attempt: attempt(3),
    facts: { ...FakeKeptWork.WAITING, files: 3, insertions: 10, deletions: 2, uncommitted: 2 }
  },
  retry: undefined,
  paused: undefined,
  unchanged: undefined,
  unknown: [],
  ...changes
})

const frame = {
  now: START + 10 * HOUR,
  zone: () => DateTime.zoneUnsafeMakeNamed("UTC"),
  width: undefined,
  color: false,
  program: "nightly-dispatch"
}
const text = (changes: Partial<ExplainInput> = {}, all = false, width?: number) =>
  explainText(explainView(input(changes)), { ...frame, width }, all)

describe("explain", () => {
  it("says of a bug that does not move since when and in how many runs, but not if the next run takes it", () => {
    const unchanged = "left alone by each of 30 runs in 3 d 1 h for the same reason: limit (1 a run)"
    assert.include(text({ unchanged }).replace(/\s+/g, " "), `NOTE: This bug does not move: ${unchanged}`)
    assert.notInclude(text({ unchanged, now: { verdict: "chosen", detail: "" } }), "does not move")
  })

  it("says what the next run would do, why the bug failed, what happened, and what to type", () => {
    const shown = text()
    assert.match(shown, /^shop-9fd  P1 bug · open · Prices show NaN in Safari\nNOW: left alone: 3 attempts failed\n/)
    assert.include(shown, "nightly-dispatch retry shop-9fd\n")
    assert.include(shown, "nightly-dispatch retry shop-9fd --note 'TEXT'")
    assert.include(shown, "nightly-dispatch logs shop-9fd\n")
    assert.include(shown, "WHY IT FAILED (the same in all 3)\n  the job failed (cc-glm, exit 3): npm ERR!")
    assert.strictEqual(shown.split("missing script").length - 1, 2, "once, and in the log")
    assert.include(shown, "skipped, backing off: not before 10:00")
    assert.include(shown.replace(/\s+/g, " "), "3 files, +10 -2 lines, not merged")
    assert.include(shown.replace(/\s+/g, " "), "worktree /tmp/agents/shop-9fd/shop (kept, 2 files not committed)")
  })

  it("shows the newest attempt in full, with the providers that were passed over before the start", () => {
    const lines = text().split("\n")
    const at = (part: string) => lines.findIndex((line) => line.includes(part))
    assert.isTrue(at("claimed, read back: ours") < at("opencode: no, canonical model unavailable"))
    assert.isTrue(at("opencode: no, canonical") < at("cc-glm: asked to start the job"))
    assert.include(text(), "23:00:12  cc-glm: started, pid 4242")
    assert.strictEqual(text().split("ended failed").length - 1, 1, "the ending is told once")
  })

  it("runs in a row that a busy host held back are one line, with the last figures", () => {
    const other = skipped(START + 8 * HOUR, START + 8 * HOUR, "not before 10:00")
    const outcomes = [heldBack(9, 21), other, heldBack(7, 19), heldBack(6, 18), heldBack(5, 17)]
    const { leftAlone } = explainView(input({ outcomes }))
    assert.deepStrictEqual(
      leftAlone.map(({ detail, from, to }) => [detail, (from - START) / HOUR, (to - START) / HOUR]),
      [
        ["load 19", 5, 7],
        ["not before 10:00", 8, 8],
        ["load 21", 9, 9]
      ]
    )
    assert.match(text({ outcomes }), /\d\d:\d\d to .*\d\d:\d\d  skipped, host busy: load 19$/m)
  })

  it("a span within one minute is one time, and what does not fit goes on behind its time", () => {
    const short = skipped(
      START,
      START + 1000,
      "one two three four five six seven eight nine ten eleven twelve thirteen"
    )
    const shown = text({ outcomes: [short] }, true, 60)
    const time = /^(.*\d\d:\d\d)  skipped, backing off: one two/m.exec(shown)?.[1] ?? ""
    assert.notInclude(time, " to ")
    assert.match(shown, new RegExp(`^ {${time.length + 2}}\\S.*thirteen$`, "m"))
  })

  it("fills no screen with run ids and actors", () => {
    assert.notInclude(text({}, true), actor(3))
    assert.notInclude(text({}, true), run(3))
    assert.include(text(), "run 26T23·4f2a")
  })

  it("says each way to fail once, the latest last, and nothing of what a person has cleared", () => {
    const failed = (number: number, detail: string, changes: Partial<AttemptFacts> = {}) =>
      attempt(number, { detail, ...changes })
    const attempts = [
      failed(1, "HTTP 500 after 12 s"),
      failed(2, "no script"),
      failed(3, "HTTP 500 after 99 s"),
      failed(4, "cleared", { cleared: true }),
      failed(5, "good", { end: "succeeded" })
    ]
    assert.deepStrictEqual(failuresOf(attempts), [
      { attempts: [2], words: "no script" },
      { attempts: [1, 3], words: "HTTP 500 after 99 s" }
    ])
    assert.include(text({ attempts }), "  attempts 1, 3: HTTP 500 after 99 s")
  })

  it("names the place of a bug that waits for its turn, and of one that would be taken", () => {
    const place = { position: 3, of: 6, why: "P1, then age" }
    const waiting = text({ now: { verdict: "left_alone", reason: "limit", detail: "2 a run", place } })
    assert.include(waiting, "NOW: left alone, 3rd of 6: P1, then age: 2 a run")
    assert.notInclude(waiting, "retry shop-9fd", "no retry makes the limit any wider")
    const chosen = text({ now: { verdict: "chosen", detail: "", place: { ...place, position: 1 } } })
    assert.include(chosen, "NOW: the next run would take it, 1st of 6: P1, then age\n")
    assert.notInclude(chosen, "retry shop-9fd")
  })

  it("follows the log of a job that runs, and offers the review of work that waits", () => {
    const open = attempt(4, { phase: "acknowledged", end: undefined, detail: undefined })
    assert.include(text({ attempts: [open] }), "nightly-dispatch logs shop-9fd -f")
    assert.notInclude(text({ attempts: [open] }), "retry shop-9fd")
    const good = attempt(4, { end: "succeeded", blame: undefined })
    assert.include(text({ attempts: [good] }), "nightly-dispatch review shop-9fd")
    const accepted = attempt(4, { end: "succeeded", blame: undefined, decision: "accepted" })
    assert.notInclude(text({ attempts: [accepted] }), "review shop-9fd")
  })

  it("says what the review label does", () => {
    const issue = FakeBeads.issue({ id: "shop-9fd", labels: [REVIEW_LABEL] })
    assert.include(text({ issue }, false, 200), `bd label remove shop-9fd ${REVIEW_LABEL}`)
  })

  it("tells of a branch that was deleted, of a worktree that is gone, and of git that cannot tell", () => {
    const facts = { ...FakeKeptWork.WAITING, worktree: "gone", branch: "deleted", merged: "yes" } as const
    const shown = text({ work: { attempt: attempt(3), facts } }, false, 200)
    assert.include(shown, "branch nightly-dispatch/shop-9fd was deleted after a merge")
    assert.include(shown, "worktree /tmp/agents/shop-9fd/shop (gone)")
    const unknown = text({ work: { attempt: attempt(3), facts: undefined } }, false, 200)
    assert.include(unknown, "git cannot tell whether it exists")
    assert.include(unknown, "whether it is there cannot be told")
  })

  it("works with nothing but an id, and says what is not known", () => {
    const nothing = { issue: undefined, attempts: [], outcomes: [], log: undefined, work: undefined }
    const shown = text({ ...nothing, unknown: ["The tracker cannot be read"] })
    assert.match(shown, /^shop-9fd\nNOW: left alone: 3 attempts failed\nNOTE: The tracker cannot be read$/)
  })

  it("fits any width, whatever the tracker and the logs say, and lets no control character through", () => {
    const evil = `\u001b[31m\u0007\u202e日本語🐛 ${"x".repeat(300)} ${"word ".repeat(2000)}`
    const hostile: Partial<ExplainInput> = {
      issue: FakeBeads.issue({ id: "shop-9fd", title: evil }),
      attempts: [attempt(3, { detail: evil })],
      now: { verdict: "left_alone", detail: evil },
      outcomes: [skipped(START, START, evil)],
      retry: { beads: id, at: START, note: evil }
    }
    for (const width of [40, 80, 200, 500, undefined]) {
      const lines = text(hostile, true, width).split("\n")
      // Commands are never broken.
      const others = lines.filter((line) => !line.includes("nightly-dispatch "))
      const most = Math.min(200, width ?? 80)
      assert.deepStrictEqual(
        others.filter((line) => widthOf(line) > most),
        []
      )
      assert.notMatch(lines.join(""), /[\u0000-\u001f\u007f-\u009f\u202e]/)
    }
  })

  it("colours only where colours are wanted", () => {
    assert.include(explainText(explainView(input()), { ...frame, color: true }, false), "\u001b[33mleft alone")
    assert.notInclude(text(), "\u001b")
  })

  it("shows the last twelve entries of a long history, and all with --all", () => {
    const attempts = Array.from({ length: 30 }, (_, index) =>
      attempt(1, { number: index, began: START + index * HOUR })
    )
    assert.include(text({ attempts, outcomes: [] }), "18 earlier: nightly-dispatch explain shop-9fd --all")
    assert.lengthOf(text({ attempts, outcomes: [] }, true).match(/attempt \d+ · cc-glm/g) ?? [], 30)
  })

  it("is a document of its schema", () => {
    const view = explainView(input({ retry: { beads: id, at: START, note: "Use CSV" } }))
    const codec = Schema.parseJson(ExplainView)
    const decoded = Schema.decodeUnknownSync(codec)(Schema.encodeSync(codec)(view))
    assert.deepStrictEqual(
      decoded.attempts.map(({ number }) => number),
      [1, 2, 3]
    )
    assert.deepStrictEqual(decoded.retry, { at: START, note: "Use CSV" })
    assert.strictEqual(decoded.work?.commits, 1)
  })
})
