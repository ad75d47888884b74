import { assert, describe, it } from "@effect/vitest"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { Effect, Layer, type Scope } from "effect"
import { spawn } from "node:child_process"
import * as fs from "node:fs"
import * as net from "node:net"
import * as os from "node:os"
import * as path from "node:path"
import type { Exec } from "../../src/exec/Exec.ts"
import * as NodeExec from "../../src/exec/NodeExec.ts"
import { jobEnvironment } from "../../src/runner/jobEnvironment.ts"
import { makeJobTemp } from "../../src/runner/jobTemp.ts"
import { eventually, newAttempt } from "../contract/support.ts"

const platform = Layer.merge(NodeExec.layer, NodeFileSystem.layer)
const scratch = Effect.acquireRelease(
  Effect.sync(() => fs.mkdtempSync(path.join(os.tmpdir(), "nd-temp-"))),
  (directory) => Effect.sync(() => fs.rmSync(directory, { recursive: true, force: true }))
)
const withTemp = <A, E>(
  body: (
    temp: Effect.Effect.Success<ReturnType<typeof makeJobTemp>>,
    tempDir: string
  ) => Effect.Effect<A, E, Exec | Scope.Scope>
) =>
  Effect.gen(function* () {
    const tempDir = yield* scratch
    return yield* body(yield* makeJobTemp(tempDir), tempDir)
  }).pipe(Effect.provide(platform))

/** A process that carries the attempt, until the scope closes. */
const carrier = (env: Readonly<Record<string, string>>) =>
  Effect.acquireRelease(
    Effect.async<ReturnType<typeof spawn>>((resume) => {
      const child = spawn("sleep", ["60"], { env: { ...process.env, ...env }, stdio: "ignore" })
      child.once("spawn", () => resume(Effect.succeed(child)))
    }),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )

