import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { BeadsId } from "../../../src/domain/Ids.ts"
import { Provider, ProviderName } from "../../../src/domain/Provider.ts"
import { DxRunner } from "../../../src/runner/DxRunner.ts"
import { eventually } from "../../contract/support.ts"
import { claudeResult } from "../jobEnd/realUsage.ts"
import { makeWorld } from "./localWorld.ts"

const id = BeadsId.make("bd-a1")
const MIB = 1024 * 1024
const NOTICE =
  /\nnightly-dispatch: the log ends here: it has reached 1 MiB \(retention\.logSize\), or the disk is full\n$/

/** A job whose agent is this script, on a runner with logs of 1 MiB. */
const job = (script: string) =>
  Effect.gen(function* () {
    const world = yield* makeWorld
    const runner = yield* Effect.provide(DxRunner, world.runner)
    const command: [string, ...Array<string>] = ["sh", "-c", script]
    const request = world.request(id, Provider.make({ name: ProviderName.make("agent"), command, maxParallel: 1 }))
    const ack = yield* runner.start(request)
    const log = Effect.sync(() => fs.readFileSync(ack.log ?? "", "utf8"))
    const trace = { attempt: request.attempt, worktree: request.workspace.path }
    const ended = eventually(runner.job(id, trace), (job) => job !== undefined && job.phase !== "running")
    return { at: (name: string) => path.join(request.workspace.path, name), ack, ended, log, runner, trace }
  })

describe("the log of a local job", () => {
  it.scopedLive("has both streams at once, while the agent works", () =>
    Effect.gen(function* () {
      const { ended, log } = yield* job("echo first; echo second >&2; sleep 2; echo third; exit 4")
      assert.strictEqual(yield* eventually(log, (text) => text.includes("second"), "1500 millis"), "first\nsecond\n")
      assert.strictEqual((yield* ended)?.exitCode, 4)
      assert.strictEqual(yield* eventually(log, (text) => text.includes("third")), "first\nsecond\nthird\n")
    })
  )

  it.scopedLive("tells until when the provider is limited, counted from the end of the job", () =>
    Effect.gen(function* () {
      const { ended } = yield* job("echo working; echo 'usage limit reached, resets in 2h'; exit 1")
      const found = yield* ended
      assert.deepInclude(found, { fault: "provider", reason: "quota", words: "usage limit reached, resets in 2h" })
      assert.strictEqual(found?.freeAt, Math.ceil((found?.endedAt ?? 0) + 2 * 3_600_000))
      const well = yield* job("echo 'usage limit reached, resets in 2h'; exit 0")
      assert.isUndefined((yield* well.ended)?.freeAt)
    })
  )

  it.scopedLive("tells what the agent says that it used, and the words inside its JSON", () =>
    Effect.gen(function* () {
      const { ended } = yield* job(`cat <<'END'\n${claudeResult("All is\ndone.")}END`)
      const usage = { inputTokens: 2000, outputTokens: 400, cacheTokens: 1800, costUsd: 0.009253 }
      assert.deepInclude(yield* ended, { usage, words: "done." })
      const silent = yield* job("echo done")
      assert.isUndefined((yield* silent.ended)?.usage)
    })
  )

  it.scopedLive("stops at its limit and says so; the agent goes on, and its exit code is recorded", () =>
    Effect.gen(function* () {
      const { ack, at, ended, log } = yield* job(
        "head -c 3000000 /dev/zero | tr '\\0' x && echo after && : >done; exit 3"
      )
      assert.strictEqual((yield* ended)?.exitCode, 3)
      assert.isTrue(fs.existsSync(at("done")), "its writes did not fail")
      const text = yield* eventually(log, (text) => NOTICE.test(text))
      assert.strictEqual(text.replace(NOTICE, ""), "x".repeat(MIB))
      assert.deepStrictEqual(
        fs.readdirSync(path.dirname(ack.log ?? "")).filter((name) => name === "pipe"),
        []
      )
    })
  )

  it.scopedLive(
    "that a daemon of the agent holds open neither delays the end nor counts as work, and stays limited",
    () =>
      Effect.gen(function* () {
        const daemon = `cd / && echo $$ >"$0" && while :; do echo 0123456789012345678901234567890123456789; done`
        const { ack, at, ended, runner, trace } = yield* job(
          `setsid sh -c '${daemon}' "$PWD/daemon" & while [ ! -s daemon ]; do sleep 0.05; done; exit 0`
        )
        assert.strictEqual((yield* ended)?.phase, "succeeded")
        const left = yield* runner.endLeftovers(id, trace)
        const pid = Number(fs.readFileSync(at("daemon"), "utf8"))
        yield* Effect.addFinalizer(() => Effect.sync(() => process.kill(pid, "SIGKILL")))
        assert.lengthOf(left, 1)
        assert.include(left[0], `pid ${pid} `)
        yield* Effect.sleep("1 second")
        assert.isTrue(process.kill(pid, 0), "it got no SIGPIPE")
        assert.isBelow(fs.statSync(ack.log ?? "").size, MIB + 1000)
      })
  )

  it.scopedLive("a stop ends the agent and the limiter", () =>
    Effect.gen(function* () {
      const { log, runner, trace } = yield* job("echo up; while :; do sleep 0.1; done")
      yield* eventually(log, (text) => text === "up\n")
      assert.isTrue(yield* runner.stop(id, trace))
    })
  )
})
