import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import * as fs from "node:fs/promises"
import * as path from "node:path"
import { WebhookMessage } from "../../src/alerts/channels/WebhookMessage.ts"
import { serverThat, status, type Answer } from "../alerts/server.ts"
import { machine, type Machine } from "./world.ts"

const messageOf = Schema.decodeUnknownSync(Schema.parseJson(WebhookMessage))

/** A machine whose messages go to a webhook, and its tracker, which can be broken and mended. */
const told = (answer: Answer = status(200, "OK")) =>
  Effect.gen(function* () {
    const world = yield* machine([])
    const { address, got } = yield* serverThat(answer)
    const env = { NIGHTLY_DISPATCH_ALERTS_WEBHOOK: String(address), NIGHTLY_DISPATCH_BEADS_BACKEND: "jsonl" }
    const tracker = (text: string) =>
      Effect.promise(() => fs.writeFile(path.join(world.root, "beads/issues.jsonl"), text))
    const messages = () => got.map(({ body }) => messageOf(body)).map(({ change, kind }) => `${change} ${kind}`)
    yield* tracker("")
    return { world, env, got, messages, breaks: tracker("<<<<<<< HEAD\n"), mends: tracker("") }
  })

const nd = (world: Machine, env: Record<string, string>, ...args: ReadonlyArray<string>) => world.nd(args, { env })

