import { assert, describe, it } from "@effect/vitest"
import { FastCheck, Schema } from "effect"
import { ACTOR_PREFIX, Actor, actorOf, hostOf, parseActor } from "../../src/domain/Actor.ts"
import { RunId, runIdOf, tagOf } from "../../src/domain/Ids.ts"
import { codePoint } from "../codePoint.ts"

const hex = (length: number) =>
  FastCheck.array(FastCheck.constantFrom(..."0123456789abcdef"), { minLength: length, maxLength: length }).map((all) =>
    all.join("")
  )
const anyHost = FastCheck.oneof(
  FastCheck.string({ unit: codePoint, maxLength: 100 }),
  FastCheck.constantFrom(
    "",
    "vm-1",
    "vm-1.example.org",
    "日本",
    "a/b",
    "..",
    "-x",
    "nightly-dispatch/vm/1",
    "h".repeat(300)
  )
)
/** Whole seconds of the years 1970 to 9999. */
const anySecond = FastCheck.integer({ min: 0, max: 253_402_300_799 })
const anyRun = FastCheck.record({
  at: anySecond.map((second) => second * 1_000),
  random: FastCheck.integer({ min: 0, max: 0xff_ff_ff }),
  tag: FastCheck.oneof(hex(4), FastCheck.constant(""))
})
const anyAttempt = FastCheck.oneof(
  FastCheck.integer({ min: 1, max: 20 }),
  FastCheck.integer({ min: 1, max: 999_999_999 })
)

const RUN = "20261122T030000Z-4f2a91c7d0"

describe("runIdOf", () => {
  it("is made of the start time, a random number and the state directory's tag", () => {
    assert.strictEqual(runIdOf(Date.UTC(2026, 10, 22, 3), 0x4f2a91, "c7d0"), RUN)
    assert.strictEqual(runIdOf(Date.UTC(2026, 10, 22, 3) + 999, 7, "c7d0"), "20261122T030000Z-000007c7d0")
  })

  it("is a valid run id, contains its tag and sorts by time, for every time, number and tag", () => {
    FastCheck.assert(
      FastCheck.property(anyRun, anyRun, (first, second) => {
        const [a, b] = [first, second].map(({ at, random, tag }) => runIdOf(at, random, tag))
        assert.isTrue(Schema.is(RunId)(a))
        assert.strictEqual(tagOf(a!), first.tag === "" ? undefined : first.tag)
        if (first.at < second.at) assert.isTrue(a! < b!)
      })
    )
  })

  it("has no tag if the tag does not have four digits", () => {
    for (const digits of ["4f2a91", "4f2a91c", "4f2a91c7d", "4f2a91c7d01", "4f2a91c7d012"])
      assert.isUndefined(tagOf(RunId.make(`20261122T030000Z-${digits}`)), digits)
    assert.strictEqual(tagOf(RunId.make(RUN)), "c7d0")
  })
})

describe("actorOf", () => {
  it("is made of host, run and attempt, and is a valid actor for any host name", () => {
    const run = RunId.make("20261122T030000Z-4f2a91")
    assert.strictEqual(actorOf({ host: "vm-1", run, attempt: 2 }), "nightly-dispatch/vm-1/20261122T030000Z-4f2a91/2")
    FastCheck.assert(
      FastCheck.property(FastCheck.string({ unit: codePoint }), (host) =>
        Schema.is(Actor)(actorOf({ host, run, attempt: 1 }))
      )
    )
  })
})

describe("hostOf", () => {
  it("any host name becomes one valid part of an actor, and a valid one stays the same", () => {
    FastCheck.assert(
      FastCheck.property(anyHost, (name) => {
        assert.match(hostOf(name), /^[A-Za-z0-9.-]{1,64}$/)
        assert.strictEqual(hostOf(hostOf(name)), hostOf(name))
      })
    )
    assert.deepStrictEqual(["vm-1.example.org", "my host", "", "a/b_c"].map(hostOf), [
      "vm-1.example.org",
      "my-host",
      "host",
      "a-b-c"
    ])
  })
})

