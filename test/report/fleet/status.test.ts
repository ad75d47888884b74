import { assert, describe, it } from "@effect/vitest"
import { DateTime, Either, Schema } from "effect"
import { Job } from "../../../src/domain/Job.ts"
import type { NightFacts } from "../../../src/report/needs/NightFacts.ts"
import { StatusView, statusView } from "../../../src/report/status/statusView.ts"
import { statusText } from "../../../src/report/status/text.ts"
import { judgeTicks, overdueSince } from "../../../src/report/schedule/judge.ts"
import { widthOf } from "../../../src/report/text/display.ts"
import { at, attempt, id, journal, night, open, opencode, run } from "../needs/support.ts"
import { actorOn, fleetAt, host, HOUR, inFleet } from "./support.ts"

const place = { host: "vm-1", repository: { name: "shop", path: "/src/shop" }, program: "nightly-dispatch" }
const textAt = (facts: NightFacts, width: number) =>
  statusText(
    statusView(facts, place),
    { now: facts.now, zone: () => DateTime.zoneUnsafeMakeNamed("UTC"), width, color: false, program: place.program },
    { all: false }
  )

const HOSTS = [
  host("vm-1", { freePlaces: 2 }),
  host("vm-2", { seenAgo: 3 * 24 * HOUR, version: "0.0.9" }),
  host("vm-3", { state: "evicted", seenAgo: 30 * HOUR, reason: "its disk died" }),
  host("vm-4", { state: "paused", freePlaces: 0 })
]

const free = { _tag: "Free", host: "vm-2", why: "the time of vm-2 for it is over" } as const
const [running, late, mine] = [
  open("shop-a", { actor: actorOn("vm-4"), changed: at("07:00") }),
  open("shop-b", { actor: actorOn("vm-2") }),
  open("shop-c", { actor: actorOn("vm-1"), log: "/state/jobs/shop-c/1/log" })
]

const fleet = inFleet(
  night({
    running: Either.right([
      new Job({ beads: id("shop-c"), provider: opencode, phase: "running", startedAt: at("07:01") })
    ]),
    written: new Map([[running.log ?? "", at("07:19")]]),
    waiting: [attempt("shop-d", { actor: actorOn("vm-4") })],
    journal: journal({
      open: [running, late, mine],
      runs: [run(at("07:00"), { host: "vm-4" }), run(at("06:00"), { exit: 3 })]
    })
  }),
  fleetAt("vm-1", HOSTS, new Map([[late.actor, free]]))
)

