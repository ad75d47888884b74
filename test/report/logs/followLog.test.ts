import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Ref } from "effect"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { followLog } from "../../../src/report/logs/followLog.ts"
import { logTail } from "../../../src/report/logs/logTail.ts"
import { eventually } from "../../contract/support.ts"

const temporary = Effect.acquireRelease(
  Effect.sync(() => fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), "nd-log-"))),
  (directory) => Effect.sync(() => fs.rmSync(directory, { recursive: true }))
)
const logWith = (content: string) =>
  Effect.map(temporary, (directory) => {
    const at = path.join(directory, "log")
    fs.writeFileSync(at, content)
    return at
  })

describe("the end of a log", () => {
  it.scopedLive("has the last lines of a log of many GB, and not the half of a line", () =>
    Effect.gen(function* () {
      const at = yield* logWith("")
      // The hole takes no room.
      fs.truncateSync(at, 2 * 1024 ** 3)
      fs.appendFileSync(at, "\none\ntwo\nthree\n")
      const tail = yield* logTail(at, 2, true)
      assert.deepStrictEqual(tail?.lines, ["two", "three"])
    })
  )

  it.scopedLive("shows no end of a secret that the read part cuts in two", () =>
    Effect.gen(function* () {
      const secret = "ghp_0123456789abcdefghijklmnopqrstuvwxyz"
      const [half, rest] = [secret.slice(20), "\nlast\n"]
      // The last 256 KiB are read.
      const filler = `\n${"z".repeat(1000)}`.repeat(261).slice(0, 256 * 1024 - half.length - rest.length)
      const at = yield* logWith(`${secret}${filler}${rest}`)
      const { lines } = (yield* logTail(at, 256, true)) ?? assert.fail("no log")
      assert.strictEqual(lines.at(-1), "last")
      assert.notInclude(lines.join("\n"), half)
      assert.match(lines[0] ?? "", /^z+$/)
    })
  )

  it.scopedLive("has an unfinished line only if nothing follows", () =>
    Effect.gen(function* () {
      const at = yield* logWith("one\ntw")
      assert.deepStrictEqual((yield* logTail(at, 5, true))?.lines, ["one", "tw"])
      assert.deepStrictEqual((yield* logTail(at, 5, false))?.lines, ["one"])
    })
  )

  it.scopedLive("of a log that is gone is undefined", () =>
    Effect.gen(function* () {
      assert.isUndefined(yield* logTail("/nowhere/log", 5, true))
    })
  )
})

describe("following a log", () => {
  it.scopedLive("goes on in an unfinished line, survives a cut and a replaced log, and ends with the job", () =>
    Effect.gen(function* () {
      const at = yield* logWith("one\ntw")
      const tail = (yield* logTail(at, 5, false)) ?? assert.fail("no log")
      const [printed, over] = yield* Effect.all([Ref.make<ReadonlyArray<string>>([]), Deferred.make<boolean>()])
      const follower = yield* Effect.fork(
        followLog({
          path: at,
          tail,
          isOver: Deferred.isDone(over),
          print: (lines) => Ref.update(printed, (all) => [...all, ...lines])
        })
      )
      const shows = (line: string) => eventually(Ref.get(printed), (lines) => lines.includes(line), "20 seconds")
      fs.appendFileSync(at, "o\n")
      yield* shows("two")
      fs.writeFileSync(at, "3\n")
      yield* shows("3")
      fs.rmSync(at)
      yield* Effect.sleep("600 millis")
      fs.writeFileSync(at, "a new log\n")
      yield* shows("a new log")
      fs.appendFileSync(at, "last")
      yield* Deferred.succeed(over, true)
      yield* Fiber.join(follower)
      assert.deepStrictEqual(yield* Ref.get(printed), ["two", "3", "a new log", "last"])
    })
  )
})
