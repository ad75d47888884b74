import { assert, describe, it } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import * as fs from "node:fs/promises"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import { stopProcess } from "../stopProcess.ts"
import { machine, PROGRAM, watcherOf, type Bug } from "./world.ts"

const BUGS = [{ id: "bd-1", title: "the parser loses the last row", priority: 0 }]
const TWO_BUGS = [...BUGS, { id: "bd-2", title: "totals are rounded twice" }]
const MODULES = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../../node_modules")

/** A machine whose local agents work until the file `done` is there, and whose runs start watchers. */
const watchedWith = Effect.fnUntraced(function* (bugs: ReadonlyArray<Bug>) {
  const world = yield* machine(bugs)
  const at = (name: string) => path.join(world.root, name)
  const agent = `while ! [ -e '${at("done")}' ]; do sleep 0.1; done; echo x >work`
  const settings = { providers: [{ name: "mine", command: ["sh", "-c", agent] }], runner: { backend: "local" } }
  yield* Effect.promise(() => fs.writeFile(at("settings.json"), JSON.stringify(settings)))
  const env = {
    NIGHTLY_DISPATCH_WATCH: "auto",
    NIGHTLY_DISPATCH_CONFIG: at("settings.json"),
    FAKE_BD_VERSION: "1.2.1"
  }
  const pid = Effect.promise(() => watcherOf(world.root))
  const isAlive = (pid: number) =>
    Effect.sync(() => {
      try {
        process.kill(pid, 0)
        return true
      } catch {
        return false
      }
    })
  return {
    ...world,
    at,
    pid,
    isAlive,
    env,
    log: world.file("state/watch.log"),
    call: (...args: ReadonlyArray<string>) => world.program(args, { env }),
    finish: Effect.promise(() => fs.writeFile(at("done"), "")),
    assignee: Effect.map(world.issues, (issues) => issues["bd-1"]?.assignee)
  }
})

const watched = watchedWith(BUGS)
type Watched = Effect.Effect.Success<typeof watched>

/** Waits up to 80 s. A watcher makes a step each 15 seconds. */
const until = <A>(found: Effect.Effect<A>, isRight: (value: A) => boolean, what: string) =>
  found.pipe(
    Effect.repeat({
      until: isRight,
      schedule: Schedule.intersect(Schedule.spaced("200 millis"), Schedule.recurs(400))
    }),
    Effect.flatMap(() => found),
    Effect.tap((value) => assert.isTrue(isRight(value), `${what}: ${String(value)}`))
  )

const untilGone = ({ isAlive }: Watched, pid: number) => until(isAlive(pid), (alive) => !alive, `process ${pid} lives`)

const startedWith = Effect.fnUntraced(function* (bugs: ReadonlyArray<Bug>) {
  const world = yield* watchedWith(bugs)
  const run = yield* world.call("run")
  assert.strictEqual(run.code, 0, run.stderr)
  assert.match(run.stderr, /the watcher: process \d+, since /)
  const pid = yield* world.pid
  assert(pid !== undefined)
  return { ...world, watcher: pid }
})

const started = startedWith(BUGS)

/** Seconds of a processor that a process has used. Linux counts hundredths. */
const cpuOf = (pid: number) =>
  Effect.promise(async () => {
    const stat = await fs.readFile(`/proc/${pid}/stat`, "utf8")
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    return (Number(fields[11]) + Number(fields[12])) / 100
  })

