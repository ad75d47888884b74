import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { isLive } from "../../../src/domain/Job.ts"
import { DxRunner } from "../../../src/runner/DxRunner.ts"
import { beadsId, eventually } from "../../contract/support.ts"
import { makeWorld, type LocalWorld } from "./localWorld.ts"

const id = beadsId("bd-1")
const LATER = Date.now() + 86_400_000

const jobsOf = ({ stateDir }: LocalWorld) => path.join(stateDir, "jobs", id)

/** Starts a job that ends by itself, and waits for its end. */
const endedJob = Effect.fn("endedJob")(function* (local: LocalWorld) {
  const runner = yield* DxRunner
  const { runInstance = "" } = yield* runner.start(local.request(id, local.provider("works")))
  yield* eventually(runner.job(id), (job) => job !== undefined && !isLive(job))
  return runInstance
})

/** Makes every file of the job this many days old. */
const age = (directory: string, days: number) => {
  const at = new Date(Date.now() - days * 86_400_000)
  for (const name of fs.readdirSync(directory)) fs.utimesSync(path.join(directory, name), at, at)
}

const test = <E>(name: string, body: (local: LocalWorld) => Effect.Effect<void, E, DxRunner>) =>
  it.scopedLive(name, () => Effect.flatMap(makeWorld, (local) => Effect.provide(body(local), local.runner)))

describe("the logs of ended jobs", () => {
  test("a job is as old as the last of its files", (local) =>
    Effect.gen(function* () {
      const runner = yield* DxRunner
      const directory = path.join(jobsOf(local), yield* endedJob(local))
      age(directory, 61)
      const sixty = Date.now() - 60 * 86_400_000
      assert.lengthOf(yield* runner.oldLogs(sixty), 1)
      fs.appendFileSync(path.join(directory, "log"), "a daemon of the agent writes on")
      assert.isEmpty(yield* runner.oldLogs(sixty))
    }))

  test("an older job of a bug goes, and the newest stays known", (local) =>
    Effect.gen(function* () {
      const runner = yield* DxRunner
      const [first, second] = [yield* endedJob(local), yield* endedJob(local)]
      age(path.join(jobsOf(local), first), 61)
      const [log] = yield* runner.oldLogs(Date.now() - 60 * 86_400_000)
      yield* runner.removeLog(log!)
      assert.strictEqual((yield* runner.job(id))?.runInstance, second)
      assert.deepStrictEqual(fs.readdirSync(jobsOf(local)).toSorted(), [second, "current"].toSorted())
    }))

  for (const [cut, keep] of [
    ["after the file that names the newest job", ["job.json", "log", "exit"]],
    ["in the middle of the job's files", ["log"]]
  ] as const) {
    test(`a removal that was cut ${cut}: the bug has no job, and the next removal ends it`, (local) =>
      Effect.gen(function* () {
        const runner = yield* DxRunner
        const directory = path.join(jobsOf(local), yield* endedJob(local))
        fs.rmSync(path.join(jobsOf(local), "current"))
        for (const name of fs.readdirSync(directory)) {
          if (!keep.some((kept) => kept === name)) fs.rmSync(path.join(directory, name))
        }
        assert.isUndefined(yield* runner.job(id))
        assert.isEmpty(yield* runner.running)
        for (const log of yield* runner.oldLogs(LATER)) yield* runner.removeLog(log)
        assert.isFalse(fs.existsSync(jobsOf(local)))
      }))
  }

  test("a record that cannot be read keeps its files", (local) =>
    Effect.gen(function* () {
      const runner = yield* DxRunner
      const directory = path.join(jobsOf(local), yield* endedJob(local))
      fs.writeFileSync(path.join(directory, "job.json"), "{")
      assert.isEmpty(yield* runner.oldLogs(LATER))
      fs.rmSync(jobsOf(local), { recursive: true })
    }))
})
