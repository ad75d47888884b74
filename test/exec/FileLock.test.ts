import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Schema, type Scope } from "effect"
import * as fs from "node:fs/promises"
import * as os from "node:os"
import * as path from "node:path"
import { Exec, ProcessIdentity } from "../../src/exec/Exec.ts"
import { FileLockFailed, withFileLock } from "../../src/exec/FileLock.ts"
import * as NodeExec from "../../src/exec/NodeExec.ts"

const lockFile: Effect.Effect<string, never, Scope.Scope> = Effect.map(
  Effect.acquireRelease(
    Effect.promise(() => fs.mkdtemp(path.join(os.tmpdir(), "lock-test-"))),
    (directory) => Effect.promise(() => fs.rm(directory, { recursive: true, force: true }))
  ),
  (directory) => path.join(directory, "lock")
)
const held = (identity: ProcessIdentity) => Schema.encodeSync(Schema.parseJson(ProcessIdentity))(identity)
const write = (file: string, text: string) => Effect.promise(() => fs.writeFile(file, text))
const here = (file: string) => Effect.promise(() => fs.readdir(path.dirname(file)))

describe("withFileLock", () => {
  it.scopedLive("runs one effect at a time, and leaves no file behind", () =>
    Effect.gen(function* () {
      const file = yield* lockFile
      let inside = 0
      let most = 0
      const work = Effect.gen(function* () {
        most = Math.max(most, ++inside)
        yield* Effect.sleep("5 millis")
        inside--
      })
      yield* Effect.all(
        Array.from({ length: 12 }, () => withFileLock(file)(work)),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(most, 1)
      assert.isEmpty(yield* here(file))
    }).pipe(Effect.provide(NodeExec.layer))
  )

  it.scopedLive("takes over the lock of a dead process, and of a process before a reboot", () =>
    Effect.gen(function* () {
      const file = yield* lockFile
      const me = yield* Effect.flatMap(Exec, (exec) => exec.identify(process.pid))
      assert.isDefined(me)
      yield* write(file, held(ProcessIdentity.make({ ...me!, startedAt: "1" })))
      assert.strictEqual(yield* withFileLock(file, "2 seconds")(Effect.succeed("in")), "in")
      yield* write(file, held(ProcessIdentity.make({ ...me!, boot: "another" })))
      assert.strictEqual(yield* withFileLock(file, "2 seconds")(Effect.succeed("in")), "in")
      yield* write(file, "not a lock of ours")
      assert.strictEqual(yield* withFileLock(file, "2 seconds")(Effect.succeed("in")), "in")
    }).pipe(Effect.provide(NodeExec.layer))
  )

  it.scopedLive("waits for a living holder, then fails with the holder's pid", () =>
    Effect.gen(function* () {
      const file = yield* lockFile
      const me = yield* Effect.flatMap(Exec, (exec) => exec.identify(process.pid))
      yield* write(file, held(me!))
      const error = yield* Effect.flip(withFileLock(file, "200 millis")(Effect.void))
      assert.isTrue(error instanceof FileLockFailed && error.message.includes(`held by process ${process.pid}`))
      assert.strictEqual(yield* Effect.promise(() => fs.readFile(file, "utf8")), held(me!), "and its lock stays")
    }).pipe(Effect.provide(NodeExec.layer))
  )

  it.scopedLive("fails with the path when the directory is missing", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(withFileLock("/no/such/directory/lock", "100 millis")(Effect.void))
      assert.include(error.message, "/no/such/directory/lock")
    }).pipe(Effect.provide(NodeExec.layer))
  )

  it.scopedLive("is released when the effect fails", () =>
    Effect.gen(function* () {
      const file = yield* lockFile
      yield* Effect.flip(withFileLock(file)(Effect.fail("no")))
      assert.isEmpty(yield* here(file))
    }).pipe(Effect.provide(NodeExec.layer))
  )

  it.scopedLive("leaves no lock file behind, whenever its taker is interrupted", () =>
    Effect.gen(function* () {
      const file = yield* lockFile
      for (let turns = 0; turns < 40; turns++) {
        const fiber = yield* Effect.fork(withFileLock(file)(Effect.never))
        yield* Effect.sleep(turns % 20)
        yield* Fiber.interrupt(fiber)
        assert.isEmpty(yield* here(file))
      }
    }).pipe(Effect.provide(NodeExec.layer))
  )

  it.scopedLive("can be taken in a finalizer of an interrupted fiber", () =>
    Effect.gen(function* () {
      const file = yield* lockFile
      const done: Array<string> = []
      const putBack = withFileLock(file)(Effect.sync(() => done.push("put back")))
      const fiber = yield* Effect.fork(Effect.onInterrupt(Effect.never, () => Effect.orDie(putBack)))
      yield* Effect.sleep("10 millis")
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(done, ["put back"])
      assert.isEmpty(yield* here(file))
    }).pipe(Effect.provide(NodeExec.layer))
  )
})
