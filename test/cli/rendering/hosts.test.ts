import { assert, describe, it } from "@effect/vitest"
import { renderHostChange, renderHosts } from "../../../src/cli/rendering/hosts.ts"
import { hostsMeant, shownName, typedName, type Host } from "../../../src/domain/Host.ts"
import { Mark } from "../../../src/domain/Identity.ts"
import * as DateTime from "effect/DateTime"

const NOW = 1_795_741_200_000
const frame = {
  now: NOW,
  zone: () => DateTime.zoneMakeOffset(0),
  width: 80,
  color: false,
  program: "nightly-dispatch"
}
const markOf = (digit: string) => Mark.make(digit.repeat(32))

const hostOf = (name: string, digit: string, changes: Partial<Host> = {}): Host => ({
  mark: markOf(digit),
  name,
  tags: [],
  version: "0.1.0",
  seenAgo: 0,
  open: 0,
  othersSettleIn: 0,
  state: "active",
  epoch: 1,
  ...changes
})

const FLEET: ReadonlyArray<Host> = [
  hostOf("vm-1", "a", { freePlaces: 2, open: 1, othersSettleIn: 120_000, tags: ["gpu", "arm"] }),
  hostOf("vm-2", "b", {
    state: "paused",
    freePlaces: 0,
    seenAgo: 725_000,
    paused: {
      at: NOW - 3_600_000,
      reason: "its disk is full",
      by: "op@vm-2",
      covers: { mark: markOf("b"), name: "vm-2" }
    }
  }),
  hostOf("vm-3", "c", {
    state: "evicted",
    epoch: 2,
    seenAgo: 183_600_000,
    open: 2,
    othersSettleIn: 90_000,
    reason: "its disk failed"
  }),
  hostOf("vm-3", "d", { seenAgo: 20_000 })
]

const shown = (hosts: ReadonlyArray<Host>, width = 80) =>
  renderHosts(
    { journal: "Postgres (postgres://db/nightly)", isShared: true, here: markOf("a"), hosts },
    { ...frame, width }
  )

describe("the list of hosts", () => {
  it("has a line for each host, marks this one, and says what the line cannot", () => {
    assert.strictEqual(
      shown(FLEET),
      [
        "4 hosts share Postgres (postgres://db/nightly) (*: this host)",
        "   host           state    version  seen ago  free  open  tags",
        "*  vm-1           active   0.1.0    now          2     1  gpu arm",
        "   vm-2           paused   0.1.0    12 min       0     0",
        "   vm-3 cccccccc  EVICTED  0.1.0    2 d          -     2",
        "   vm-3 dddddddd  active   0.1.0    20 s         -     0",
        "Several hosts are called vm-3. Give each its own name: host.name in the",
        "settings. Here their marks tell them apart.",
        "vm-2: paused since 00:00 by op@vm-2: its disk is full · until nightly-dispatch",
        "resume --host vm-2",
        "vm-3 (cccccccc) was evicted: its disk failed. 2 attempts of it are open: the",
        "next run of another host from 01:01 on settles them and releases what they",
        "claim. Worktrees and logs stay on vm-3. The way back: nightly-dispatch hosts",
        "admit cccccccc"
      ].join("\n")
    )
  })

  it("fits into 80 columns with long names and many tags", () => {
    const long = FLEET.map((host, index) => ({
      ...host,
      name: `ip-10-0-12-${index}.eu-central-1.compute.internal`,
      tags: ["gpu", "needs-a-licence", "arm64", "large-memory"]
    }))
    for (const line of shown(long).split("\n")) assert.isAtMost(line.length, 80, line)
    assert.include(shown(long, 200), "ip-10-0-12-3.eu-central-1.compute.internal")
  })

  it("tells of a pause of all hosts once", () => {
    const paused = { at: NOW, reason: "the tracker moves", by: "op@vm-1", covers: "fleet" as const }
    const text = shown([
      hostOf("vm-1", "a", { state: "paused", paused }),
      hostOf("vm-2", "b", { state: "paused", paused })
    ])
    assert.strictEqual(text.split("the tracker moves").length, 2)
    assert.include(text, "all hosts: paused since 01:00 by op@vm-1")
  })
})

describe("what names a host", () => {
  it("is its name, or the beginning of its mark where two have one name", () => {
    const digits = (text: string) => hostsMeant(FLEET, text).map(({ mark }) => mark[0])
    assert.deepStrictEqual(digits("vm-1"), ["a"])
    assert.deepStrictEqual(digits("vm-3"), ["c", "d"])
    assert.deepStrictEqual(digits("dddddddd"), ["d"])
    assert.deepStrictEqual(digits(markOf("d")), ["d"])
    assert.deepStrictEqual(digits("ddd"), [], "too short to be meant as a mark")
    const [unique, , twin] = FLEET.map((host) => [shownName(FLEET, host), typedName(FLEET, host)])
    assert.deepStrictEqual(unique, ["vm-1", "vm-1"])
    assert.deepStrictEqual(twin, ["vm-3 (cccccccc)", "cccccccc"])
  })
})

describe("an eviction", () => {
  it("says when others settle what the host began, and the way back", () => {
    const host = hostOf("vm-1", "a", { open: 1, othersSettleIn: 120_000 })
    const evicted: Host = { ...host, state: "evicted", reason: "gone" }
    assert.strictEqual(
      renderHostChange({ result: "evicted", host: evicted }, host, FLEET, frame),
      [
        "evicted vm-1: gone",
        "It was seen just now. What its processes write from now on is refused, and its",
        "watcher ends its jobs within 30 seconds, if it lives and reaches the journal.",
        "A job that its watcher cannot end goes on, and its bug may get a second one:",
        "evict only a host of which you know that it is dead or off.",
        "1 attempt of it is open: the next run of another host from 01:02 on settles it",
        "and releases what it claims. Worktrees and logs stay on vm-1.",
        "The way back: nightly-dispatch hosts admit vm-1"
      ].join("\n")
    )
  })
})