describe("the watcher as a process", { concurrent: true, timeout: 240_000 }, () => {
  it.scopedLive("is started by a run, has the place alone, settles the job when it ends, and ends by itself", () =>
    Effect.gen(function* () {
      const world = yield* started
      const second = yield* world.call("watch", "--json")
      assert.strictEqual(second.code, 0, second.stderr)
      assert.deepInclude(JSON.parse(second.stdout), { end: "another", settled: [] })
      const again = yield* world.call("run")
      assert.strictEqual(yield* world.pid, world.watcher, again.stderr)
      yield* world.finish
      yield* untilGone(world, world.watcher)
      assert.isUndefined(yield* world.assignee)
      const log = yield* world.log
      for (const line of ["watching 1 job(s): bd-1", "settled bd-1 ", "the watcher ends: nothing is left to watch"])
        assert.include(log, line)
      assert.strictEqual((yield* Effect.promise(() => fs.stat(world.at("state/watch.log")))).mode & 0o777, 0o600)
      assert.isUndefined(yield* world.pid)
    })
  )

  it.scopedLive(
    "may be killed: the next settle starts another; SIGTERM ends it and leaves claim and job as they are",
    () =>
      Effect.gen(function* () {
        const world = yield* started
        process.kill(world.watcher, "SIGKILL")
        yield* untilGone(world, world.watcher)
        const doctor = yield* world.call("doctor")
        assert.match(
          doctor.stdout,
          /\n !! {2}watcher {5}none, and one job is not settled: nothing renews [^]*mend: nightly-dispatch settle\n/,
          doctor.stdout + doctor.stderr
        )
        const settle = yield* world.call("settle")
        assert.match(settle.stdout, /bd-1 .*running/)
        const next = yield* world.pid
        assert(next !== undefined && next !== world.watcher)
        const assignee = yield* world.assignee
        assert.isDefined(assignee)
        process.kill(next, "SIGTERM")
        yield* untilGone(world, next)
        assert.isUndefined(yield* world.pid)
        assert.strictEqual(yield* world.assignee, assignee)
        const log = yield* world.log
        assert.include(log, "the watcher was interrupted; the next run settles what is left")
      })
  )

  it.scopedLive("that is stopped is named with what to do, by a run, by preflight and by doctor", () =>
    Effect.gen(function* () {
      const world = yield* started
      yield* stopProcess(world.watcher)
      const what = `is stopped by a signal, as after Ctrl-Z; to let it go on: kill -CONT ${world.watcher}`
      assert.include((yield* world.call("run")).stderr, what)
      const preflight = yield* world.call("preflight")
      assert.include(preflight.stdout, what)
      const json = yield* world.call("preflight", "--json")
      assert.strictEqual(JSON.parse(json.stdout).watcher.state, "stopped")
      const doctor = yield* world.call("doctor")
      assert.match(doctor.stdout, new RegExp(`\\n XX  watcher [^]*mend: kill -CONT ${world.watcher}\\n`))
      process.kill(world.watcher, "SIGCONT")
    })
  )

  it.scopedLive("is not started with `watch: never`, in a dry run, or when no job is left", () =>
    Effect.gen(function* () {
      const world = yield* watched
      const dry = yield* world.call("run", "--dry-run")
      assert.notInclude(dry.stderr, "the watcher")
      const never = yield* world.program(["run"], { env: { ...world.env, NIGHTLY_DISPATCH_WATCH: "never" } })
      assert.match(
        never.stderr,
        /leases until .*, and no watcher renews them after this run \(the setting watch is never\)/
      )
      yield* world.finish
      yield* Effect.sleep("1 second")
      yield* world.call("settle")
      assert.strictEqual(yield* world.log, "")
    })
  )

  it.scopedLive(
    "hands over to a program that was installed in its place, and goes on without its files until then",
    () =>
      Effect.gen(function* () {
        const world = yield* watched
        const app = world.at("app")
        yield* Effect.promise(async () => {
          await fs.mkdir(path.join(app, "node_modules"), { recursive: true })
          await fs.cp(path.dirname(PROGRAM), path.join(app, "dist"), { recursive: true })
          await fs.symlink(path.join(MODULES, "libsql"), path.join(app, "node_modules/libsql"))
        })
        const call = (...args: ReadonlyArray<string>) =>
          world.program(args, { env: world.env, program: path.join(app, "dist/nightly-dispatch.js") })
        assert.strictEqual((yield* call("run")).code, 0)
        const first = yield* world.pid
        assert(first !== undefined)
        // A newer program in the same place.
        yield* Effect.promise(() => fs.appendFile(path.join(app, "dist/program.cjs"), "\n// newer\n"))
        yield* untilGone(world, first)
        const second = yield* until(world.pid, (pid) => pid !== undefined, "no second watcher")
        assert.include(yield* world.log, "the watcher ends: the program was replaced")
        assert(second !== undefined && second !== first)
        // No program at all: it has loaded everything that it needs.
        yield* Effect.promise(() => fs.rm(app, { recursive: true }))
        yield* Effect.sleep("12 seconds")
        assert.isTrue(yield* world.isAlive(second))
        yield* world.finish
        yield* untilGone(world, second)
        assert.isUndefined(yield* world.assignee)
      })
  )

  it.scopedLive.skipIf(process.platform !== "linux")("is small and idle while two jobs run", () =>
    Effect.gen(function* () {
      const { watcher } = yield* startedWith(TWO_BUGS)
      yield* Effect.sleep("10 seconds")
      const before = yield* cpuOf(watcher)
      yield* Effect.sleep("30 seconds")
      const used = (yield* cpuOf(watcher)) - before
      const rollup = yield* Effect.promise(() => fs.readFile(`/proc/${watcher}/smaps_rollup`, "utf8"))
      const pss = Number(/^Pss: +(\d+) kB$/m.exec(rollup)?.[1])
      assert.isBelow(pss, 80 * 1024, "kB of proportional set size")
      // Measured: 0.3 to 1.3 % of a core. A busy host makes every call dearer, and one that takes idle memory away each wake-up.
      assert.isBelow(used, 30 * 0.02, "seconds of a core in 30 s")
    })
  )
})
