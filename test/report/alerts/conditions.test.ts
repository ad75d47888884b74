import { assert, describe, it } from "@effect/vitest"
import { Either } from "effect"
import type { AlertFacts } from "../../../src/report/alerts/AlertFacts.ts"
import { conditionsOf } from "../../../src/report/alerts/conditionsOf.ts"
import type { NightFacts } from "../../../src/report/needs/NightFacts.ts"
import { KINDS } from "../../../src/report/alerts/kinds.ts"
import { at, endedJob, id, journal, night, opencode, run, skipped, tracker } from "../needs/support.ts"

const DAY = 86_400_000

const conditions = (facts: NightFacts, lastOutcomes: AlertFacts["lastOutcomes"] = []) =>
  conditionsOf({ night: facts, now: facts.now, lastOutcomes, program: "nd", settings: { reviewAfter: 3 * DAY } }).now
const told = (facts: NightFacts, lastOutcomes: AlertFacts["lastOutcomes"] = []) =>
  conditions(facts, lastOutcomes).map(({ key, what }) => `${key}: ${what}`)

const runs = (...all: ReadonlyArray<ReturnType<typeof run>>) => night({ journal: journal({ runs: all }) })

describe("what alerts tell of a person's part", () => {
  const needs = { kind: "login", next: "run `opencode auth login`" } as const
  const result = { provider: opencode, kind: "login", at: at("07:00"), probe: false, detail: "", needs } as const

  it("a provider that lacks a login, once, and no fallback beside it; known also if the tracker is not", () => {
    const results = new Map([[opencode, [{ ...result, beads: id("bd-1") }]]])
    const facts = night({ journal: journal({ results }) })
    const words = "needs_human opencode: opencode needs a login from you: run `opencode auth login`"
    assert.deepStrictEqual(told(facts), [words])
    assert.include(told({ ...facts, tracker: Either.left("bd is gone") }), words)
  })

  it("a bug that does not move: named once, and over when it moves or dropped when it is closed", () => {
    const stuck = { beads: "bd-2", reason: "limit", detail: "1 a run", since: at("06:00", 24), runs: 30 } as const
    const listed = [{ id: "bd-2", createdAt: 0 }]
    const facts = night({
      journal: journal({ unchanged: [stuck] }),
      tracker: tracker({ issues: listed, skipped: [skipped("bd-2", "limit")] })
    })
    const [named] = conditions(facts)
    assert.strictEqual(named?.key, "unchanged bd-2")
    const more = { ...stuck, runs: 31, detail: "2 a run", reason: "no_capacity" } as const
    const [later] = conditions({ ...facts, journal: journal({ unchanged: [more] }) })
    assert.strictEqual(later?.fingerprint, named?.fingerprint)
    assert.isTrue(KINDS.unchanged.once)
    const fate = (tracked: NightFacts["tracker"]) => {
      const facts = night({ tracker: tracked })
      const input = {
        night: facts,
        now: facts.now,
        lastOutcomes: [],
        program: "nd",
        settings: { reviewAfter: 3 * DAY }
      }
      return named === undefined ? undefined : conditionsOf(input).fateOf({ condition: named, since: 0, told: 0 })
    }
    assert.strictEqual(fate(tracker({ issues: listed })), "over")
    assert.strictEqual(fate(tracker()), "dropped")
    assert.strictEqual(fate(Either.left("bd is gone")), "unknown")
  })
})