describe("status of a fleet", () => {
  it("names each host with its state, when it was seen, its jobs and its free places", () => {
    const { hosts = [] } = statusView(fleet, place)
    assert.deepStrictEqual(
      hosts.map(({ freePlaces, here, jobs, name, state, unseen }) => [name, here, state, unseen, jobs, freePlaces]),
      [
        ["vm-1", true, "active", false, 1, 2],
        ["vm-2", false, "active", true, 1, undefined],
        ["vm-3", false, "evicted", false, 0, undefined],
        ["vm-4", false, "paused", false, 1, 0]
      ]
    )
  })

  it("says of each job on which host it is, and never looks for its log here", () => {
    const { running: jobs } = statusView(fleet, place)
    assert.deepStrictEqual(
      jobs.map(({ beads, host: on, lastOutput, state }) => [beads, on, state, lastOutput]),
      [
        ["shop-a", "vm-4", "running", undefined],
        ["shop-b", "vm-2", "left", undefined],
        ["shop-c", undefined, "running", undefined]
      ]
    )
  })

  it("a job here at a bug that another host works on is told of as one that the journal does not know", () => {
    const job = new Job({ beads: running.beads, provider: opencode, phase: "running" })
    const states = statusView({ ...fleet, running: Either.right([job]) }, place).running.map(({ state }) => state)
    assert.include(states, "other")
  })

  it("needs a person for the host that does not come, the bug that it holds too long, and a host's failed run", () => {
    const { exit, needs } = statusView(fleet, place)
    assert.strictEqual(exit, 3)
    assert.deepStrictEqual(
      needs.map(({ beads, host: about, kind }) => [kind, about, beads]),
      [
        ["last_run_failed", "vm-1", undefined],
        ["host_unseen", "vm-2", undefined],
        ["host_holds", "vm-2", "shop-b"],
        ["review", "vm-4", "shop-d"]
      ]
    )
    assert.deepStrictEqual(needs[1]?.commands, ["nightly-dispatch hosts evict vm-2 --reason 'why it is gone'"])
  })

  it("is told in 80 and in 200 columns", () => {
    for (const width of [80, 200]) {
      const text = textAt(fleet, width)
      for (const line of text.split("\n")) assert.isAtMost(widthOf(line), width, line)
      assert.include(text, "on vm-4: /state/jobs/shop-a/1/log")
      assert.include(text, "vm-1 (this)")
    }
    assert.match(textAt(fleet, 80), /^HOSTS \(4\)$/m)
  })

  it("keeps to its schema", () => {
    const json = Schema.encodeSync(Schema.parseJson(StatusView))(statusView(fleet, place))
    assert.lengthOf(Schema.decodeSync(Schema.parseJson(StatusView))(json).hosts ?? [], 4)
  })

  it("is the same as before if no other host uses the journal", () => {
    const facts = night({ journal: journal({ open: [mine] }) })
    const view = statusView(facts, place)
    assert.notProperty(view, "hosts")
    assert.notProperty(view.lastRun, "host")
    assert.notInclude(textAt(facts, 80), "HOSTS")
    assert.notInclude(textAt(facts, 80), "vm-1 (this)")
  })
})

describe("a host is unseen", () => {
  const unseen = (seenAgo: number, changes: Partial<NightFacts> = {}) =>
    statusView(inFleet(night(changes), fleetAt("vm-1", [host("vm-1"), host("vm-2", { seenAgo })])), place).hosts?.[1]
      ?.unseen

  it("when two runs in a row did not come from it, give or take ten minutes; a night without runs is none", () => {
    assert.isFalse(unseen(20 * 60_000 + HOUR + 9 * 60_000))
    assert.isTrue(unseen(20 * 60_000 + HOUR + 11 * 60_000))
    // At 06:05, the runs of 06:00 and of 13:00 are the last two.
    assert.isFalse(unseen(17 * HOUR, { now: at("06:05") }))
  })

  it("after a day, where the schedule is not known", () => {
    const schedule = { schedule: undefined, from: undefined, why: "not known" }
    assert.isFalse(unseen(23 * HOUR, { schedule }))
    assert.isTrue(unseen(25 * HOUR, { schedule }))
  })
})

describe("whether runs came, in a fleet", () => {
  const { schedule } = night().schedule
  assert(schedule !== undefined)
  const runs = [
    run(at("06:00"), { host: "vm-2", ended: at("07:30") }),
    run(at("06:20"), { host: "vm-1", ended: at("06:21") })
  ]
  const input = { schedule, runs, now: at("08:30"), longestRun: HOUR }

  it("a run of another host that is still active stands for the next one", () => {
    const window = { since: at("06:00"), until: at("08:00") }
    assert.isEmpty(judgeTicks({ ...input, ...window, byHost: true }).missed)
    assert.deepStrictEqual(judgeTicks({ ...input, ...window }).missed, [at("07:00")])
  })

  it("none is overdue while one of the hosts has a run", () => {
    assert.isUndefined(overdueSince({ ...input, now: at("07:20"), byHost: true }))
    assert.strictEqual(overdueSince({ ...input, now: at("07:20") }), at("07:00"))
  })

  it("a time at which no host ran is missed by every host", () => {
    const facts = { ...fleet, now: at("09:20") }
    assert.match(textAt(facts, 200), /missed by every host: (?:\S+ )?08:00, /)
  })
})
