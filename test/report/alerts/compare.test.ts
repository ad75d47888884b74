import { assert, describe, it } from "@effect/vitest"
import { DateTime, Duration, Either } from "effect"
import type { OpenCondition } from "../../../src/domain/Condition.ts"
import { Dispatched, Failed } from "../../../src/domain/Outcome.ts"
import { defaultSettings } from "../../../src/domain/defaultSettings.ts"
import type { Settings } from "../../../src/domain/Settings.ts"
import type { AlertFacts } from "../../../src/report/alerts/AlertFacts.ts"
import { compare, type ComparePlace } from "../../../src/report/alerts/compare.ts"
import { conditionsOf } from "../../../src/report/alerts/conditionsOf.ts"
import { withDigest } from "../../../src/report/alerts/digest.ts"
import { headlineOf, MARKS } from "../../../src/alerts/messageText.ts"
import { at, attempt, endedJob, glm, id, journal, night, opencode, run, skipped, tracker } from "../needs/support.ts"
import type { NightFacts } from "../../../src/report/needs/NightFacts.ts"

const utc = () => DateTime.zoneUnsafeMakeNamed("UTC")
const DAY = 86_400_000

interface Look {
  readonly night?: NightFacts
  readonly outcomes?: AlertFacts["lastOutcomes"]
  readonly alerts?: Partial<Settings["alerts"]>
}

/** The messages of looks one after another, each as its headline, and until when it waits if it does. */
const looks = (...all: ReadonlyArray<Look>): ReadonlyArray<ReadonlyArray<string>> => {
  let open: ReadonlyArray<OpenCondition> = []
  return all.map(({ alerts = {}, night: facts = night(), outcomes = [] }) => {
    const { now } = facts
    const settings = { ...defaultSettings.alerts, ...alerts }
    const place: ComparePlace = { now, zone: utc, host: "vm-1", repository: "shop", settings }
    const reviewAfter = Duration.toMillis(settings.reviewAfter)
    const input: AlertFacts = { night: facts, now, lastOutcomes: outcomes, program: "nd", settings: { reviewAfter } }
    const before = open
    const compared = withDigest(compare(open, conditionsOf(input), place), before, input, place)
    open = compared.open
    return compared.messages.map(({ message, notBefore }) => {
      const waits = notBefore === now ? "" : ` | ${new Date(notBefore).toISOString().slice(11, 16)}`
      return [`${MARKS[message.level]} ${headlineOf(message, { zone: utc })}`, ...message.lines].join("\n") + waits
    })
  })
}

/** The answer of a provider to a run; unavailable with a detail. */
const check = (provider: typeof opencode, detail?: string, when = at("07:00")) => ({
  run: run(when).run,
  at: when,
  check: { provider, available: detail === undefined, detail: detail ?? "OK", durationMs: 10, lines: [] }
})

const later = (facts: NightFacts, millis: number): NightFacts => ({ ...facts, now: facts.now + millis })
const brokenTracker = night({ tracker: Either.left("bd is gone") })
const checked = (...checks: ReadonlyArray<ReturnType<typeof check>>) => night({ journal: journal({ checks }) })
const oneDown = checked(check(opencode, "no such model"), check(glm))
const bothDown = checked(check(opencode, "no such model"), check(glm, "401"))
const noneDown = checked(check(opencode), check(glm, "401", at("06:00")))

