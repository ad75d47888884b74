import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Effect, FastCheck as fc, Layer } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { vi } from "vitest"
import { ackOf, endingOf, Settled } from "../../../src/domain/Attempt.ts"
import { BeadsId } from "../../../src/domain/Ids.ts"
import { Dispatched, Failed, Planned, Skipped } from "../../../src/domain/Outcome.ts"
import { RunReport } from "../../../src/domain/RunReport.ts"
import { knowing, redactor } from "../../../src/domain/Redaction.ts"
import { REDACTED } from "../../../src/domain/environmentSecrets.ts"
import { Notice, Journal } from "../../../src/journal/Journal.ts"
import { journalFailures } from "../../../src/journal/failures.ts"
import { makeRecords } from "../../../src/journal/records.ts"
import { intentOf, opencode, plain, STEPS } from "../../contract/attempts.ts"
import { journalIn, once, query, stateDirectory } from "./journalWorld.ts"

vi.setConfig({ testTimeout: 60_000 })

/** A secret that only its owner can recognise, and one with a known shape; in parts, so that no scanner reports this file. */
const KNOWN = "correct-horse-battery"
const SHAPED = ["gh", "p_", "abcdefghij0123456789ABCDEFGHIJ012345"].join("")
const SAID = `fatal: "${KNOWN}" refused\n\tby ${SHAPED}, see ${KNOWN.slice(0, 12)}…`
const LEAK = /correct-ho|abcdefghij0123456789/

/** Every byte of the database and of its -wal and -shm files. */
const bytes = (directory: string): string =>
  fs
    .readdirSync(directory)
    .filter((name) => name.startsWith("journal.db"))
    .map((name) => fs.readFileSync(path.join(directory, name), "latin1"))
    .join("\n")

const ending = { end: "failed", code: "runner_error", blame: "runner", detail: SAID } as const
const passedOver = [
  { provider: opencode, code: "preflight_failed", reason: SAID, capacity: false, durationMs: 1 }
] as const

const report = new RunReport({
  run: intentOf(1).run,
  startedAt: "2026-11-22T03:00:00.000Z",
  dryRun: false,
  backends: { beads: SAID, runner: SAID, workspace: SAID },
  fetched: 4,
  chosen: 3,
  dispatched: 1,
  failed: 1,
  skipped: 1,
  settled: 0,
  exit: 3,
  durationMs: 17,
  error: SAID,
  providers: [{ provider: opencode, available: false, detail: SAID, lines: ["OK", SAID], durationMs: 1 }],
  outcomes: [
    new Dispatched({
      beads: BeadsId.make("bd-1"),
      provider: opencode,
      durationMs: 1,
      how: "late",
      log: SAID,
      worktree: "/w",
      passedOver
    }),
    new Failed({
      beads: BeadsId.make("bd-2"),
      code: "unknown",
      blame: "runner",
      error: SAID,
      durationMs: 1,
      passedOver
    }),
    new Skipped({ beads: SAID, reason: "malformed", detail: SAID }),
    new Planned({ beads: BeadsId.make("bd-3"), provider: opencode, title: SAID })
  ]
})

describe("the journal on disk", () => {
  it.scopedLive("contains no secret in any byte, whatever a tool has printed", () =>
    Effect.gen(function* () {
      const directory = yield* stateDirectory
      yield* Effect.gen(function* () {
        const journal = yield* Journal
        yield* journal.begin({ run: report.run, host: "vm-1", at: 7 })
        for (const n of [1, 2]) yield* journal.intend(intentOf(n))
        yield* journal.advance(intentOf(1).actor, STEPS.Claimed)
        const advanced = yield* journal.advance(intentOf(1).actor, { _tag: "Ending", ...ending })
        assert.strictEqual(
          endingOf(advanced)?.detail,
          `fatal: "${REDACTED}" refused\n\tby ${REDACTED}, see ${REDACTED}…`
        )
        yield* journal.advance(intentOf(1).actor, { _tag: "Settled", ...ending })
        yield* journal.advance(intentOf(2).actor, { _tag: "Settled", ...ending })
        yield* journal.notice(new Notice({ key: "k", kind: "claim_stuck", text: SAID }))
        yield* journal.end(report)
        assert.include(bytes(directory), "refused", "it has been written by now")
        assert.notMatch(bytes(directory), LEAK)
      }).pipe(Effect.provide(Layer.provide(journalIn(directory), knowing([KNOWN]))))
      assert.notMatch(bytes(directory), LEAK)
      const [skip] = yield* query(directory, "SELECT beads FROM skips")
      assert.include(String(skip?.["beads"]), `fatal: "${REDACTED}"`)
      const read = yield* once(directory, (journal) => journal.report(report.run))
      assert.lengthOf(read?.outcomes ?? [], 4)
    })
  )

  it("its error texts, which may quote a record, contain no secret", () => {
    const { corrupt, of } = journalFailures("/state/journal.db", redactor([KNOWN]))
    for (const error of [of(new Error(SAID)), of(new Error("x", { cause: `${SAID} malformed` })), corrupt(SAID)]) {
      assert.notMatch(error.message, LEAK)
    }
    assert.include(of(new Error(SAID)).message, `fatal: "${REDACTED}" refused by ${REDACTED}`)
  })
})

describe("a record", () => {
  const { attempts, reports } = makeRecords(redactor([KNOWN]))
  const planted = fc.tuple(fc.string(), fc.constantFrom(KNOWN, SHAPED), fc.string())

  it.effect("can be decoded after redaction, and only its free text differs", () =>
    Effect.promise(() =>
      fc.assert(
        fc.asyncProperty(Arbitrary.make(Settled), planted, (attempt, [before, secret, after]) =>
          Effect.runPromise(
            Effect.gen(function* () {
              const said: Settled = { ...attempt, detail: `${before} ${secret} ${after}` }
              const { record, text } = yield* attempts.encode(said)
              assert.notInclude(text, secret)
              assert.deepStrictEqual(plain(yield* attempts.decode(text)), plain(record))
              const { ack, detail: _, ...others } = plain(said)
              const { ack: kept, detail: __, ...same } = plain(record)
              assert.deepStrictEqual(same, others)
              assert.strictEqual(ackOf(record)?.runInstance, said.ack?.runInstance)
              assert.strictEqual(kept === undefined, ack === undefined)
            })
          )
        ),
        { numRuns: 100 }
      )
    )
  )

  it.effect("can be decoded when a word of a fixed list is also a secret", () =>
    Effect.gen(function* () {
      const words = ["provider_unavailable", "preflight_failed", "duplicate", "succeeded", "acknowledged", "opencode-x"]
      const outcomes = [new Skipped({ beads: "bd-12345678", reason: "duplicate", detail: "same error as bd-1" })]
      const { record } = yield* makeRecords(redactor([...words, "bd-12345678"])).reports.encode(
        new RunReport({ ...report, outcomes })
      )
      assert.deepStrictEqual({ ...record.outcomes[0] }, { ...outcomes[0]! })
      assert.strictEqual((yield* reports.encode(record)).text, (yield* reports.encode(record)).text)
    })
  )
})
