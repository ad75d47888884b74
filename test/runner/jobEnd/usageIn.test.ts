import { assert, describe, it } from "@effect/vitest"
import * as fc from "effect/FastCheck"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { readEnd } from "../../../src/runner/jobEnd/readEnd.ts"
import { readUsage } from "../../../src/runner/jobEnd/readUsage.ts"
import { makeUsageReader, type LogOf } from "../../../src/runner/jobEnd/usageIn.ts"
import { TEMPORARY } from "../../temporary.ts"
import { claudeResult, OPENCODE_EVENTS, opencodeStep } from "./realUsage.ts"
import { cpuTime } from "../../cpuTime.ts"

const usageIn = (text: string, of: LogOf = { cli: undefined }, size = text.length + 1) => {
  const reader = makeUsageReader(of)
  for (let from = 0; from < text.length; from += size) reader.push(text.slice(from, from + size))
  return reader.end()
}

/** What the stub model of `OPENCODE_EVENTS` used. */
const OPENCODE = { inputTokens: 400, outputTokens: 200, cacheTokens: 600, costUsd: 0.00086 }

describe("what an agent says that it used", () => {
  it("is the sum of opencode's steps", () => {
    assert.deepStrictEqual(usageIn(OPENCODE_EVENTS, { cli: "opencode" }), OPENCODE)
    const twice = usageIn(OPENCODE_EVENTS + OPENCODE_EVENTS)
    assert.deepStrictEqual(twice, { inputTokens: 800, outputTokens: 400, cacheTokens: 1200, costUsd: 0.00172 })
  })

  it("has no price if opencode does not know it, which writes 0", () => {
    const { costUsd, inputTokens } = usageIn(opencodeStep(0), { cli: "opencode" })!
    assert.deepStrictEqual([inputTokens, costUsd], [400, undefined])
  })

  it("is that of all models of claude, of which `usage` has only one", () => {
    const usage = { inputTokens: 2000, outputTokens: 400, cacheTokens: 1800, costUsd: 0.009253 }
    assert.deepStrictEqual(usageIn(claudeResult("All is\ndone."), { cli: "claude" }), usage)
    // Of a long answer only the whole log tells, and however it is cut into parts.
    const long = claudeResult("x".repeat(60_000))
    for (const size of [1, 199, 4096]) assert.deepStrictEqual(usageIn(long, { cli: "claude" }, size), usage)
  })

  it("is unknown, and not 0, of a log for people, of another tool, of a cut line and of an earlier job", () => {
    assert.isUndefined(usageIn("> build · m1\nAll is done.\n", { cli: "opencode" }))
    assert.isUndefined(usageIn("", { cli: "claude" }))
    assert.isUndefined(usageIn(OPENCODE_EVENTS, { cli: "claude" }))
    assert.isUndefined(usageIn(claudeResult("x"), { cli: "opencode" }))
    assert.isUndefined(usageIn(claudeResult("x").slice(0, -20), { cli: "claude" }))
    assert.isUndefined(usageIn(opencodeStep(-1), { cli: "opencode" }))
    assert.isUndefined(usageIn(OPENCODE_EVENTS, { cli: "opencode", startedAt: Date.UTC(2026, 11) }))
    // What a command prints that the agent runs is inside an event.
    assert.isUndefined(usageIn(`{"type":"tool_use","part":${JSON.stringify(opencodeStep(1))}}\n`, { cli: "opencode" }))
  })

  it("reads any text, however it is cut", () => {
    const lines = fc.array(
      fc.oneof(fc.string(), fc.constant(OPENCODE_EVENTS), fc.constant(claudeResult("x")), fc.json(), fc.constant("\n")),
      { maxLength: 12 }
    )
    fc.assert(
      fc.property(lines, fc.integer({ min: 1, max: 400 }), (parts, size) => {
        const text = parts.join("")
        assert.deepStrictEqual(usageIn(text, { cli: undefined }, size), usageIn(text))
        readEnd({ cli: undefined, exitCode: 1, tail: text })
      })
    )
  })

  it("reads a megabyte of whatever shape in less than 100 ms", () => {
    const MIB = 1024 * 1024
    const filled = (unit: string) => unit.repeat(Math.ceil(MIB / unit.length))
    const shapes = [
      "a",
      "\n",
      "{",
      " ",
      '{ "type" : ',
      '{"type":"step_finish"',
      '{"type":"step_finish"\n',
      '{"type":"step_finish","part":[',
      '{"type":"result",',
      opencodeStep(1),
      claudeResult("x")
    ]
    for (const shape of shapes) {
      const text = filled(shape)
      usageIn(text)
      const times = [1, 2, 3].map(() => {
        const begin = cpuTime()
        usageIn(text, { cli: undefined }, 64 * 1024)
        return cpuTime() - begin
      })
      assert.isBelow(Math.min(...times), 100, shape.slice(0, 40))
    }
  })
})

describe("a log on the disk", () => {
  it.scoped("is read wholly, part by part; one that is gone tells nothing, and a link is refused", () =>
    Effect.gen(function* () {
      const directory = fs.mkdtempSync(path.join(TEMPORARY, "nd-usage-"))
      yield* Effect.addFinalizer(() => Effect.sync(() => fs.rmSync(directory, { recursive: true })))
      const log = path.join(directory, "log")
      // A character of three bytes lies over the end of a part.
      fs.writeFileSync(log, `${"€".repeat(1_500_000)}\n${OPENCODE_EVENTS}${"x".repeat(3_000_000)}\n${OPENCODE_EVENTS}`)
      const usage = yield* readUsage(log, { cli: "opencode" })
      assert.deepStrictEqual(usage, { inputTokens: 800, outputTokens: 400, cacheTokens: 1200, costUsd: 0.00172 })
      assert.isUndefined(yield* readUsage(path.join(directory, "none"), { cli: "opencode" }))
      fs.symlinkSync(log, path.join(directory, "link"))
      assert.strictEqual(
        (yield* Effect.flip(readUsage(path.join(directory, "link"), { cli: "opencode" })))._tag,
        "NotOurs"
      )
    })
  )
})

describe("the words of an end, in a log of JSON events", () => {
  it("are the text inside them", () => {
    const result = readEnd({ cli: "claude", exitCode: 0, tail: claudeResult("I changed it.\nAll is done.") })
    assert.deepStrictEqual(result, { words: "All is done." })
    assert.deepStrictEqual(readEnd({ cli: "opencode", exitCode: 0, tail: OPENCODE_EVENTS }), { words: "done." })
  })

  it("prove the provider's fault as they do in text", () => {
    const limit = "Claude usage limit reached. Your limit will reset at 3pm (Europe/Berlin)."
    const end = readEnd({ cli: "claude", exitCode: 1, tail: claudeResult(limit) })
    assert.deepInclude(end, { reason: "quota", fault: "provider", words: limit })
  })
})