describe("alerts", () => {
  it("say nothing of a night in which all is well", () => {
    assert.deepStrictEqual(looks({}, {}), [[], []])
  })

  it("tell once what is new, again after repeatAfter, and when it is over", () => {
    assert.deepStrictEqual(
      looks(
        { night: brokenTracker },
        { night: later(brokenTracker, 1000) },
        { night: later(brokenTracker, DAY) },
        {
          night: night({ now: at("08:20", 28), journal: journal({ runs: [run(at("08:00", 28))] }) })
        }
      ).map((messages) => messages.filter((message) => !message.includes("due"))),
      [
        ["🔴 vm-1/shop: the tracker cannot be read: bd is gone"],
        [],
        [
          "🔴 vm-1/shop: still: the tracker cannot be read: bd is gone (since Fri 07:20, 1 d ago)",
          "🔴 vm-1/shop: no run has come (since Fri 08:00, 23 h 20 min ago)"
        ],
        ["🟢 vm-1/shop: recovered: the tracker can be read again · a run has come"]
      ]
    )
  })

  it("tell once of a pause that is a day old, again of another one, and that runs dispatch again", () => {
    const { now } = night()
    const paused = (at: number | undefined, looked = now) => ({
      night: {
        ...night({
          journal: journal({ paused: at === undefined ? undefined : { at, reason: "move", by: "op@vm-1" } })
        }),
        now: looked
      }
    })
    const since = now - DAY
    const told = looks(
      paused(since + 1),
      paused(since),
      paused(since, now + 3_600_000),
      paused(since + 60_000, now + 3_660_000),
      paused(undefined)
    ).map((messages) => messages.filter((each) => /paused|dispatch/.test(each)))
    assert.deepStrictEqual(
      told.map((messages) => messages.length),
      [0, 1, 0, 1, 1]
    )
    assert.match(told[1]?.[0] ?? "", /nothing is dispatched: paused by op@vm-1: move/)
    assert.match(told[4]?.[0] ?? "", /runs dispatch again/)
  })

  it("tell of a change, but not of another number or time in the words", () => {
    const failed = (error: string, when: number) =>
      night({ now: when + 20 * 60_000, journal: journal({ runs: [run(when, { exit: 5, error })] }) })
    const all = looks(
      { night: failed("no directory /home/op/shop after 12 ms", at("07:00")) },
      { night: failed("no directory /home/op/shop after 97 ms", at("08:00")) },
      { night: failed("the provider opencod is unknown", at("09:00")) }
    )
    assert.deepStrictEqual(
      all.map((messages) => messages.length),
      [1, 0, 1]
    )
    assert.include(all[2]?.[0], "the provider opencod is unknown")
  })

  it("tell of one provider that is passed over, of all that fail as one, and that one works again", () => {
    const [down, up] = ["🟡 vm-1/shop: opencode was passed over: no such model", "🟢 vm-1/shop: recovered:"]
    const none = "🔴 vm-1/shop: no provider works: opencode: no such model · cc-glm: 401"
    assert.deepStrictEqual(looks({ night: oneDown }, { night: bothDown }, { night: oneDown }, { night: noneDown }), [
      [down],
      [none],
      [`${up} a provider works again`],
      // Nobody has asked cc-glm since: it is not passed over.
      [`${up} opencode takes jobs again`]
    ])
    assert.deepStrictEqual(looks({ night: oneDown }, { night: bothDown }, { night: noneDown }), [
      [down],
      [none],
      [`${up} opencode takes jobs again · a provider works again`]
    ])
  })

  it("tell of each bug: a failed dispatch, a failed job, work that waits too long; and when it is over", () => {
    const failed = new Failed({
      beads: id("bd-1"),
      code: "claim_failed",
      blame: "issue",
      error: "already claimed",
      durationMs: 1,
      passedOver: []
    })
    const dispatched = new Dispatched({
      beads: id("bd-1"),
      provider: opencode,
      durationMs: 1,
      how: "started",
      passedOver: []
    })
    const issues = [{ id: "bd-1" }, { id: "bd-2" }, { id: "bd-3" }]
    const bad = endedJob("bd-2", { end: "failed", blame: "issue", detail: "missing script: test" })
    const [good, waits] = [endedJob("bd-2", { changed: at("07:10") }), attempt("bd-3", { changed: at("06:00", 20) })]
    const all = looks(
      {
        outcomes: [failed],
        night: night({ tracker: tracker({ issues }), journal: journal({ ended: [bad] }), waiting: [waits] })
      },
      // Nothing shows yet that bd-1 can be dispatched.
      {
        outcomes: [],
        night: night({ tracker: tracker({ issues }), journal: journal({ ended: [bad] }), waiting: [waits] })
      },
      {
        outcomes: [dispatched],
        night: night({ tracker: tracker({ issues }), journal: journal({ ended: [bad, good] }) })
      }
    )
    assert.deepStrictEqual(all, [
      [
        "🟡 vm-1/shop: bd-3: ready for review: opencode, 3 commits, 41 min, our check passed (since 2026-11-20 06:00, 7 d 1 h ago)",
        "🟡 vm-1/shop: bd-1: it could not be dispatched (claim_failed): already claimed",
        "🟡 vm-1/shop: bd-2: missing script: test (since 06:00, 1 h 20 min ago)"
      ],
      [],
      ["🟢 vm-1/shop: recovered: bd-1 was dispatched · bd-3 was reviewed · bd-2 was done by a later job"]
    ])
  })

  it("stay as they are while nobody can tell: a tracker that is down ends no alert about a bug", () => {
    const gaveUp = night({
      tracker: tracker({
        issues: [{ id: "bd-1" }],
        skipped: [skipped("bd-1", "attempts_used_up", "3 attempts failed")]
      })
    })
    const [first, second, third] = looks({ night: gaveUp }, { night: brokenTracker }, { night: gaveUp })
    assert.lengthOf(first ?? [], 1)
    assert.lengthOf(second?.filter((message) => message.includes("bd-1")) ?? [], 0)
    assert.lengthOf(third?.filter((message) => message.includes("bd-1")) ?? [], 0)
  })

  it("are one message for many bugs of one kind at once", () => {
    const names = Array.from({ length: 30 }, (_, n) => `bd-${n}`)
    const many = night({
      tracker: tracker({
        issues: names.map((name) => ({ id: name })),
        skipped: names.map((name) => skipped(name, "attempts_used_up", "3 attempts failed"))
      })
    })
    const [messages = []] = looks({ night: many })
    assert.lengthOf(messages, 1)
    assert.include(messages[0], "🟡 vm-1/shop: 30 × gave up\n• bd-0: left alone: 3 attempts failed\n")
    assert.match(messages[0] ?? "", /• and 10 more$/)
  })

  it("wait in quiet hours for their end, unless they tell that the night does not work", () => {
    const alerts = { quietHours: "06:30-09:00" }
    const after = (facts: NightFacts) => ({ alerts, night: { ...facts, now: at("09:05") } })
    const told = "🟡 vm-1/shop: opencode was passed over: no such model (since 07:20, 1 h 45 min ago)"
    const quiet = { schedule: undefined, from: undefined, why: "" }
    const one = { ...oneDown, schedule: quiet }
    assert.deepStrictEqual(looks({ night: one, alerts }, { night: one, alerts }, after(one)), [[], [], [told]])
    // What came and went is not told at all.
    const none = { ...noneDown, schedule: quiet }
    assert.deepStrictEqual(looks({ night: one, alerts }, { night: none, alerts }, after(none)), [[], [], []])
    const [bad] = looks({ night: bothDown, alerts })
    assert.deepStrictEqual(bad, ["🔴 vm-1/shop: no provider works: opencode: no such model · cc-glm: 401"])
  })

  it("of a kind are told now, in the digest only, or never, as the settings say", () => {
    for (const [alerts, count] of [
      [{}, 1],
      [{ onFallback: false }, 0],
      [{ kinds: { fallback: "digest" } }, 0],
      [{ kinds: { fallback: "now" }, onFallback: false }, 1]
    ] as const)
      assert.lengthOf(looks({ night: oneDown, alerts })[0] ?? [], count)
  })

  it("have one digest a day, with what is new since the last one and what is over", () => {
    const alerts = { digestAt: "07:00", kinds: { fallback: "digest" } } as const
    const next = (facts: NightFacts, days: number) => ({
      alerts,
      night: later({ ...facts, schedule: { schedule: undefined, from: undefined, why: "" } }, days * DAY)
    })
    const all = looks(next(oneDown, 0), next(oneDown, 0.5), next(bothDown, 1), next(bothDown, 1.1), next(noneDown, 2))
    const none = "no provider works: opencode: no such model · cc-glm: 401"
    assert.deepStrictEqual(all, [
      [],
      [],
      [
        `🔴 vm-1/shop: ${none}`,
        [
          "📋 vm-1/shop: 2 alerts open",
          `new: ${none} (for less than 1 s)`,
          "still: opencode was passed over: no such model (for 1 d)"
        ].join("\n")
      ],
      [],
      [
        "🟢 vm-1/shop: recovered: a provider works again (lasted 1 d)",
        ["📋 vm-1/shop: all is quiet", "over: fallback opencode", "over: no provider"].join("\n")
      ]
    ])
  })
})
