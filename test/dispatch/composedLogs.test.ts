import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger } from "effect"
import * as nd from "../../src/index.ts"
import { FakeBeads, FakeRunner } from "../../src/testing/index.ts"
import { fakes, options } from "./support.ts"

const FROM_ENVIRONMENT = "correct-horse-battery"
// Assembled here, so that no scanner takes this file for a leak.
const KNOWN_FORM = ["gh", "p_", "abcdefghij0123456789ABCDEFGHIJ012345"].join("")
const OUTPUT = `fatal: ${FROM_ENVIRONMENT} and ${KNOWN_FORM} refused`
const LEAK = /correct-horse|abcdefghij0123456789/

/** Loggers that a program around may have, each with its way to write a line. */
const LOGGERS = {
  json: Logger.jsonLogger,
  logfmt: Logger.logfmtLogger,
  "of its own": Logger.map(Logger.structuredLogger, (entry) => JSON.stringify(entry))
}

const world = fakes({
  beads: {
    issues: [{ id: "bd-1" }, { id: "bd-2" }],
    malformed: [new nd.MalformedIssue({ label: OUTPUT, problem: OUTPUT })],
    faults: [
      FakeBeads.on("claim", "bd-1").dies(new Error(OUTPUT)),
      FakeBeads.on("claim", "bd-2").fails(
        new nd.TrackerFailed({ operation: "claim", reason: "refused", detail: OUTPUT, blame: "tracker" })
      )
    ]
  },
  runner: {
    faults: [
      FakeRunner.on("preflight", "opencode").fails(
        new nd.PreflightFailed({
          provider: nd.ProviderName.make("opencode"),
          detail: OUTPUT,
          lines: ["OK", OUTPUT],
          blame: "provider"
        })
      )
    ]
  }
}).pipe(Layer.provideMerge(nd.knowing([FROM_ENVIRONMENT])))

describe("a program that composes the pipeline", () => {
  for (const [name, logger] of Object.entries(LOGGERS)) {
    for (const place of ["inside", "outside"]) {
      it.effect(`has no secret in the log of its own logger, ${name}, that it provides ${place}`, () =>
        Effect.gen(function* () {
          const lines: Array<string> = []
          const own = Logger.replace(
            Logger.defaultLogger,
            Logger.map(logger, (line) => void lines.push(line))
          )
          const run = Effect.zipRight(Effect.logInfo("ours"), nd.nightlyRun(options))
          const layers = place === "inside" ? Layer.provideMerge(own, world) : Layer.provideMerge(world, own)
          yield* Effect.provide(run, layers)
          const text = lines.join("\n")
          assert.include(text, "ours")
          assert.include(text, "DISPATCH_FAILURE")
          assert.include(text, "[redacted]")
          assert.notMatch(text, LEAK)
          assert.lengthOf(lines, new Set(lines).size, "no line comes twice")
        })
      )
    }
  }
})