describe("what alerts tell of the runs", () => {
  it("nothing that follows from a pause: runs that only settle are no streak and not idle", () => {
    const settled = Array.from({ length: 72 }, (_, hour) =>
      run(at("07:00") - hour * 3_600_000, { fetched: 0, dispatched: 0 })
    )
    const before = run(at("07:00") - 72 * 3_600_000, { fetched: 3, dispatched: 0 })
    const paused = { at: at("07:00") - 72 * 3_600_000, reason: "move", by: "op@vm-1" }
    const facts = night({
      journal: journal({ runs: [...settled, before], paused }),
      tracker: tracker({ issues: [{ id: "bd-1", createdAt: 0 }] })
    })
    assert.deepStrictEqual(told(facts), [
      "paused: nothing is dispatched: paused by op@vm-1: move · until nightly-dispatch resume"
    ])
  })

  it("an overdue run, by the schedule, with what to type", () => {
    const facts = { ...runs(run(at("06:00"))), now: at("07:20") }
    assert.deepStrictEqual(told(facts), ["overdue: no run has come"])
    const [overdue] = conditions(facts)
    assert.deepInclude(overdue, { level: "bad", since: at("07:00"), commands: ["crontab -l", "nd doctor"] })
  })

  it("runs that were missed, when a later one has come; each new one is a change", () => {
    const all = [run(at("12:00")), run(at("09:00")), run(at("06:00"))]
    const facts = { ...runs(...all), now: at("12:20") }
    assert.deepStrictEqual(told(facts), ["missed: 4 runs that were due did not come"])
    const before = { ...runs(...all.slice(1)), now: at("09:20") }
    assert.notStrictEqual(conditions(facts)[0]?.fingerprint, conditions(before)[0]?.fingerprint)
  })

  it("no verdict of the schedule where it is not known", () => {
    const facts = {
      ...runs(run(at("06:00", 20))),
      schedule: { schedule: undefined, from: undefined, why: "no crontab" }
    }
    assert.deepStrictEqual(told(facts), [])
  })

  it("a run that was cut short, one that failed, and none of exit 1 and 3, which other alerts explain", () => {
    const cut = { ended: undefined, exit: undefined }
    assert.deepStrictEqual(told({ ...runs(run(at("06:00"), cut)), now: at("07:10") }), [
      "hung: the last run has no end: it was killed, or it hangs"
    ])
    assert.deepStrictEqual(told(runs(run(at("07:00"), { exit: 5, error: "no provider opencod" }))), [
      "run_failed: the last run ended with exit 5: no provider opencod"
    ])
    for (const exit of [1, 3]) assert.deepStrictEqual(told(runs(run(at("07:00"), { exit, failed: 1 }))), [])
  })

  it("a streak: three runs in a row with the same failure, whatever its numbers", () => {
    const failed = (hour: string, ms: number) => run(at(hour), { exit: 4, error: `bd: no answer after ${ms} ms` })
    const [a, b, c] = [failed("07:00", 30_012), failed("06:00", 30_005), failed("05:00", 30_001)]
    assert.notInclude(told(runs(a, b)).join(), "streak")
    assert.include(
      told(runs(a, b, c)),
      "streak: the last 3 runs ended with the same failure, exit 4: bd: no answer after 30012 ms"
    )
    assert.notInclude(told(runs(a, b, run(at("05:30")), c)).join(), "streak")
  })

  it("a spent budget while bugs wait, the same alert however its figures grow", () => {
    const of = (minutes: number) => {
      const why = `${minutes} of 300 agent minutes of this night are used; more from 12:00`
      const left = [skipped("bd-1", "budget", why)]
      const budget = { left: 0, why, rest: "", words: [] }
      const facts = night({ budget, tracker: tracker({ issues: [{ id: "bd-1" }], skipped: left }) })
      return conditions(facts, left)
    }
    const [first, later] = [of(301)[0], of(340)[0]]
    assert.deepInclude(first, {
      kind: "budget",
      key: "budget",
      what: "a bug waits: 301 of 300 agent minutes of this night are used; more from 12:00",
      follows: "No more job begins in this night."
    })
    assert.strictEqual(first?.fingerprint, later?.fingerprint)
  })

  it("nothing dispatched for two nights although a bug could be, unless a job runs", () => {
    const nothing = Array.from({ length: 49 }, (_, hours) => run(at("07:00") - hours * 3_600_000, { dispatched: 0 }))
    const of = (
      all: ReadonlyArray<ReturnType<typeof run>>,
      createdAt = at("06:00", 25),
      reason?: "no_capacity" | "host_busy" | "blocked"
    ) => {
      const left = reason === undefined ? [] : [skipped("bd-1", reason, "load 9")]
      return told({ ...runs(...all), tracker: tracker({ issues: [{ id: "bd-1", createdAt }], skipped: left }) }, left)
    }
    const idle = "idle: no run has dispatched a bug for 2 d, although 1 bug could be"
    assert.deepStrictEqual(of(nothing), [idle])
    assert.deepStrictEqual(of(nothing, at("06:00", 25), "no_capacity"), [idle])
    assert.deepStrictEqual(of(nothing, at("06:00", 25), "host_busy"), [`${idle}; the host is busy: load 9`])
    assert.deepStrictEqual(of(nothing, at("06:00", 25), "blocked"), [], "it waits for another bug")
    assert.deepStrictEqual(of(nothing, at("06:00", 26)), [], "the bug is new")
    assert.deepStrictEqual(of(nothing.slice(0, 40)), [])
    assert.deepStrictEqual(of(nothing.map((one) => ({ ...one, fetched: 0 }))), [])
    assert.deepStrictEqual(of(nothing.with(3, run(at("04:00")))), [])
  })
})

describe("what alerts tell of bugs and jobs", () => {
  const issues = [{ id: "bd-1" }, { id: "bd-2" }]

  it("how the last job of an open bug ended, if badly; a bug that is given up is told of as that", () => {
    const ended = [
      endedJob("bd-1", { end: "lost", detail: "its process is gone" }),
      endedJob("bd-2", { end: "failed", detail: "exit 3" }),
      endedJob("bd-9", { end: "failed", detail: "closed since" })
    ]
    const facts = (reason: "attempts_used_up" | "backing_off") =>
      night({
        journal: journal({ ended }),
        tracker: tracker({ issues, skipped: [skipped("bd-2", reason, "three failed")] })
      })
    assert.deepStrictEqual(told(facts("backing_off")), [
      "job_lost bd-1: its process is gone",
      "job_failed bd-2: exit 3"
    ])
    assert.deepStrictEqual(told(facts("attempts_used_up")), [
      "gave_up bd-2: left alone: three failed; the last: exit 3",
      "job_lost bd-1: its process is gone"
    ])
  })

  it("that more bugs wait than one cause explains", () => {
    const all = Array.from({ length: 11 }, (_, n) => skipped(`bd-${n}`, "overload"))
    assert.deepStrictEqual(told(night({ tracker: tracker({ issues, skipped: all }) })), [
      "overload: 12 bugs wait at once, which may have one cause"
    ])
  })

  it("what cannot be read, each once", () => {
    const facts = night({
      journal: Either.left("damaged"),
      tracker: Either.left("bd is gone"),
      running: Either.left("no dx")
    })
    assert.deepStrictEqual(told(facts), [
      "state: the journal cannot be read: damaged",
      "tracker: the tracker cannot be read: bd is gone",
      "runner: the runner cannot tell which jobs run: no dx"
    ])
  })
})