describe("parseActor", () => {
  it("parses what actorOf made, for every host, run and attempt", () => {
    FastCheck.assert(
      FastCheck.property(anyHost, anyRun, anyAttempt, (host, { at, random, tag }, attempt) => {
        const run = runIdOf(at, random, tag)
        const actor = actorOf({ host, run, attempt })
        assert.isTrue(Schema.is(Actor)(actor))
        assert.deepStrictEqual(parseActor(actor), {
          actor,
          host: hostOf(host),
          run,
          attempt,
          startedAt: at,
          tag: tag === "" ? undefined : tag
        })
      }),
      { numRuns: 500 }
    )
  })

  it("is undefined for a text that is not a dispatcher's actor", () => {
    for (const text of [
      "",
      "Recovery Agent",
      ACTOR_PREFIX,
      `nightly-dispatch/vm-1/${RUN}`,
      `nightly-dispatch/vm-1/${RUN}/`,
      `nightly-dispatch/vm-1/${RUN}/0`,
      `nightly-dispatch/vm-1/${RUN}/00`,
      `nightly-dispatch/vm-1/${RUN}/01`,
      `nightly-dispatch/vm-1/${RUN}/-1`,
      `nightly-dispatch/vm-1/${RUN}/1.5`,
      `nightly-dispatch/vm-1/${RUN}/1e3`,
      `nightly-dispatch/vm-1/${RUN}/1234567890`,
      `nightly-dispatch/vm-1/${RUN}/1/2`,
      `nightly-dispatch/vm-1/${RUN}/1\n`,
      `nightly-dispatch/vm-1/${RUN}/1 `,
      ` nightly-dispatch/vm-1/${RUN}/1`,
      `Nightly-Dispatch/vm-1/${RUN}/1`,
      `nightly-dispatch//${RUN}/1`,
      `nightly-dispatch/a/b/${RUN}/1`,
      `nightly-dispatch/vm 1/${RUN}/1`,
      `nightly-dispatch/${"h".repeat(65)}/${RUN}/1`,
      "nightly-dispatch/vm-1/20261122T030000Z-4f2a9/1",
      "nightly-dispatch/vm-1/20261122T030000Z-4F2A91/1",
      "nightly-dispatch/vm-1/20261122T030000Z-4f2a91c7d0123/1",
      "nightly-dispatch/vm-1/20269999T030000Z-4f2a91/1",
      "nightly-dispatch/vm-1/20261122T996000Z-4f2a91/1"
    ])
      assert.isUndefined(parseActor(text), JSON.stringify(text))
    assert.isDefined(parseActor(`nightly-dispatch/vm-1/${RUN}/1`), "a dispatcher's actor")
  })

  it("never throws, and its parts together are the text", () => {
    const near = FastCheck.tuple(
      FastCheck.constantFrom("nightly-dispatch/", "nightly-dispatch", "other/"),
      FastCheck.string({ maxLength: 5 }),
      FastCheck.constantFrom("/", ""),
      FastCheck.tuple(FastCheck.array(FastCheck.nat(9), { minLength: 14, maxLength: 14 }), hex(8)).map(
        ([digits, rest]) => `${digits.slice(0, 8).join("")}T${digits.slice(8).join("")}Z-${rest}`
      ),
      FastCheck.constantFrom("/1", "/0", "/", "/9/9")
    ).map((parts) => parts.join(""))
    FastCheck.assert(
      FastCheck.property(FastCheck.oneof(FastCheck.string({ unit: codePoint }), near), (text) => {
        const parsed = parseActor(text)
        if (parsed === undefined) return
        assert.strictEqual(`${ACTOR_PREFIX}${parsed.host}/${parsed.run}/${parsed.attempt}`, text)
        assert.isAtLeast(parsed.attempt, 1)
        assert.isTrue(Number.isFinite(parsed.startedAt))
        assert.isTrue(parsed.run.startsWith(`${String(new Date(parsed.startedAt).getUTCFullYear()).padStart(4, "0")}`))
      }),
      { numRuns: 1_000 }
    )
  })
})
