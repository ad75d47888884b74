import { SystemError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Either, Exit, Fiber, Layer, Logger, Schema, type Scope } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import type { BeadsId } from "../../../src/domain/Ids.ts"
import { Provider, ProviderName } from "../../../src/domain/Provider.ts"
import { CurrentSettings, Settings } from "../../../src/domain/Settings.ts"
import { PreflightFailed, RunnerFailed } from "../../../src/domain/Failure.ts"
import { Exec, ProcessIdentity, type LaunchSpec } from "../../../src/exec/Exec.ts"
import * as NodeExec from "../../../src/exec/NodeExec.ts"
import { DxRunner } from "../../../src/runner/DxRunner.ts"
import { beadsId, eventually, newAttempt } from "../../contract/support.ts"
import { makeWorld, runnerOn, type LocalWorld, type Mode } from "./localWorld.ts"

describe("LocalRunner", () => {
  const id = beadsId("bd-a1")
  const other = beadsId("bd-a2")

  const check = <A, E>(
    what: string,
    body: (runner: DxRunner["Type"], world: LocalWorld) => Effect.Effect<A, E, Scope.Scope | Exec>
  ): void =>
    it.scopedLive(
      what,
      () =>
        Effect.flatMap(makeWorld, (world) =>
          Effect.flatMap(DxRunner, (runner) => body(runner, world)).pipe(
            Effect.provide(Layer.merge(world.runner, NodeExec.layer))
          )
        ),
      // A busy host takes its time to start processes.
      30_000
    )

  const start = (runner: DxRunner["Type"], world: LocalWorld, mode: Mode, beads = id) =>
    runner.start(world.request(beads, world.provider(mode)))
  const agentsOf = (world: LocalWorld, count: number, beads = id) =>
    eventually(
      Effect.sync(() => world.agents(beads)),
      (agents) => agents.length >= count
    )
  const ended = (runner: DxRunner["Type"], beads = id) =>
    eventually(runner.job(beads), (job) => job !== undefined && job.phase !== "running")
  const jobDirectory = (world: LocalWorld, beads: BeadsId = id) => {
    const directory = path.join(world.stateDir, "jobs", beads)
    return path.join(directory, fs.readFileSync(path.join(directory, "current"), "utf8"))
  }
  const forge = (world: LocalWorld, identity: ProcessIdentity) =>
    fs.writeFileSync(path.join(jobDirectory(world), "process.json"), JSON.stringify(identity))
  const failed = <A, E>(result: Either.Either<A, E>): RunnerFailed => {
    assert(Either.isLeft(result) && result.left instanceof RunnerFailed, `expected RunnerFailed, got ${String(result)}`)
    return result.left
  }
  const waitForEnd = (exec: Exec["Type"], pid = 0) => eventually(exec.identify(pid), (process) => process === undefined)
  /** The runner, with an effect once each supervisor waits at its gate. */
  const afterLaunch = (world: LocalWorld, then: (spec: LaunchSpec) => Effect.Effect<unknown>) =>
    Effect.flatMap(Exec, (exec) =>
      DxRunner.pipe(
        Effect.provide(
          runnerOn(
            world.stateDir,
            Layer.succeed(Exec, {
              ...exec,
              launchGated: (spec, gate) =>
                exec.launchGated(spec, (process, cgroup) => Effect.zipRight(then(spec), gate(process, cgroup)))
            })
          )
        )
      )
    )

  check(
    "starts the agent in its worktree, at the head of its own session, with its output in the log",
    (runner, world) =>
      Effect.gen(function* () {
        const talks = path.join(world.root, "talks.sh")
        fs.writeFileSync(talks, '#!/bin/sh\necho "out in $(pwd)"; echo "$PWD" >&2; cat; umask; exit 7\n', {
          mode: 0o755
        })
        const provider = Provider.make({ name: ProviderName.make("talks"), command: [talks] })
        const request = world.request(id, provider)
        const ack = yield* runner.start(request)
        const job = yield* ended(runner)
        assert.strictEqual(job?.exitCode, 7)
        assert.strictEqual(job?.reason, "exit code 7")
        assert.strictEqual(job?.worktree, world.worktree(id))
        assert.strictEqual(job?.promptFile, request.prompt.path)
        assert.strictEqual(job?.log, ack.log)
        const umask = process.umask().toString(8).padStart(4, "0")
        const worktree = world.worktree(id)
        assert.deepStrictEqual(fs.readFileSync(job?.log ?? "", "utf8").split("\n"), [
          `out in ${worktree}`,
          worktree,
          umask,
          ""
        ])
      })
  )

  check("lets only its own user read its records: directories 0700, files 0600", (runner, world) =>
    Effect.gen(function* () {
      yield* start(runner, world, "works")
      yield* ended(runner)
      const modes = fs.readdirSync(world.stateDir, { recursive: true, withFileTypes: true }).map((entry) => {
        const mode = fs.lstatSync(path.join(entry.parentPath, entry.name)).mode & 0o777
        return `${entry.isDirectory() ? "d" : "f"} ${mode.toString(8)}`
      })
      assert.deepStrictEqual([...new Set(modes)].sort(), ["d 700", "f 600"])
      assert.deepStrictEqual(fs.readdirSync(jobDirectory(world)).sort(), [
        "begun",
        "exit",
        "job.json",
        "log",
        "process.json"
      ])
      assert.notInclude(fs.readFileSync(path.join(jobDirectory(world), "job.json"), "utf8"), "Fix it.")
    })
  )

  check(
    "six starts at the same time with a cap of two start exactly two jobs; the others fail for capacity",
    (runner, world) =>
      Effect.gen(function* () {
        const provider = world.provider("slow", 2)
        const ids = [1, 2, 3, 4, 5, 6].map((n) => beadsId(`bd-c${n}`))
        const results = yield* Effect.forEach(ids, (one) => Effect.either(runner.start(world.request(one, provider))), {
          concurrency: "unbounded"
        })
        const refused = results.filter(Either.isLeft).map(failed)
        assert.lengthOf(refused, 4)
        for (const failure of refused) {
          assert.isTrue(failure.capacity)
          assert.strictEqual(failure.blame, "provider")
          assert.include(failure.message, "(2/2)")
        }
        assert.lengthOf(yield* runner.running, 2)
        // Another provider has slots of its own.
        assert.strictEqual((yield* start(runner, world, "works")).how, "started")
      })
  )

  check("stop ends an agent that ignores SIGTERM, with its grandchildren", (runner, world) =>
    Effect.gen(function* () {
      yield* start(runner, world, "stubborn")
      yield* agentsOf(world, 2)
      assert.isAtLeast((yield* world.processes).length, 3, "supervisor, agent, grandchild")
      assert.isTrue(yield* runner.stop(id))
      assert.deepStrictEqual(yield* world.processes, [])
      assert.strictEqual((yield* runner.job(id))?.phase, "stopped")
    })
  )

  check("an agent ended by a signal has failed, and its exit code names the signal", (runner, world) =>
    Effect.gen(function* () {
      yield* start(runner, world, "suicidal")
      const killed = yield* ended(runner)
      assert.strictEqual(killed?.phase, "failed")
      assert.strictEqual(killed?.exitCode, 137)
      assert.strictEqual(killed?.reason, "exit code 137 (signal 9)")
      const ack = yield* start(runner, world, "slow", other)
      yield* agentsOf(world, 1, other)
      process.kill(-(ack.pid ?? NaN), "SIGTERM")
      const ordered = yield* ended(runner, other)
      assert.strictEqual(ordered?.phase, "failed")
      assert.strictEqual(ordered?.exitCode, 143)
    })
  )

  check("a process with a reused pid is neither taken for the job nor ended", (runner, world) =>
    Effect.gen(function* () {
      const exec = yield* Exec
      yield* start(runner, world, "works")
      yield* ended(runner)
      fs.rmSync(path.join(jobDirectory(world), "exit"))
      const bystander = yield* Effect.acquireRelease(
        Effect.orDie(
          exec.launch({
            tool: "agent",
            command: "sleep",
            args: ["60"],
            cwd: "/",
            logFile: path.join(world.root, "sleep.log")
          })
        ),
        (process) => exec.endGroup(process)
      )
      for (const forged of [
        ProcessIdentity.make({ ...bystander, startedAt: "1" }),
        // This machine has booted since.
        ProcessIdentity.make({ ...bystander, boot: "another" })
      ]) {
        forge(world, forged)
        assert.strictEqual((yield* runner.job(id))?.phase, "gone")
        assert.isEmpty(yield* runner.running)
        assert.isTrue(yield* runner.stop(id))
        assert.strictEqual((yield* runner.job(id))?.phase, "gone", "no process was stopped")
        assert.strictEqual(yield* exec.liveness(bystander), "alive")
      }
      assert.strictEqual((yield* start(runner, world, "works")).how, "started")
      assert.strictEqual(yield* exec.liveness(bystander), "alive")
    })
  )

  check(
    "a job whose supervisor was killed is running while its agent works, takes a slot, and gets no second agent",
    (runner, world) =>
      Effect.gen(function* () {
        const exec = yield* Exec
        const ack = yield* runner.start(world.request(id, world.provider("slow", 1)))
        const [orphan = 0] = yield* agentsOf(world, 1)
        process.kill(ack.pid ?? NaN, "SIGKILL")
        yield* waitForEnd(exec, ack.pid)
        const job = yield* runner.job(id)
        assert.strictEqual(job?.phase, "running")
        assert.include(job?.reason, "its supervisor has ended")
        assert.lengthOf(yield* runner.running, 1)
        const full = failed(yield* Effect.either(runner.start(world.request(other, world.provider("slow", 1)))))
        assert.isTrue(full.capacity)
        assert.strictEqual((yield* start(runner, world, "slow")).how, "adopted")
        assert.lengthOf(world.agents(id), 1)
        process.kill(orphan, "SIGKILL")
        assert.strictEqual((yield* ended(runner))?.phase, "gone")
        assert.strictEqual((yield* start(runner, world, "slow")).how, "started")
      })
  )

  check("a running job in the records of an earlier version is running, adopted and stopped", (runner, world) =>
    Effect.gen(function* () {
      const ack = yield* start(runner, world, "slow")
      yield* agentsOf(world, 1)
      const file = (name: string) => path.join(jobDirectory(world), name)
      const { attempt: _attempt, ...record } = JSON.parse(fs.readFileSync(file("job.json"), "utf8"))
      fs.writeFileSync(file("job.json"), JSON.stringify(record))
      const { pid, startedAt, boot } = JSON.parse(fs.readFileSync(file("process.json"), "utf8"))
      fs.writeFileSync(file("process.json"), JSON.stringify({ pid, startedAt, boot }))
      fs.rmSync(file("begun"))
      const trace = { attempt: newAttempt(), worktree: world.worktree(id) }
      assert.strictEqual((yield* runner.job(id, trace))?.phase, "running")
      assert.strictEqual((yield* start(runner, world, "slow")).pid, ack.pid)
      assert.isTrue(yield* runner.stop(id, trace))
      assert.deepStrictEqual(yield* world.processes, [])
    })
  )

  check("a job of another pid namespace is unknown: no second agent starts, nothing is ended", (runner, world) =>
    Effect.gen(function* () {
      const exec = yield* Exec
      const ack = yield* start(runner, world, "slow")
      const supervisor = (yield* exec.identify(ack.pid ?? 0)) ?? assert.fail("it runs")
      const [agent = 0] = yield* agentsOf(world, 1)
      const trace = { attempt: newAttempt() }
      // As the dispatcher of another container sees it: neither supervisor nor agent.
      const text = fs.readFileSync(path.join(jobDirectory(world), "job.json"), "utf8")
      fs.writeFileSync(
        path.join(jobDirectory(world), "job.json"),
        JSON.stringify({ ...JSON.parse(text), attempt: trace.attempt })
      )
      forge(world, ProcessIdentity.make({ ...supervisor, namespace: "pid:[1]" }))
      const job = yield* runner.job(id, trace)
      assert.deepStrictEqual([job?.phase, job?.reason?.includes("cannot be seen from here")], ["unknown", true])
      assert.lengthOf(yield* runner.running, 1)
      const refused = failed(yield* Effect.either(start(runner, world, "slow")))
      assert.include(refused.message, "may still work on bd-a1, so nothing is started")
      assert.include(refused.nextAction, "remove jobs/bd-a1")
      assert.isFalse(yield* runner.stop(id, trace))
      assert.isDefined(yield* exec.identify(agent))
      // Another attempt's, then its own: only its own gives it up, and nothing is ended.
      yield* runner.abandon(id, { attempt: newAttempt() })
      assert.strictEqual((yield* runner.job(id, trace))?.phase, "unknown")
      yield* runner.abandon(id, trace)
      assert.strictEqual((yield* runner.job(id, trace))?.phase, "gone")
      assert.isDefined(yield* exec.identify(agent))
      // An exit code decides.
      fs.writeFileSync(path.join(jobDirectory(world), "exit"), "0\n")
      assert.strictEqual((yield* runner.job(id, trace))?.phase, "succeeded")
      assert.isTrue(yield* runner.stop(id, trace))
      assert.isTrue(yield* exec.endGroup(supervisor))
    })
  )

  check("stop ends the group of a job whose exit code is on record", (runner, world) =>
    Effect.gen(function* () {
      yield* start(runner, world, "stubborn")
      yield* agentsOf(world, 2)
      fs.writeFileSync(path.join(jobDirectory(world), "exit"), "0\n")
      assert.isTrue(yield* runner.stop(id))
      assert.deepStrictEqual(yield* world.processes, [])
      assert.strictEqual((yield* runner.job(id))?.phase, "succeeded")
    })
  )

  check("stop ends an agent whose supervisor was killed", (runner, world) =>
    Effect.gen(function* () {
      const ack = yield* start(runner, world, "slow")
      yield* agentsOf(world, 1)
      process.kill(ack.pid ?? NaN, "SIGKILL")
      yield* waitForEnd(yield* Exec, ack.pid)
      assert.isTrue(yield* runner.stop(id))
      assert.deepStrictEqual(yield* world.processes, [])
    })
  )

  check("an interruption between launch and record waits until the job is on record", (runner, world) =>
    Effect.gen(function* () {
      const launched = yield* Deferred.make<void>()
      const slow = yield* afterLaunch(world, () =>
        Effect.zipRight(Deferred.succeed(launched, undefined), Effect.sleep("200 millis"))
      )
      const fiber = yield* Effect.fork(slow.start(world.request(id, world.provider("slow"))))
      yield* Deferred.await(launched)
      yield* Fiber.interrupt(fiber)
      assert.strictEqual((yield* runner.job(id))?.phase, "running")
      assert.lengthOf(yield* agentsOf(world, 1), 1)
    })
  )

  check("a job that is being started is not reported as gone", (runner, world) =>
    Effect.gen(function* () {
      yield* start(runner, world, "works")
      yield* ended(runner)
      const halfway = yield* Deferred.make<void>()
      const exec = yield* Exec
      // The moment after `current` names the new run and before its supervisor is on record.
      const slow = yield* afterLaunch(world, (spec) =>
        Effect.gen(function* () {
          const directory = path.dirname(spec.logFile)
          fs.writeFileSync(path.join(path.dirname(directory), "current"), path.basename(directory))
          yield* Deferred.succeed(halfway, undefined)
          yield* Effect.sleep("300 millis")
        })
      ).pipe(Effect.provideService(Exec, exec))
      yield* Effect.fork(slow.start(world.request(id, world.provider("slow"))))
      yield* Deferred.await(halfway)
      assert.strictEqual((yield* runner.job(id))?.phase, "running")
    })
  )

  check("a start ends its supervisor if the record cannot be written", (_, world) =>
    Effect.gen(function* () {
      const full = new SystemError({ reason: "Unknown", module: "FileSystem", method: "rename", description: "ENOSPC" })
      const filesWithoutRoom = Layer.map(NodeFileSystem.layer, (context) => {
        const files = Context.get(context, FileSystem.FileSystem)
        const rename: typeof files.rename = (from, to) =>
          to.endsWith("/process.json") ? Effect.fail(full) : files.rename(from, to)
        return Context.make(FileSystem.FileSystem, { ...files, rename })
      })
      const blocked = yield* Effect.provide(DxRunner, runnerOn(world.stateDir, NodeExec.layer, filesWithoutRoom))
      const failure = failed(yield* Effect.either(blocked.start(world.request(id, world.provider("slow")))))
      assert.strictEqual(failure.blame, "host")
      assert.deepStrictEqual(yield* world.processes, [])
      assert.isEmpty(world.agents(id))
      const job = yield* blocked.job(id)
      assert.strictEqual(job?.phase, "gone")
      assert.include(job?.reason, "never started")
    })
  )

  check("a launch that fails leaves nothing, and the earlier job is reported as before", (runner, world) =>
    Effect.gen(function* () {
      const first = yield* start(runner, world, "fails")
      yield* ended(runner)
      const request = world.request(id, world.provider("works"))
      fs.rmSync(world.worktree(id), { recursive: true })
      const failure = failed(yield* Effect.either(runner.start(request)))
      assert.strictEqual(failure.blame, "host")
      const job = yield* runner.job(id)
      assert.strictEqual(job?.runInstance, first.runInstance)
      assert.strictEqual(job?.phase, "failed")
      assert.lengthOf(fs.readdirSync(path.join(world.stateDir, "jobs", id)), 2, "the first run and `current`")
    })
  )

  check("a crash between record and launch leaves no job, and the bug can be started", (runner, world) =>
    Effect.gen(function* () {
      const crashing = yield* Effect.map(Exec, (exec) =>
        runnerOn(world.stateDir, Layer.succeed(Exec, { ...exec, launchGated: () => Effect.die("crash") }))
      )
      const exit = yield* Effect.flatMap(DxRunner, (r) => start(r, world, "works")).pipe(
        Effect.provide(crashing),
        Effect.exit
      )
      assert.isTrue(Exit.isFailure(exit))
      assert.lengthOf(fs.readdirSync(path.join(world.stateDir, "jobs", id)), 1, "the record is there")
      assert.isUndefined(yield* runner.job(id))
      assert.strictEqual((yield* start(runner, world, "works")).how, "started")
    })
  )

  check("a missing command blames the provider, an unknown provider the configuration", (runner, world) =>
    Effect.gen(function* () {
      const starts = (provider: Provider) => Effect.flip(runner.start(world.request(id, provider)))
      const missing = yield* starts(
        Provider.make({ name: ProviderName.make("mine"), command: ["no-such-agent-anywhere", "{prompt}"] })
      )
      assert(missing instanceof PreflightFailed)
      assert.strictEqual(missing.blame, "provider")
      assert.strictEqual(missing.message, "no-such-agent-anywhere not found on PATH")
      const unknown = yield* starts(Provider.make({ name: ProviderName.make("codex") }))
      assert.strictEqual(unknown.blame, "config")
      assert.include(unknown.message, "give it a command in the settings")
      assert.isFalse(fs.existsSync(path.join(world.stateDir, "jobs", id)))
    })
  )

  check("a record that cannot be read fails for its own bug only", (runner, world) =>
    Effect.gen(function* () {
      yield* start(runner, world, "works")
      yield* ended(runner)
      yield* start(runner, world, "slow", other)
      fs.writeFileSync(path.join(jobDirectory(world), "job.json"), '{"beads":')
      const failure = failed(yield* Effect.either(runner.job(id)))
      assert.strictEqual(failure.blame, "runner")
      assert.include(failure.message, path.join(jobDirectory(world), "job.json"))
      assert.strictEqual(failed(yield* Effect.either(start(runner, world, "works"))).blame, "runner")
      const warnings: Array<string> = []
      const running = yield* Effect.provide(
        runner.running,
        Logger.replace(
          Logger.defaultLogger,
          Logger.make(({ message }) => warnings.push(String(message)))
        )
      )
      assert.deepStrictEqual(
        running.map((job) => job.beads),
        [other]
      )
      assert.lengthOf(warnings, 1)
      assert.include(warnings[0], "job.json cannot be read")
      fs.rmSync(path.join(world.stateDir, "jobs", id), { recursive: true })
    })
  )

  check("an exit file without an exit code is an unknown end, not a success", (runner, world) =>
    Effect.gen(function* () {
      yield* start(runner, world, "works")
      yield* ended(runner)
      for (const text of ["", "0x0", "256", "-1", "0\n0"]) {
        fs.writeFileSync(path.join(jobDirectory(world), "exit"), text)
        assert.strictEqual((yield* runner.job(id))?.phase, "gone", JSON.stringify(text))
      }
    })
  )

  check("follows no planted link out of its state directory", (runner, world) =>
    Effect.gen(function* () {
      const elsewhere = path.join(world.root, "elsewhere")
      fs.mkdirSync(elsewhere)
      fs.mkdirSync(path.join(world.stateDir, "jobs"), { recursive: true })
      fs.symlinkSync(elsewhere, path.join(world.stateDir, "jobs", id))
      const failure = failed(yield* Effect.either(start(runner, world, "works")))
      assert.include(failure.message, "it is a symbolic link, which is not followed")
      assert.isEmpty(fs.readdirSync(elsewhere))
    })
  )

  check("refuses a prompt that no argument can hold, when asked and at the start", (runner, world) =>
    Effect.gen(function* () {
      assert.isUndefined(runner.promptRefusal("é".repeat(50 * 1024)))
      assert.match(runner.promptRefusal("é".repeat(50 * 1024 + 1)) ?? "", /^the prompt has 102402 bytes/)
      assert.include(runner.promptRefusal("a\u0000b"), "NUL")
      assert.include(runner.promptRefusal(" \n"), "empty")
      const request = world.request(id, world.provider("works"), "x".repeat(200_000))
      const failure = failed(yield* Effect.either(runner.start(request)))
      assert.strictEqual(failure.blame, "issue")
      assert.isUndefined(yield* runner.job(id))
      // The kernel accepts the longest prompt that the runner accepts.
      const largest = yield* runner.start(world.request(other, world.provider("works"), "x".repeat(100 * 1024)))
      assert.strictEqual(largest.how, "started")
      assert.strictEqual((yield* ended(runner, other))?.phase, "succeeded")
    })
  )

  check("tells the caps of the presets, and of the providers in the settings", (runner) =>
    Effect.gen(function* () {
      const settings = yield* Schema.decodeUnknown(Settings)({
        providers: [
          { name: "gemini", maxParallel: 3 },
          { name: "mine", command: ["mine"] }
        ]
      })
      const caps = yield* Effect.provideService(runner.capacity, CurrentSettings, settings)
      assert.deepStrictEqual(Object.fromEntries(caps), { opencode: 2, "cc-glm": 2, gemini: 3, mine: 2 })
    })
  )
})
