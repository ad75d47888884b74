import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs/promises"
import * as path from "node:path"
import { serverThat, status, type Answer } from "../alerts/server.ts"
import { machine } from "./world.ts"

/** A machine with one bug, and a server that gets its heartbeat. */
const watched = (answer: Answer = status(200, "OK")) =>
  Effect.gen(function* () {
    const world = yield* machine([{ id: "bd-1", title: "login fails" }])
    const { address, got } = yield* serverThat(answer)
    const env = { NIGHTLY_DISPATCH_ALERTS_DEAD_MAN: String(address) }
    /** What was signalled: `/start`, `/6`. */
    const signals = () => got.map(({ url }) => url.replace(/\?.*/, "").replace(address.pathname, "") || "good")
    return { world, env, got, signals }
  })

describe("`run` and its heartbeat", () => {
  it.scopedLive("signals begin and end; a dry run and other commands signal nothing", () =>
    Effect.gen(function* () {
      const { env, got, signals, world } = yield* watched()
      assert.strictEqual((yield* world.nd(["run", "--dry-run"], { env })).code, 0)
      assert.strictEqual((yield* world.nd(["settle"], { env })).code, 0)
      assert.deepStrictEqual(signals(), [])
      const run = yield* world.program(["run"], { env })
      assert.strictEqual(run.code, 0, run.stderr)
      assert.deepStrictEqual(signals(), ["/start", "good"])
      assert.match(got[1]?.body ?? "", /^RUN_SUMMARY run=\S+ .* exit=0 /)
      assert.notInclude(run.stdout + run.stderr, "SECRET")
    })
  )

  it.scopedLive("signals the exit code of a run that could not begin", () =>
    Effect.gen(function* () {
      const { env, got, signals, world } = yield* watched()
      const lock = path.join(world.root, "state/lock.db")
      yield* Effect.promise(() => fs.writeFile(lock, "not a lock"))
      assert.strictEqual((yield* world.nd(["run"], { env })).code, 6)
      yield* Effect.promise(() => fs.rm(lock))
      const elsewhere = { ...env, NIGHTLY_DISPATCH_REPO_PATH: path.join(world.root, "nowhere") }
      assert.strictEqual((yield* world.nd(["run"], { env: elsewhere })).code, 5)
      yield* Effect.promise(() => fs.writeFile(path.join(world.root, "file"), ""))
      const noDirectory = { ...env, NIGHTLY_DISPATCH_STATE_DIR: path.join(world.root, "file") }
      assert.strictEqual((yield* world.nd(["run"], { env: noDirectory })).code, 6)
      assert.deepStrictEqual(signals(), ["/6", "/start", "/5", "/6"])
      assert.match(got[0]?.body ?? "", /something else wrote it/)
    })
  )

  it.scopedLive("warns of a service that refuses, in at most two seconds, and the run is as good as without it", () =>
    Effect.gen(function* () {
      const { env, world } = yield* watched(status(404))
      const run = yield* world.nd(["run"], { env })
      assert.strictEqual(run.code, 0)
      assert.match(run.stderr, /the heartbeat could not be sent, .*the server answers 404/)
      assert.notInclude(run.stdout + run.stderr, "SECRET")
    })
  )

  it.scopedLive("an address that is none is exit 5, and is not shown", () =>
    Effect.gen(function* () {
      const { world } = yield* watched()
      const run = yield* world.nd(["run"], { env: { NIGHTLY_DISPATCH_ALERTS_DEAD_MAN: "hc-ping.com/SECRET-TOKEN" } })
      assert.strictEqual(run.code, 5)
      assert.match(run.stderr, /alerts\.deadMan: expected a web address in quotes, beginning with https:\/\//)
      assert.notInclude(run.stderr, "SECRET")
    })
  )
})
