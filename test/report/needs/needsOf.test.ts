import { assert, describe, it } from "@effect/vitest"
import { Either } from "effect"
import { Job } from "../../../src/domain/Job.ts"
import { MalformedIssue } from "../../../src/domain/Issue.ts"
import { REVIEW_LABEL } from "../../../src/domain/Outcome.ts"
import { Notice } from "../../../src/journal/Journal.ts"
import { needsOf } from "../../../src/report/needs/needsOf.ts"
import type { NightFacts } from "../../../src/report/needs/NightFacts.ts"
import { at, attempt, endedJob, glm, id, journal, night, open, opencode, run, skipped, tracker } from "./support.ts"

const needs = (changes: Partial<NightFacts>) => needsOf(night(changes), "nd")
const kinds = (changes: Partial<NightFacts>) => needs(changes).map(({ beads, kind }) => [kind, beads].join(" ").trim())

describe("what needs a person", () => {
  it("is nothing in a night in which all is well", () => assert.isEmpty(needs({})))

  it("is a pause that may be forgotten: after a day, until it is over", () => {
    const { now } = night()
    const paused = (age: number, until?: number) => {
      const pause = { at: now - age, reason: "the tracker moves", by: "op@vm-1", ...(until && { until }) }
      return needs({ journal: journal({ paused: pause }) })
    }
    const DAY = 86_400_000
    assert.isEmpty(paused(DAY - 1))
    assert.deepStrictEqual(paused(DAY), [
      {
        kind: "paused",
        since: now - DAY,
        what: "nothing is dispatched: paused by op@vm-1: the tracker moves · until nightly-dispatch resume",
        commands: ["nd resume"]
      }
    ])
    assert.match(paused(DAY, now + DAY)[0]?.what ?? "", /: the tracker moves · until \w{3} \d\d:\d\d$/)
  })

  it("is a budget of the night that is spent while bugs wait", () => {
    const why = "5 of 5 jobs of this night are begun; more from 12:00"
    const budget = { left: 0, why, rest: "", words: ["5 of 5 jobs of this night are begun"] }
    const waiting = tracker({ skipped: [skipped("bd-1", "budget", why), skipped("bd-2", "budget", why)] })
    assert.deepStrictEqual(needs({ budget, tracker: waiting }), [
      { kind: "budget", since: undefined, what: `2 bugs wait: ${why}`, commands: ["nd report"] }
    ])
    assert.isEmpty(needs({ budget, tracker: tracker({ skipped: [] }) }), "no bug waits")
    assert.isEmpty(needs({ budget: { ...budget, left: 1, why: "" }, tracker: waiting }), "jobs are left for others")
  })

  it("is a bug whose own budget is spent", () => {
    const left = tracker({ skipped: [skipped("bd-1", "bug_budget", "3 of 3 jobs for this task are begun; it is")] })
    const [need] = needs({ tracker: left })
    assert.deepStrictEqual([need?.kind, need?.what], ["gave_up", "left alone: 3 of 3 jobs for this task are begun"])
  })

  it("is work that waits for review, with its command", () => {
    const labelled = { id: "bd-1", title: "Prices\u001b[31m show\nNaN", priority: 0, labels: [REVIEW_LABEL] }
    assert.deepStrictEqual(needs({ waiting: [attempt("bd-1")], tracker: tracker({ issues: [labelled] }) }), [
      {
        kind: "review",
        beads: "bd-1",
        priority: 0,
        title: "Prices [31m show NaN",
        since: at("06:00"),
        what: "ready for review: opencode, 3 commits, 41 min, our check passed",
        commands: ["nd review bd-1"]
      }
    ])
  })

  it("is a pull request that waits for review, with its address", () => {
    const result = { kind: "pull_request", url: "https://git.example/app/pull/7" } as const
    const made = attempt("bd-1", { result, commits: undefined, verified: undefined })
    assert.deepStrictEqual(
      needs({ waiting: [made] }).map(({ what }) => what),
      ["ready for review: pull request https://git.example/app/pull/7, opencode, 41 min"]
    )
  })

  it("is work that could not be marked in the tracker, and work that only a label tells of", () => {
    const unmarked = attempt("bd-1", { review: "journal", verified: undefined, commits: 1 })
    const left = [skipped("bd-1", "awaiting_review"), skipped("bd-2", "awaiting_review", "its work waits")]
    const found = needs({ waiting: [unmarked], tracker: tracker({ skipped: left }) })
    assert.deepStrictEqual(
      found.map(({ kind, what }) => [kind, what]),
      [
        ["unmarked", "ready for review, but not marked in the tracker: opencode, 1 commit, 41 min"],
        ["review", "its work waits"]
      ]
    )
  })

  it("is a bug whose attempts failed, with what the last one said", () => {
    const failed = endedJob("bd-1", { end: "failed", detail: "exit 3: npm ERR!" })
    const left = [
      skipped("bd-1", "attempts_used_up", "3 attempts failed; it is tried again when …"),
      skipped("bd-2", "undecided", "3 attempts failed, but opencode may be at fault; …"),
      skipped("bd-3", "backing_off"),
      skipped("bd-4", "blocked")
    ]
    const found = needs({ journal: journal({ ended: [failed] }), tracker: tracker({ skipped: left }) })
    assert.deepStrictEqual(
      found.map(({ commands, kind, what }) => [kind, what, commands[0]]),
      [
        ["gave_up", "left alone: 3 attempts failed; the last: exit 3: npm ERR!", "nd explain bd-1"],
        ["undecided", "left alone: 3 attempts failed, but opencode may be at fault", "nd explain bd-2"]
      ]
    )
    const down = kinds({ lastSkipped: left, tracker: Either.left("no answer within 5s") })
    assert.deepStrictEqual(down, ["tracker", "gave_up bd-1", "undecided bd-2"])
  })

  it("is a claim that no run will release", () => {
    const { actor } = attempt("bd-2")
    const issues = [
      { id: "bd-2", assignee: actor },
      { id: "bd-3", assignee: "Ada" }
    ]
    const left = [skipped("bd-2", "assigned", "open, but still assigned"), skipped("bd-3", "assigned")]
    const unowned = [{ beads: id("bd-1"), text: "bd-1 is claimed by hand" }]
    assert.deepStrictEqual(
      needs({ tracker: tracker({ issues, skipped: left, unowned }) }).map((need) => {
        const [command] = need.commands
        return [need.kind, need.beads, command]
      }),
      [
        ["claim", "bd-1", "nd release bd-1"],
        ["claim", "bd-2", 'bd update bd-2 -a ""']
      ]
    )
  })

  it("is a job that could not be ended, while its attempt is open", () => {
    const notices = [
      new Notice({
        key: `stuck ${attempt("bd-1").actor}`,
        kind: "claim_stuck",
        beads: id("bd-1"),
        text: "cannot be ended"
      })
    ]
    assert.deepStrictEqual(kinds({ journal: journal({ notices, open: [open("bd-1", { phase: "ending" })] }) }), [
      "claim bd-1"
    ])
    assert.isEmpty(kinds({ journal: journal({ notices }) }))
  })

  it("is a job that hangs, and one of which nobody can tell whether it runs", () => {
    const job = (beads: string, phase: Job["phase"]) => new Job({ beads: id(beads), provider: opencode, phase })
    const running = Either.right([job("bd-1", "stalled"), job("bd-2", "unknown"), job("bd-3", "running")])
    const attempts = journal({ open: [open("bd-1"), open("bd-2"), open("bd-3"), open("bd-4")] })
    assert.deepStrictEqual(kinds({ journal: attempts, running }), ["job_stalled bd-1", "job_unknown bd-2"])
    assert.deepStrictEqual(
      kinds({ journal: journal({ open: [open("bd-1")] }), running: Either.left("no dx-runner") }),
      ["runner", "job_unknown bd-1"]
    )
  })

  it("is a record of the tracker that cannot be read and may be wanted", () => {
    const record = (label: string, mayBeWanted: boolean) =>
      new MalformedIssue({ label, problem: "no title", mayBeWanted })
    const malformed = [record("bd-x", true), record("#3", false)]
    assert.deepStrictEqual(kinds({ tracker: tracker({ malformed }) }), ["malformed bd-x"])
  })

  it("is a run that is overdue, that failed, or that was cut short", () => {
    assert.deepStrictEqual(kinds({ now: at("08:11") }), ["overdue"])
    assert.isEmpty(kinds({ now: at("08:10") }))
    const failed = needs({ journal: journal({ runs: [run(at("07:00"), { exit: 4, error: "bd is down" })] }) })
    assert.deepStrictEqual(
      failed.map(({ commands, kind, what }) => [kind, what, commands.join()]),
      [["last_run_failed", "the last run ended with exit 4: bd is down", "nd doctor"]]
    )
    const began = run(at("06:00"), { ended: undefined, exit: undefined })
    assert.isEmpty(kinds({ now: at("06:59"), journal: journal({ runs: [began] }) }))
    assert.deepStrictEqual(kinds({ now: at("07:05"), journal: journal({ runs: [began] }) }), ["last_run_failed"])
  })

  it("is never that a run is late if the schedule is not known", () => {
    const unknown = {
      schedule: undefined,
      from: undefined,
      why: "not known: there is no crontab command here"
    } as const
    assert.isEmpty(kinds({ schedule: unknown, now: at("23:00") }))
  })

  it("is a journal, a tracker or a runner that cannot be read", () => {
    const down = {
      journal: Either.left("journal.db: damaged"),
      tracker: Either.left("down"),
      running: Either.left("gone")
    }
    assert.deepStrictEqual(kinds(down), ["journal", "tracker", "runner"])
    const noPlan = tracker({ issues: [] })
    assert.isEmpty(kinds({ tracker: noPlan }))
  })

  it("is that no provider works, but not that one of them does not", () => {
    const check = (provider: typeof opencode, available: boolean) => ({
      run: run(0).run,
      at: at("07:00"),
      check: { provider, available, detail: "401", lines: [], durationMs: 1 }
    })
    assert.isEmpty(kinds({ journal: journal({ checks: [check(opencode, false)] }) }))
    assert.deepStrictEqual(kinds({ journal: journal({ checks: [check(opencode, false), check(glm, false)] }) }), [
      "no_provider"
    ])
  })

  it("is an alert that nothing else tells of, as long as it is true", () => {
    const alert = (key: string, kind: Notice["kind"]) => new Notice({ key, kind, text: key })
    const notices = [
      alert(`journal lost ${at("07:00", 25)}`, "journal_lost"),
      alert(`journal lost ${at("07:00", 10)}`, "journal_lost"),
      alert(`clock ${at("07:00", 28)}`, "clock_wrong"),
      alert(`clock ${at("07:00", 26)}`, "clock_wrong"),
      alert("used up bd-1 x", "attempts_used_up")
    ]
    assert.deepStrictEqual(
      needs({ journal: journal({ notices }) }).map(({ what }) => what),
      [`journal lost ${at("07:00", 25)}`, `clock ${at("07:00", 28)}`]
    )
  })

  it("is a channel that does not take its alerts; one that has not been tried yet is none", () => {
    const waiting = { messages: 3, oldest: at("06:00"), next: at("08:00") }
    const undelivered = [
      { ...waiting, channel: "slack" as const, detail: "the server answers 404" },
      { ...waiting, channel: "mail" as const, detail: undefined }
    ]
    assert.deepStrictEqual(
      needs({ journal: journal({ undelivered }) }).map(({ commands, kind, since, what }) => [
        kind,
        what,
        since,
        commands
      ]),
      [["undelivered", "3 alerts wait for slack: the server answers 404", at("06:00"), ["nd alerts test"]]]
    )
  })

  describe("that an agent cannot go on without", () => {
    const login = { kind: "login", next: "run `opencode auth login`" } as const
    const permission = { kind: "permission", next: "allow it" } as const
    const issues = [{ id: "bd-1", title: "a", priority: 0 }]

    it("a login: told once for the provider, whatever bugs it had, with what to do", () => {
      const result = {
        provider: opencode,
        kind: "login",
        at: at("07:00"),
        probe: false,
        detail: "",
        needs: login
      } as const
      const results = new Map([
        [
          opencode,
          [
            { ...result, beads: id("bd-1") },
            { ...result, beads: id("bd-2") }
          ]
        ]
      ])
      assert.deepStrictEqual(needs({ journal: journal({ results }), tracker: tracker({ issues }) }), [
        {
          kind: "needs_human",
          provider: opencode,
          what: "opencode needs a login from you: run `opencode auth login`",
          commands: ["nd retry bd-2", "nd preflight"]
        }
      ])
      const retries = [{ beads: id("bd-2"), at: at("07:10") }]
      assert.isEmpty(needs({ journal: journal({ results, retries }) }))
    })

    it("a preflight that lacks a login or a secret", () => {
      const check = { provider: glm, available: false, detail: "no token", lines: [], durationMs: 1, needs: login }
      const checks = [{ run: run(0).run, at: at("07:00"), check }]
      assert.deepStrictEqual(kinds({ journal: journal({ checks }) }), ["needs_human"])
      const other = { run: run(0).run, at: at("07:10"), check: { ...check, provider: opencode, available: true } }
      assert.isEmpty(kinds({ journal: journal({ checks: [...checks, other] }) }), "a later run did not ask it")
      const passed = [{ ...checks[0]!, check: { ...check, available: true } }]
      assert.isEmpty(kinds({ journal: journal({ checks: passed }) }))
    })

    it("a permission: told for its bug, until another job ends, a retry, or the bug is closed", () => {
      const ended = [endedJob("bd-1", { end: "needs_human", needs: permission })]
      const [need] = needs({ journal: journal({ ended }), tracker: tracker({ issues }) })
      assert.deepInclude(need, {
        kind: "needs_human",
        beads: "bd-1",
        what: "opencode needs a permission from you: allow it",
        commands: ["nd retry bd-1", "nd logs bd-1"]
      })
      assert.isEmpty(needs({ journal: journal({ ended }), tracker: tracker() }))
      const later = [...ended, endedJob("bd-1", { end: "failed", blame: "issue" })]
      assert.isEmpty(needs({ journal: journal({ ended: later }), tracker: tracker({ issues }) }))
      const retries = [{ beads: id("bd-1"), at: at("06:30") }]
      assert.isEmpty(needs({ journal: journal({ ended, retries }), tracker: tracker({ issues }) }))
      const again = { journal: journal({ ended, open: [open("bd-1")] }), tracker: tracker() }
      assert.include(kinds(again), "needs_human bd-1", "a job that tries it again has given it nothing")
    })
  })

  it("is a bug that runs leave alone for the same reason for nights, as long as they do", () => {
    const stuck = { beads: "bd-2", reason: "limit", detail: "1 a run", since: at("06:00", 24), runs: 30 } as const
    const facts = { journal: journal({ unchanged: [stuck] }) }
    const skippedNow = tracker({ skipped: [skipped("bd-2", "no_capacity")] })
    assert.deepStrictEqual(needs({ ...facts, tracker: skippedNow }), [
      {
        kind: "unchanged",
        beads: "bd-2",
        since: stuck.since,
        what: "left alone by each of 30 runs in 3 d 1 h for the same reason: limit (1 a run)",
        commands: ["nd explain bd-2"]
      }
    ])
    assert.isEmpty(needs({ ...facts, tracker: tracker() }))
  })
})