describe("alerts", () => {
  it.scopedLive("tell once what a run found, and once that it is over; a dry run and `status` tell nothing", () =>
    Effect.gen(function* () {
      const { breaks, env, got, mends, messages, world } = yield* told()
      yield* breaks
      assert.strictEqual((yield* nd(world, env, "run", "--dry-run")).code, 4)
      yield* nd(world, env, "status")
      assert.deepStrictEqual(messages(), [])
      const run = yield* world.program(["run"], { env })
      assert.strictEqual(run.code, 4, run.stderr)
      assert.deepStrictEqual(messages(), ["raised tracker"])
      assert.match(
        run.stderr,
        /^ts=\S+ run=\S+ 🔔 ALERT kind=tracker change=raised beads=none what="the tracker cannot be read: /m
      )
      assert.strictEqual((yield* nd(world, env, "run")).code, 4)
      assert.strictEqual((yield* nd(world, env, "alerts", "deliver")).code, 0)
      yield* mends
      assert.strictEqual((yield* nd(world, env, "run")).code, 0)
      assert.deepStrictEqual(messages(), ["raised tracker", "recovered tracker"])
      assert.include(got[0]?.body, "conflict")
      assert.notInclude(run.stdout + run.stderr, "SECRET")
    })
  )

  it.scopedLive(
    "wait in the outbox for a channel that is down, which costs a run two seconds, and `status` says so",
    () =>
      Effect.gen(function* () {
        let isUp = false
        const { breaks, env, got, world } = yield* told((response) => {
          if (isUp) response.writeHead(200).end()
        })
        yield* breaks
        const begin = Date.now()
        assert.strictEqual((yield* nd(world, env, "run")).code, 4)
        assert.isBelow(Date.now() - begin, 8000)
        const shown = yield* nd(world, env, "status")
        assert.match(shown.stdout, /1 alert waits for webhook: no answer/)
        assert.include(shown.stdout, "nightly-dispatch alerts test")
        // The next try is a minute away.
        isUp = true
        assert.strictEqual((yield* nd(world, env, "alerts", "deliver")).code, 0)
        assert.lengthOf(got, 1)
      })
  )

  it.scopedLive("tell of a run that could not begin: once, again if that changes, and that runs begin again", () =>
    Effect.gen(function* () {
      const { env, got, messages, world } = yield* told()
      const lock = path.join(world.root, "state/lock.db")
      const run = (more: Record<string, string> = {}) => nd(world, { ...env, ...more }, "run")
      assert.strictEqual((yield* run()).code, 0)
      assert.deepStrictEqual(messages(), [])
      yield* Effect.promise(() => fs.rename(lock, `${lock}.good`))
      yield* Effect.promise(() => fs.writeFile(lock, "not a lock"))
      assert.strictEqual((yield* run()).code, 6)
      assert.strictEqual((yield* run()).code, 6)
      assert.deepStrictEqual(messages(), ["raised state"])
      const first = yield* Effect.promise(() => fs.readFile(path.join(world.root, "state/not-begun.json"), "utf8"))
      assert.match(first, /a run could not begin: /)
      yield* Effect.promise(() => fs.rename(`${lock}.good`, lock))
      const elsewhere = { NIGHTLY_DISPATCH_REPO_PATH: path.join(world.root, "nowhere") }
      assert.strictEqual((yield* nd(world, { ...env, ...elsewhere }, "run", "--dry-run")).code, 5)
      assert.strictEqual((yield* run(elsewhere)).code, 5)
      assert.strictEqual((yield* run(elsewhere)).code, 5)
      assert.deepStrictEqual(messages().slice(1).toSorted(), ["raised run_failed", "recovered state"])
      assert.include(got.map(({ body }) => body).join(""), "a run could not begin: ")
      const good = yield* run()
      assert.strictEqual(good.code, 0, good.stderr)
      assert.deepStrictEqual(messages().slice(3), ["recovered run_failed"])
      assert.strictEqual((yield* run()).code, 0)
      assert.lengthOf(got, 4)
    })
  )

  it.scopedLive("tell of a state directory that cannot be used with each run, because nothing can be kept", () =>
    Effect.gen(function* () {
      const { env, messages, world } = yield* told()
      yield* Effect.promise(() => fs.writeFile(path.join(world.root, "file"), ""))
      const broken = { ...env, NIGHTLY_DISPATCH_STATE_DIR: path.join(world.root, "file") }
      assert.strictEqual((yield* nd(world, broken, "run")).code, 6)
      assert.strictEqual((yield* nd(world, broken, "run")).code, 6)
      assert.deepStrictEqual(messages(), ["raised state", "raised state"])
    })
  )

  it.scopedLive("a run that could not begin waits two seconds for a channel, and the next one tells it", () =>
    Effect.gen(function* () {
      let isUp = false
      const { env, got, world } = yield* told((response) => {
        if (isUp) response.writeHead(200).end()
      })
      assert.strictEqual((yield* nd(world, env, "run")).code, 0)
      yield* Effect.promise(() => fs.writeFile(path.join(world.root, "state/lock.db"), "not a lock"))
      const down = yield* nd(world, env, "run")
      assert.strictEqual(down.code, 6)
      assert.match(down.stderr, /alerts: webhook \(127\.0\.0\.1:\d+\) did not take a message: no answer/)
      isUp = true
      assert.strictEqual((yield* nd(world, env, "run")).code, 6)
      assert.lengthOf(got, 2)
      assert.strictEqual((yield* nd(world, env, "run")).code, 6)
      assert.lengthOf(got, 2)
    })
  )

  it.scopedLive("are sent by one of many processes that look at once", () =>
    Effect.gen(function* () {
      const { breaks, env, got, messages, world } = yield* told()
      yield* breaks
      assert.strictEqual((yield* nd(world, { ...env, NIGHTLY_DISPATCH_ALERTS_WEBHOOK: "" }, "run")).code, 4)
      const deliver = world.program(["alerts", "deliver"], { env })
      const all = yield* Effect.all([deliver, deliver, deliver, deliver], { concurrency: "unbounded" })
      for (const { code, stderr } of all) assert.strictEqual(code, 0, stderr)
      assert.deepStrictEqual(messages(), ["raised tracker"])
      assert.lengthOf(got, 1)
    })
  )

  it.scopedLive("`alerts test` tries each channel and says what came back, without its address", () =>
    Effect.gen(function* () {
      const { env, got, messages, world } = yield* told()
      const none = yield* nd(world, {}, "alerts", "test")
      assert.strictEqual(none.code, 1)
      assert.include(none.stdout, "no channel is set: nobody is told of anything")
      const good = yield* nd(world, env, "alerts", "test")
      assert.strictEqual(good.code, 0, good.stdout)
      assert.match(good.stdout, /webhook +127\.0\.0\.1\S* +sent/)
      assert.deepStrictEqual(messages(), ["test test"])
      assert.lengthOf(got, 1)
    })
  )

  it.scopedLive("`alerts test` fails with what the server said", () =>
    Effect.gen(function* () {
      const { env, world } = yield* told(status(404, "no_service"))
      const both = { ...env, NIGHTLY_DISPATCH_ALERTS_COMMAND: "true" }
      const tried = yield* nd(world, both, "alerts", "test", "--json")
      assert.strictEqual(tried.code, 1)
      const { channels } = JSON.parse(tried.stdout)
      assert.deepInclude(channels[0], { channel: "webhook", sent: 0 })
      assert.match(channels[0].failed, /404.*no_service/)
      assert.deepInclude(channels[1], { channel: "command", sent: 1 })
      assert.notInclude(tried.stdout + tried.stderr, "SECRET")
    })
  )
})
