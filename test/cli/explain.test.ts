import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Schema } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { ExplainView } from "../../src/report/explain/view.ts"
import { eventually } from "../contract/support.ts"
import { machine } from "./world.ts"

/** A busy machine needs this long. */
const TIMEOUT = 90_000
const decode = Schema.decodeUnknownSync(Schema.parseJson(ExplainView))

/** A machine whose agent runs the first script, waits for `goOn`, then runs the second. */
const withAgent = (first: string, second = "exit 0") =>
  Effect.gen(function* () {
    const host = yield* machine([
      { id: "shop-9fd", title: "Prices show NaN" },
      { id: "shop-4k2", title: "The cart loses a row", priority: 2 }
    ])
    const config = path.join(host.root, "settings.yaml")
    const gate = path.join(host.root, "go-on")
    const script = `${first}; while [ ! -e '${gate}' ]; do sleep 0.1; done; ${second}`
    const settings = { providers: [{ name: "my-agent", command: ["sh", "-c", script] }], watch: "never" }
    fs.writeFileSync(config, JSON.stringify(settings))
    const env = { NIGHTLY_DISPATCH_CONFIG: config, NIGHTLY_DISPATCH_RUNNER_BACKEND: "local" }
    const goOn = Effect.sync(() => fs.writeFileSync(gate, ""))
    return { ...host, goOn, nd: (...args: ReadonlyArray<string>) => host.nd(args, { env }) }
  })

describe.concurrent("nightly-dispatch explain", () => {
  it.scopedLive(
    "tells of a bug before its first run, while its job runs, and after it failed; and makes no state directory",
    () =>
      Effect.gen(function* () {
        const { goOn, nd, root } = yield* withAgent(`echo 'npm ERR! missing script: "test"'`, "exit 3")
        const explained = Effect.map(nd("explain", "shop-9fd", "--json"), ({ stdout }) => decode(stdout))

        const first = yield* nd("explain", "shop-9fd")
        assert.strictEqual(first.code, 0)
        assert.include(
          first.stdout,
          "shop-9fd  P1 bug · open · Prices show NaN\nNOW: the next run would take it, 1st of 1"
        )
        assert.deepStrictEqual(fs.readdirSync(path.join(root, "state")), [])
        const other = yield* nd("explain", "shop-4k2")
        assert.include(other.stdout, "NOW: left alone: P2, taken up to P1")

        assert.strictEqual((yield* nd("run")).code, 0)
        const running = yield* eventually(explained, ({ log }) => log?.lines.length === 1, "20 seconds")
        assert.strictEqual(running.now.reason, "running")
        assert.include(
          running.commands.map(({ args }) => args),
          "logs shop-9fd -f"
        )
        assert.deepStrictEqual(running.log?.lines, ['npm ERR! missing script: "test"'])

        yield* goOn
        const failed = yield* eventually(
          Effect.zipRight(nd("settle"), explained),
          ({ attempts }) => attempts.at(-1)?.end !== undefined,
          "60 seconds"
        )
        // A job that ends so soon is its provider's fault: the bug need not wait.
        assert.deepStrictEqual([failed.now.verdict, failed.attempts.at(-1)?.end], ["chosen", "failed"])
        assert.include(failed.failures[0]?.words, 'npm ERR! missing script: "test"')
        const text = yield* nd("explain", "shop-9fd", "--all")
        for (const part of ["claimed, read back: ours", "my-agent: started, pid", "logs shop-9fd", "WHY IT FAILED"]) {
          assert.include(text.stdout, part)
        }
      }),
    TIMEOUT
  )

  it.scopedLive(
    "names near ids for an unknown one, and tells a malformed one from it",
    () =>
      Effect.gen(function* () {
        const { nd } = yield* withAgent("true")
        const unknown = yield* nd("explain", "shop-9fe")
        assert.deepStrictEqual([unknown.code, unknown.stdout], [1, ""])
        assert.include(
          unknown.stderr,
          "shop-9fe: no such bug in the tracker, and none in the journal. Near: shop-9fd\n"
        )
        const inJson = yield* nd("explain", "shop-9fe", "--json")
        assert.strictEqual(inJson.code, 1)
        assert.deepInclude(JSON.parse(inJson.stdout).error, { where: "shop-9fe", exit: 1 })
        const malformed = yield* nd("explain", "no_id")
        assert.strictEqual(malformed.code, 2)
        assert.include(`${malformed.stdout}${malformed.stderr}`, "an issue id looks like bd-a1b2")
      }),
    TIMEOUT
  )
})

describe.concurrent("nightly-dispatch logs", () => {
  it.scopedLive(
    "prints the end of the log without secrets and escape codes, follows it until the job ends, and says why there is none",
    () =>
      Effect.gen(function* () {
        const secret = "ghp_0123456789abcdefghijklmnopqrstuvwxyz"
        const { goOn, nd } = yield* withAgent(`printf 'one\\ntwo\\n\\033[31mkey ${secret}\\033[0m\\n'`, "echo done")
        const none = yield* nd("logs", "shop-9fd")
        assert.deepStrictEqual([none.code, none.stdout], [1, ""])
        assert.include(none.stderr, "shop-9fd: there is no log of it: it was never tried")

        assert.strictEqual((yield* nd("run")).code, 0)
        const follower = yield* Effect.fork(nd("logs", "shop-9fd", "-f"))
        const shown = yield* eventually(
          nd("logs", "shop-9fd", "--lines", "2"),
          ({ stdout }) => stdout.includes("key"),
          "20 seconds"
        )
        assert.deepStrictEqual([shown.code, shown.stdout], [0, "two\nkey [redacted]\n"])
        yield* goOn
        const followed = yield* Fiber.join(follower)
        assert.deepStrictEqual([followed.code, followed.stdout], [0, "one\ntwo\nkey [redacted]\ndone\n"])

        const other = yield* nd("logs", "shop-9fd", "--attempt", "7")
        assert.strictEqual(other.code, 1)
        assert.include(other.stderr, "shop-9fd: the journal has no attempt 7 at it: it has 1")
        assert.strictEqual((yield* nd("logs", "shop-9fd", "--lines", "0")).code, 2)
      }),
    TIMEOUT
  )
})