describe("the temporary directory of a job", () => {
  it.scopedLive("is its own, mode 0700, below the system's, with a path short enough for a socket", () =>
    withTemp((temp, tempDir) =>
      Effect.gen(function* () {
        const made = yield* temp.make(newAttempt())
        assert.strictEqual(path.dirname(made.directory), tempDir)
        assert.strictEqual(fs.statSync(made.directory).mode & 0o777, 0o700)
        assert.isBelow(made.tmp.length - tempDir.length, 45)
        const socket = yield* Effect.async<net.Server>((resume) => {
          const server = net
            .createServer()
            .listen(path.join(made.tmp, "agent.sock"), () => resume(Effect.succeed(server)))
        })
        socket.close()
        assert.notStrictEqual((yield* temp.make(newAttempt())).directory, made.directory)
      })
    )
  )

  it.scopedLive("goes when the attempt has ended, found by the attempt alone, and only this one", () =>
    withTemp((temp, tempDir) =>
      Effect.gen(function* () {
        const [attempt, other] = [newAttempt(), newAttempt()]
        const { directory, tmp } = yield* temp.make(attempt)
        fs.writeFileSync(path.join(tmp, "5-megabytes"), "x")
        const kept = yield* temp.make(other)
        yield* (yield* Effect.provide(makeJobTemp(tempDir), platform)).end(attempt)
        assert.isFalse(fs.existsSync(directory))
        assert.isTrue(fs.existsSync(kept.tmp))
      })
    )
  )

  it.scopedLive("stays while a process of the attempt lives on, and goes at a later start", () =>
    withTemp((temp) =>
      Effect.gen(function* () {
        const attempt = newAttempt()
        const made = yield* temp.make(attempt)
        const daemon = yield* carrier(jobEnvironment(attempt, made))
        yield* temp.end(attempt)
        yield* temp.make(newAttempt())
        assert.isTrue(fs.existsSync(made.tmp), "a daemon may use it")
        daemon.kill("SIGKILL")
        const gone = Effect.as(temp.make(newAttempt()), undefined).pipe(
          Effect.map(() => !fs.existsSync(made.directory))
        )
        yield* eventually(gone, (is) => is)
      })
    )
  )

  it.scopedLive("whose end nobody noted goes after a week, unless a process of the attempt lives on", () =>
    withTemp((temp) =>
      Effect.gen(function* () {
        const [young, forgotten, working] = [newAttempt(), newAttempt(), newAttempt()]
        const directories = new Map<string, string>()
        for (const attempt of [young, forgotten, working]) {
          const made = yield* temp.make(attempt)
          directories.set(attempt, made.directory)
          if (attempt === working) yield* carrier(jobEnvironment(working, made))
        }
        const eightDaysAgo = Date.now() / 1000 - 8 * 86_400
        for (const attempt of [forgotten, working]) {
          fs.utimesSync(directories.get(attempt) ?? "", eightDaysAgo, eightDaysAgo)
        }
        yield* temp.make(newAttempt())
        const left = [young, forgotten, working].filter((attempt) => fs.existsSync(directories.get(attempt) ?? ""))
        assert.deepStrictEqual(left, [young, working])
      })
    )
  )

  it.scopedLive("of a job that has not ended is not swept, nor what is another's or no directory", () =>
    withTemp((temp, tempDir) =>
      Effect.gen(function* () {
        const open = yield* temp.make(newAttempt())
        for (const name of ["nightly-dispatch-job-notours", "nightly-dispatch-abc123"]) {
          fs.mkdirSync(path.join(tempDir, name))
          fs.writeFileSync(path.join(tempDir, name, "ended"), newAttempt())
        }
        fs.mkdirSync(path.join(tempDir, "target"))
        fs.writeFileSync(path.join(tempDir, "target/ended"), newAttempt())
        fs.symlinkSync(path.join(tempDir, "target"), path.join(tempDir, "nightly-dispatch-job-0123456789ab"))
        yield* temp.make(newAttempt())
        for (const name of ["nightly-dispatch-job-notours", "nightly-dispatch-abc123", "target"])
          assert.isTrue(fs.existsSync(path.join(tempDir, name)), name)
        assert.isTrue(fs.existsSync(open.tmp))
      })
    )
  )

  it.scopedLive("is refused where another put a link", () =>
    withTemp((temp, tempDir) =>
      Effect.gen(function* () {
        const attempt = newAttempt()
        const { directory } = yield* temp.make(attempt)
        fs.rmSync(directory, { recursive: true })
        fs.mkdirSync(path.join(tempDir, "target"))
        fs.symlinkSync(path.join(tempDir, "target"), directory)
        const refused = yield* Effect.flip(temp.make(attempt))
        assert.deepStrictEqual([refused._tag, refused.blame], ["RunnerFailed", "host"])
        yield* temp.end(attempt)
        assert.isTrue(fs.existsSync(path.join(tempDir, "target")))
      })
    )
  )
})

describe("the temporary directory of a call", () => {
  it.scopedLive("goes with the call; what a killed program left goes after a day", () =>
    withTemp((temp, tempDir) =>
      Effect.gen(function* () {
        const used = yield* Effect.scoped(
          Effect.tap(temp.forCall, (directory) => Effect.sync(() => fs.writeFileSync(path.join(directory, "x"), "")))
        )
        assert.isFalse(fs.existsSync(used))
        const [fresh, old] = ["nightly-dispatch-call-fresh1", "nightly-dispatch-call-old123"].map((name) =>
          path.join(tempDir, name)
        )
        for (const directory of [fresh, old]) fs.mkdirSync(directory ?? "")
        const yesterday = Date.now() / 1000 - 25 * 3600
        fs.utimesSync(old ?? "", yesterday, yesterday)
        yield* temp.make(newAttempt())
        assert.deepStrictEqual([fs.existsSync(fresh ?? ""), fs.existsSync(old ?? "")], [true, false])
      })
    )
  )
})
