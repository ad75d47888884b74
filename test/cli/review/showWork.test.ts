import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Fiber, Layer, TestClock } from "effect"
import { showWork } from "../../../src/cli/review/showWork.ts"
import { WorkspaceFailed } from "../../../src/domain/Failure.ts"
import { BeadsId } from "../../../src/domain/Ids.ts"
import type { ForegroundSpec } from "../../../src/exec/Exec.ts"
import type { Frame } from "../../../src/report/Frame.ts"
import type { WaitingWork } from "../../../src/report/review/reviewView.ts"
import { FakeExec, FakeKeptWork } from "../../../src/testing/index.ts"
import { inMemory } from "../memory.ts"

const TERMINAL: Frame = {
  now: 0,
  zone: () => DateTime.zoneUnsafeMakeNamed("UTC"),
  width: 80,
  color: false,
  program: "nd"
}
const WORK: WaitingWork = {
  beads: BeadsId.make("bd-1"),
  title: "Prices show NaN",
  repository: "/home/op/shop",
  branch: "nightly-dispatch/bd-1",
  base: "main",
  branchState: "exists",
  merged: "no",
  worktreeState: "gone"
}
const SECRET = "ghp_0123456789abcdefghijklmnopqrstuvwxyz"

interface Night {
  readonly frame?: Frame
  readonly work?: Partial<WaitingWork>
  readonly kept?: FakeKeptWork.FakeKeptWorkScript
  /** What the pager ends with. Default: it has shown everything. */
  readonly exit?: number
  readonly environment?: Readonly<Record<string, string>>
}

/** What is printed, with `[pager]` where a pager is started, and what the pager gets. */
const shown = ({ environment = {}, exit = 0, frame = TERMINAL, kept = { pager: "less" }, work = {} }: Night) =>
  Effect.gen(function* () {
    const { layer, out } = inMemory({ environment, cwd: "/home/op", home: "/home/op", tempDir: "/tmp", host: "vm-1" })
    const pagers: Array<ForegroundSpec> = []
    const exec = FakeExec.layer({
      foreground: (spec) => {
        pagers.push(spec)
        out.push("[pager]\n")
        return exit
      }
    })
    const code = yield* showWork({ ...WORK, ...work }, [], frame).pipe(
      Effect.provide(Layer.mergeAll(layer, exec, FakeKeptWork.layer(kept)))
    )
    return { code, text: out.join(""), pager: pagers[0] }
  })

const broken = new WorkspaceFailed({ detail: "git broke", blame: "host" })
const DECISIONS = "  accept (merge, close):  nd review bd-1 --accept\n"

describe("review of one bug's work", () => {
  it.effect("on a terminal, the pager gets what is known and the diff, and the commands follow", () =>
    Effect.gen(function* () {
      const { code, pager, text } = yield* shown({})
      assert.match(text, /^\[pager\]\n\n {2}accept /)
      assert.include(text, DECISIONS)
      assert.match(pager?.input ?? "", /^bd-1 {2}Prices show NaN\n[^]*\n\ndiff of nightly-dispatch\/bd-1\n/)
      assert.strictEqual(code, 0)
    })
  )

  it.effect(
    "prints it itself, before the commands: in a pipe, without a pager, and if the pager cannot be started",
    () =>
      Effect.gen(function* () {
        const nights: ReadonlyArray<Night> = [
          { frame: { ...TERMINAL, width: undefined } },
          { kept: {} },
          { exit: 127 },
          { kept: { pager: "less", faults: [FakeKeptWork.on("pager").fails(broken)] } }
        ]
        for (const night of nights) {
          const { pager, text } = yield* shown(night)
          assert.match(text, /^(\[pager\]\n)?bd-1 {2}Prices show NaN\n[^]*\n\ndiff of [^]*\n\n {2}accept /)
          assert.strictEqual(pager !== undefined, night.exit === 127)
        }
      })
  )

  it.effect("starts no pager where there is no diff", () =>
    Effect.gen(function* () {
      for (const work of [{ branch: undefined }, { repository: undefined }])
        assert.isUndefined((yield* shown({ work })).pager)
    })
  )

  it.effect("a diff that git does not give in time, or not at all, is named, and the commands are there", () =>
    Effect.gen(function* () {
      const late = yield* Effect.fork(shown({ kept: { pager: "less", faults: [FakeKeptWork.on("diff").hangs()] } }))
      yield* TestClock.adjust("30 seconds")
      const { pager, text } = yield* Fiber.join(late)
      assert.include(text, "! its diff cannot be shown: no answer within 30s")
      assert.include(text, DECISIONS)
      assert.isUndefined(pager)
      const failed = yield* shown({ kept: { pager: "less", faults: [FakeKeptWork.on("diff").fails(broken)] } })
      assert.include(failed.text, "! its diff cannot be shown: git broke")
    })
  )

  it.effect("a pager that is set in our environment is asked for by name", () =>
    Effect.gen(function* () {
      const asked: Array<unknown> = []
      const faults = [FakeKeptWork.on("pager").answers((_, own) => void asked.push(own))]
      yield* shown({ kept: { faults }, environment: { GIT_PAGER: "", PAGER: "more" } })
      assert.deepStrictEqual(asked, [{ GIT_PAGER: "", PAGER: "more" }])
    })
  )

  it.effect("a secret in the diff does not reach the pager", () =>
    Effect.gen(function* () {
      const { pager } = yield* shown({ work: { lastWords: `token ${SECRET}` } })
      assert.notInclude(pager?.input, SECRET)
      assert.include(pager?.input, "[redacted]")
    })
  )
})
