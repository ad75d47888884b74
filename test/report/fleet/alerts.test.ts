import { assert, describe, it } from "@effect/vitest"
import { DateTime, Either } from "effect"
import type { OpenCondition } from "../../../src/domain/Condition.ts"
import { RunId } from "../../../src/domain/Ids.ts"
import { defaultSettings } from "../../../src/domain/defaultSettings.ts"
import type { Host } from "../../../src/domain/Host.ts"
import { compare } from "../../../src/report/alerts/compare.ts"
import { conditionsOf } from "../../../src/report/alerts/conditionsOf.ts"
import type { NightFacts } from "../../../src/report/needs/NightFacts.ts"
import { at, endedJob, glm, journal, night, open, opencode, run, tracker } from "../needs/support.ts"
import { actorOn, fleetAt, host, HOUR, inFleet } from "./support.ts"

const MINUTE = 60_000

/** One outbox, and what each look of a host at it tells. */
const outbox = () => {
  let known: ReadonlyArray<OpenCondition> = []
  return (name: string, hosts: ReadonlyArray<Host>, facts: NightFacts = night(), fleet = fleetAt(name, hosts)) => {
    const seen = inFleet(facts, fleet)
    const input = { night: seen, now: seen.now, lastOutcomes: [], program: "nd", settings: { reviewAfter: HOUR } }
    const zone = () => DateTime.zoneUnsafeMakeNamed("UTC")
    const place = { now: seen.now, zone, host: name, repository: "shop", settings: defaultSettings.alerts }
    const compared = compare(known, conditionsOf(input), place)
    known = compared.open
    return compared.messages.map(({ message }) => `${message.change} ${message.key}: ${message.what}`)
  }
}

const gone = [host("vm-1"), host("vm-2", { seenAgo: 5 * 24 * HOUR }), host("vm-3")]

describe("alerts of a fleet", () => {
  it("tell of a host that does not come once, whichever host looks; and when it is back", () => {
    const look = outbox()
    const [told, ...more] = look("vm-1", gone)
    assert.match(told ?? "", /^raised host_unseen vm-2: the host vm-2 was last seen 5 d ago; no bug waits for it\./)
    assert.isEmpty(more)
    assert.isEmpty(look("vm-3", gone))
    assert.isEmpty(look("vm-1", gone, night({ now: at("07:50") })))
    const back = [host("vm-1"), host("vm-2"), host("vm-3")]
    assert.deepStrictEqual(look("vm-3", back), ["recovered host_unseen vm-2: vm-2 was seen again"])
  })

  it("a host whose clock is ten minutes behind does not take a missing host for one that is back", () => {
    const look = outbox()
    const hosts = (seenAgo: number) => [host("vm-1"), host("vm-2", { seenAgo }), host("vm-3")]
    assert.lengthOf(look("vm-1", hosts(HOUR + 31 * MINUTE + MINUTE)), 1)
    assert.isEmpty(look("vm-3", hosts(HOUR + 31 * MINUTE + MINUTE), night({ now: at("07:09") })))
  })

  it("an eviction ends the alert without a word", () => {
    const look = outbox()
    look("vm-1", gone)
    const evicted = [host("vm-1"), host("vm-2", { state: "evicted" }), host("vm-3")]
    assert.isEmpty(look("vm-3", evicted))
  })

  it("tell of a bug that a host holds beyond its time, once; and then of the job that was lost with an evicted host", () => {
    const look = outbox()
    const held = open("bd-1", { actor: actorOn("vm-2") })
    const hosts = [host("vm-1"), host("vm-2"), host("vm-3")]
    const whose = new Map([[held.actor, { _tag: "Free", host: "vm-2", why: "its time is over" } as const]])
    const facts = night({ journal: journal({ open: [held] }) })
    const [told = ""] = look("vm-1", hosts, facts, fleetAt("vm-1", hosts, whose))
    assert.match(told, /^raised host_holds bd-1: bd-1: the host vm-2 holds it beyond its time/)
    assert.isEmpty(look("vm-3", hosts, facts, fleetAt("vm-3", hosts, whose)))
    const detail = "vm-2 was evicted: its disk died; its job and its worktree are on vm-2, and were left alone"
    const lost = night({
      tracker: tracker({ issues: [{ id: "bd-1" }] }),
      journal: journal({ ended: [endedJob("bd-1", { end: "lost", blame: "host", detail })] })
    })
    assert.deepStrictEqual(look("vm-3", hosts, lost), [`raised job_lost bd-1: bd-1: ${detail}`])
    assert.isEmpty(look("vm-1", hosts, lost))
  })

  it("what is true of one host is not over because another host is well", () => {
    const look = outbox()
    const hosts = [host("vm-1"), host("vm-2")]
    const failed = run(at("06:00"), { host: "vm-1", exit: 5, error: "no clone" })
    const well = run(at("07:00"), { host: "vm-2" })
    const facts = night({ journal: journal({ runs: [well, failed] }) })
    const words = "raised run_failed on vm-1: the last run ended with exit 5: no clone"
    assert.deepStrictEqual(look("vm-1", hosts, facts), [words])
    assert.isEmpty(look("vm-2", hosts, facts))
    assert.isEmpty(look("vm-1", hosts, facts))
    const mended = night({ journal: journal({ runs: [run(at("07:10"), { host: "vm-1" }), well, failed] }) })
    assert.deepStrictEqual(look("vm-1", hosts, mended), ["recovered run_failed on vm-1: on vm-1 runs end well again"])
  })

  it("a runner that one host cannot ask, and a job that hangs on one host, are that host's alone", () => {
    const look = outbox()
    const hosts = [host("vm-1"), host("vm-2")]
    const down = night({ running: Either.left("dx-runner is gone") })
    assert.lengthOf(look("vm-1", hosts, down), 1)
    assert.isEmpty(look("vm-2", hosts))
    assert.isEmpty(look("vm-1", hosts, down))
  })

  it("a provider that one host lacks is not over because it works on another", () => {
    const look = outbox()
    const hosts = [host("vm-1"), host("vm-2")]
    const runs = [
      run(at("07:00"), { host: "vm-2", run: run(0).run }),
      run(at("06:00"), { host: "vm-1", run: RunId.make("20261127T060000Z-000001") })
    ]
    const check = (which: number, provider: typeof glm, available: boolean) => ({
      run: runs[which]?.run ?? run(0).run,
      at: runs[which]?.began ?? 0,
      check: { provider, available, detail: available ? "OK" : "not found on PATH", lines: [], durationMs: 1 }
    })
    const first = night({ journal: journal({ runs, checks: [check(1, glm, false), check(1, opencode, true)] }) })
    const then = night({ journal: journal({ runs, checks: [check(0, glm, true), check(0, opencode, true)] }) })
    assert.deepStrictEqual(look("vm-1", hosts, first), [
      "raised fallback cc-glm on vm-1: cc-glm was passed over: not found on PATH"
    ])
    assert.isEmpty(look("vm-2", hosts, then))
    assert.isEmpty(look("vm-1", hosts, then))
    assert.isEmpty(look("vm-1", hosts, first))
  })
})
