import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Schema, type Scope } from "effect"
import { spawn, spawnSync, type ChildProcess } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { KernelLockFailed, withKernelLock } from "../../src/exec/kernelLock.ts"
import * as NodeExec from "../../src/exec/NodeExec.ts"
import { eventually } from "../contract/support.ts"
import { processBundle } from "../processBundle.ts"
import { Orders, STARTS } from "./lockProcess.ts"

const lockFile: Effect.Effect<string, never, Scope.Scope> = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => fs.mkdtempSync(path.join(os.tmpdir(), "lock-test-"))),
    (directory) => Effect.sync(() => fs.rmSync(directory, { recursive: true, force: true }))
  ),
  (directory) => path.join(directory, "lock.db")
)
const taken = (file: string, wait: number) =>
  withKernelLock(file, wait)(Effect.succeed("in")).pipe(Effect.provide(NodeExec.layer))
const refusal = (file: string, wait = 0) =>
  Effect.flip(withKernelLock(file, wait)(Effect.void)).pipe(Effect.provide(NodeExec.layer))
const beside = (file: string) => fs.readdirSync(path.dirname(file))

describe("withKernelLock", () => {
  it.scopedLive("runs one effect at a time, and leaves only its file, which is empty and has mode 0600", () =>
    Effect.gen(function* () {
      const umask = process.umask(0o777)
      yield* Effect.addFinalizer(() => Effect.sync(() => process.umask(umask)))
      const file = yield* lockFile.pipe(Effect.tap(() => Effect.sync(() => process.umask(0))))
      let inside = 0
      let most = 0
      const work = Effect.gen(function* () {
        most = Math.max(most, ++inside)
        yield* Effect.sleep("5 millis")
        inside--
      })
      yield* Effect.all(
        Array.from({ length: 12 }, () => withKernelLock(file)(work)),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(most, 1)
      assert.deepStrictEqual(beside(file), ["lock.db"])
      assert.deepInclude(fs.statSync(file), { size: 0 })
      assert.strictEqual(fs.statSync(file).mode & 0o777, 0o600)
    }).pipe(Effect.provide(NodeExec.layer))
  )

  it.scopedLive("is free again when the effect fails, dies, or is interrupted at any time", () =>
    Effect.gen(function* () {
      const file = yield* lockFile
      yield* Effect.exit(withKernelLock(file)(Effect.fail("no")))
      yield* Effect.exit(withKernelLock(file)(Effect.die("no")))
      for (let turns = 0; turns < 40; turns++) {
        const fiber = yield* Effect.fork(withKernelLock(file)(Effect.never))
        yield* Effect.sleep(turns % 20)
        yield* Fiber.interrupt(fiber)
        assert.strictEqual(yield* taken(file, 0), "in")
        assert.deepStrictEqual(beside(file), ["lock.db"])
      }
    }).pipe(Effect.provide(NodeExec.layer))
  )

  it.scopedLive("can be taken in a finalizer of an interrupted fiber", () =>
    Effect.gen(function* () {
      const file = yield* lockFile
      const done: Array<string> = []
      const rollBack = withKernelLock(file)(Effect.sync(() => done.push("rolled back")))
      const fiber = yield* Effect.fork(Effect.onInterrupt(Effect.never, () => Effect.orDie(rollBack)))
      yield* Effect.sleep("10 millis")
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(done, ["rolled back"])
    }).pipe(Effect.provide(NodeExec.layer))
  )

  const broken: ReadonlyArray<readonly [string, RegExp, (file: string) => void]> = [
    ["its directory is missing", /ENOENT/, (file) => fs.rmSync(path.dirname(file), { recursive: true })],
    ["it is a link", /a symbolic link/, (file) => fs.symlinkSync("/etc/passwd", file)],
    ["it is a directory", /not a regular file/, (file) => fs.mkdirSync(file)],
    ["it is no database", /not a database: .*rm .*lock\.db/, (file) => fs.writeFileSync(file, "garbage")],
    ["its content is long", /not a database/, (file) => fs.writeFileSync(file, "garbage ".repeat(10_000))]
  ]
  for (const [when, words, spoil] of broken) {
    it.scopedLive(`is neither free nor held when ${when}: fails with the reason`, () =>
      Effect.gen(function* () {
        const file = yield* lockFile
        spoil(file)
        const error = yield* refusal(file, 200)
        assert(error instanceof KernelLockFailed)
        assert.strictEqual(error.reason, "unusable")
        assert.include(error.message, file)
        assert.match(error.message, words)
      })
    )
  }

  it.scopedLive("is not taken on a file system that is read-only", (context) =>
    Effect.gen(function* () {
      const directory = path.dirname(yield* lockFile)
      if (spawnSync("mount", ["-t", "tmpfs", "none", directory]).status !== 0) return context.skip("cannot mount here")
      yield* Effect.addFinalizer(() => Effect.sync(() => spawnSync("umount", ["-l", directory])))
      const file = path.join(directory, "lock.db")
      assert.strictEqual(yield* taken(file, 0), "in")
      spawnSync("mount", ["-o", "remount,ro", directory])
      const error = yield* refusal(file)
      assert.strictEqual(error.reason, "unusable")
      assert.match(error.message, /readonly/)
    })
  )
})

describe("a kernel lock among processes", () => {
  const bundle = processBundle({
    contents: `import { main } from "./lockProcess.ts"; await main(process.argv[2])`,
    directory: import.meta.dirname
  })

  interface Started {
    readonly child: ChildProcess
    readonly output: () => string
    readonly ended: Promise<number | null>
  }
  const encode = Schema.encodeSync(Orders)

  const start = (file: string, does: (typeof Orders.Type)["does"], ...prefix: ReadonlyArray<string>) =>
    Effect.acquireRelease(
      Effect.sync((): Started => {
        const [command = "", ...args] = [...prefix, process.execPath, bundle(), encode({ file, does })]
        const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] })
        let said = ""
        for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (said += String(data)))
        const ended = new Promise<number | null>((resolve) => child.once("close", resolve))
        return { child, output: () => said, ended }
      }),
      killed
    )
  const killed = ({ child, ended }: Started) =>
    Effect.promise(() => {
      child.kill("SIGKILL")
      return ended
    })
  const says = (started: Started, text: string) =>
    eventually(Effect.sync(started.output), (said) => said.includes(text), "30 seconds")

  it.scopedLive("is free at once when its holder is killed, also by a caller that does not wait", () =>
    Effect.gen(function* () {
      const file = yield* lockFile
      for (let round = 0; round < 3; round++) {
        const holder = yield* start(file, "hold")
        yield* says(holder, "held")
        const error = yield* refusal(file)
        assert.strictEqual(error.message, `lock ${file}: held by process ${holder.child.pid}`)
        assert.strictEqual(error.holder?.process.pid, holder.child.pid)
        yield* killed(holder)
        assert.strictEqual(yield* taken(file, 0), "in")
      }
    })
  )

  it.scopedLive("stays with a stopped holder, and with one whose holder file is gone or wrong", () =>
    Effect.gen(function* () {
      const file = yield* lockFile
      const holder = yield* start(file, "hold")
      yield* says(holder, "held")
      holder.child.kill("SIGSTOP")
      assert.strictEqual((yield* refusal(file, 300)).reason, "held")
      fs.writeFileSync(`${file}.holder`, "garbage")
      assert.strictEqual((yield* refusal(file)).message, `lock ${file}: held by another process`)
      fs.rmSync(`${file}.holder`)
      assert.strictEqual((yield* refusal(file)).message, `lock ${file}: held by another process`)
    })
  )

  it.scopedLive("stays held when other fibers of the holder's process fail to take it", () =>
    Effect.gen(function* () {
      const file = yield* lockFile
      const work = Effect.gen(function* () {
        for (let tries = 0; tries < 10; tries++) assert.strictEqual((yield* refusal(file)).reason, "held")
        yield* says(yield* start(file, "try"), "held")
      })
      yield* Effect.provide(withKernelLock(file)(work), NodeExec.layer)
    })
  )

  it.scopedLive("goes to exactly one of several processes that start at once, also on a fresh file", () =>
    Effect.gen(function* () {
      const file = yield* lockFile
      const all = yield* Effect.all([1, 2, 3].map(() => start(file, "starts")))
      for (const one of all) yield* says(one, "ready")
      for (let round = 0; round < STARTS; round++) {
        fs.writeFileSync(`${file}.go${round}`, "")
        const answer = new RegExp(`^${round} (.*)$`, "m")
        const answers = yield* Effect.forEach(all, ({ output }) =>
          eventually(
            Effect.sync(() => answer.exec(output())?.[1] ?? ""),
            (said) => said !== "",
            "30 seconds"
          )
        )
        assert.deepStrictEqual([...answers].sort(), ["got it", "held", "held"])
      }
    })
  )

  it.scopedLive("is in one process at a time over many rounds", () =>
    Effect.gen(function* () {
      const file = yield* lockFile
      const all = yield* Effect.all([1, 2, 3].map(() => start(file, "rounds")))
      for (const one of all) assert.strictEqual(yield* Effect.promise(() => one.ended), 0, one.output())
      const lines = fs.readFileSync(`${file}.log`, "utf8").trim().split("\n")
      assert.lengthOf(lines, 3 * 60 * 2)
      for (let at = 0; at < lines.length; at += 2) assert.strictEqual(lines[at + 1], lines[at]?.replace("in", "out"))
    })
  )

  it.scopedLive("excludes another pid namespace", (context) =>
    Effect.gen(function* () {
      const namespace = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
      if (spawnSync("unshare", [...namespace.slice(1), "true"]).status !== 0)
        return context.skip("unshare is not allowed")
      const file = yield* lockFile
      const holder = yield* start(file, "hold", ...namespace)
      yield* says(holder, "held")
      assert.strictEqual((yield* refusal(file, 200)).reason, "held")
      yield* killed(holder)
      assert.strictEqual(yield* taken(file, 5_000), "in")
    })
  )
})
