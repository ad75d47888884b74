import { assert, describe, it } from "@effect/vitest"
import { Effect, Either } from "effect"
import * as fs from "node:fs"
import { BeadsId } from "../../../src/domain/Ids.ts"
import { isLive } from "../../../src/domain/Job.ts"
import { systemTable } from "../../../src/exec/systemTable.ts"
import { DxRunner } from "../../../src/runner/DxRunner.ts"
import { eventually } from "../../contract/support.ts"
import {
  check,
  ended,
  id,
  opencode,
  requestIn,
  scripted,
  staleJob,
  start,
  started,
  type Runner
} from "./dxRunnerChecks.ts"
import { provider } from "./dxRunnerWorld.ts"
import { recording } from "./recorded.ts"

describe("the calls of dx-runner", () => {
  const calls = <A, E>(answers: Parameters<typeof scripted>[0], body: (runner: Runner) => Effect.Effect<A, E>) => {
    const { asked, layer } = scripted(answers)
    return Effect.flatMap(DxRunner, (runner) => Effect.exit(body(runner))).pipe(
      Effect.provide(layer),
      Effect.map(() => asked.filter(({ command }) => command !== "ps").map(({ args }) => args[0]))
    )
  }
  const ended = recording("2026-05-06", "report exited_err json").stdout.replaceAll("bd-e", id)
  const living = recording("2026-05-06", "report running").stdout.replaceAll("bd-a", id)
  const status = recording("2026-05-06", "status json beads").stdout.replaceAll("bd-a", id)

  it.effect("are as few as possible: on the newer revision each question changes its answers", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* calls({}, (runner) => runner.job(id)), ["report"])
      assert.deepStrictEqual(yield* calls({ report: ended }, (runner) => runner.job(id)), ["report"])
      assert.deepStrictEqual(yield* calls({ report: living, status }, (runner) => runner.job(id)), ["report", "status"])
      assert.deepStrictEqual(yield* calls({ status }, (runner) => runner.running), ["status"])
      assert.deepStrictEqual(
        yield* calls({ "--help": "V2.0" }, (runner) => Effect.all([runner.capacity, runner.capacity])),
        ["--help"]
      )
      assert.deepStrictEqual(
        yield* calls({ start: started, report: living }, (runner) => runner.start(requestIn("/tmp", opencode))),
        ["start", "report"]
      )
      const refused = { exitCode: 26, stdout: "reason_code=provider_concurrency_cap_exceeded\n" }
      assert.deepStrictEqual(yield* calls({ start: refused }, (runner) => runner.start(requestIn("/tmp", opencode))), [
        "start"
      ])
      assert.deepStrictEqual(yield* calls({}, (runner) => Effect.all([runner.version, Effect.void])), [])
    })
  )

  it.effect("of a job without a log tell whose fault its end is by dx-runner's own reason for it", () =>
    Effect.gen(function* () {
      const faultOf = (reason: string) =>
        Effect.flatMap(DxRunner, (runner) => runner.job(id)).pipe(
          Effect.map((job) => [job?.reason, job?.fault]),
          Effect.provide(scripted({ report: ended.replaceAll("process_exit_with_rc", reason) }).layer)
        )
      for (const reason of ["opencode_rate_limited", "gemini_capacity_exhausted", "opencode_model_unavailable"]) {
        assert.deepStrictEqual(yield* faultOf(reason), [reason, "provider"])
      }
      for (const reason of ["process_exit_with_rc", "monitor_no_rc_file", "max_runtime_exceeded", "constructor"]) {
        assert.deepStrictEqual(yield* faultOf(reason), [reason, undefined])
      }
    })
  )

  it.effect("tell until when a provider is limited whose preflight names that, and of no other failure", () => {
    const freeAt = (stdout: string) =>
      Effect.flatMap(DxRunner, (runner) => Effect.flip(runner.preflight(opencode))).pipe(
        Effect.map((failed) => (failed._tag === "PreflightFailed" ? failed.freeAt : "none")),
        Effect.provide(scripted({ preflight: { exitCode: 21, stdout } }).layer)
      )
    const code = "reason_code=opencode_auth_or_quota_blocked\n"
    return Effect.gen(function* () {
      assert.strictEqual(yield* freeAt(`probe: 429 Too Many Requests, retry after 20s\n${code}`), 20_000)
      assert.isUndefined(yield* freeAt(`probe: 401, retry after 20s\n${code}`))
    })
  })

  it.effect("never end a process that may not be the job's, and count its job as running", () => {
    const { asked, layer } = scripted({ status })
    return Effect.gen(function* () {
      const runner = yield* DxRunner
      assert.lengthOf(yield* runner.running, 1)
      assert.isFalse(yield* runner.stop(id))
      assert.isEmpty(asked.filter(({ args }) => args[0] === "stop"))
    }).pipe(Effect.provide(layer))
  })

  const already = (beads: string) => ({ exitCode: 1, stderr: `job ${beads} already running (pid=24798)\n` })
  const adopting = (answers: Parameters<typeof scripted>[0], alive = true) =>
    Effect.flatMap(DxRunner, (runner) => Effect.either(runner.start(requestIn("/tmp", provider("opencode"))))).pipe(
      Effect.provide(scripted(answers, {}, alive).layer),
      Effect.map(Either.match({ onLeft: (error) => `${error._tag} ${error.blame}`, onRight: (ack) => ack.how }))
    )

  it.effect("acknowledge a running job only if it is this bug's, and alive", () =>
    Effect.gen(function* () {
      const live = { report: living, status }
      assert.strictEqual(yield* adopting({ ...live, start: already(id) }), "adopted")
      assert.strictEqual(
        yield* adopting({ start: already(id) }),
        "adopted",
        "neither report nor status answers, and the process lives"
      )
      assert.strictEqual(yield* adopting({ ...live, start: already("bd-other") }), "RunnerFailed runner")
      assert.strictEqual(yield* adopting({ ...live, start: already(id) }, false), "RunnerFailed runner")
      assert.strictEqual(yield* adopting({ start: already(id) }, false), "RunnerFailed runner")
      assert.strictEqual(yield* adopting({ start: already(id), report: ended }), "RunnerFailed runner")
    })
  )
})

describe.concurrent("running", () => {
  check("lists each running job once, without the phantom child of a gemini job", {}, (runner, world) =>
    Effect.gen(function* () {
      const gemini = yield* runner.start(world.request("bd-g1", provider("gemini", "slow")))
      yield* start(runner, world)
      const jobs = yield* runner.running
      assert.sameMembers(
        jobs.map((job) => `${job.beads} ${job.provider} ${job.phase}`),
        ["bd-g1 gemini running", "bd-a1b2 opencode running"]
      )
      assert.strictEqual(jobs.find((job) => job.beads === "bd-g1")?.pid, gemini.pid)
    })
  )

  check("reports a job as stalled if dx-runner does", { env: { FAKE_DX_STATE: "stalled" } }, (runner, world) =>
    Effect.gen(function* () {
      yield* start(runner, world)
      assert.strictEqual((yield* runner.job(id))?.phase, "stalled")
      assert.deepStrictEqual(
        (yield* runner.running).map((job) => job.phase),
        ["stalled"]
      )
    })
  )

  check("does not list a job whose stale pid file names another program's process", {}, (runner, world) =>
    Effect.gen(function* () {
      const stranger = yield* staleJob(world)
      assert.include((yield* world.byHand("report", "--beads", id)).stdout, '"state": "healthy"')
      assert.isEmpty(yield* runner.running)
      const job = yield* runner.job(id)
      assert.deepStrictEqual([job?.phase, job?.reason], ["gone", "stale_pid_file"])
      assert.isTrue(yield* stranger.alive)
    })
  )

  check("reports a job as failed if its process is gone without an exit code", {}, (runner, world) =>
    Effect.gen(function* () {
      const ack = yield* start(runner, world)
      process.kill(-(ack.pid ?? assert.fail("no pid")), "SIGKILL")
      const job = yield* ended(runner, world)
      assert.deepStrictEqual([job?.phase, job?.exitCode], ["failed", 1])
      assert.isEmpty(yield* runner.running)
    })
  )

  it.effect("lists a job only while its process exists", () => {
    const answers = { status: recording("2026-05-06", "status json beads").stdout }
    const listed = (alive: boolean) =>
      Effect.flatMap(DxRunner, (runner) => runner.running).pipe(
        Effect.provide(scripted(answers, {}, alive).layer),
        Effect.map((jobs) => jobs.map((job) => job.pid))
      )
    return Effect.gen(function* () {
      assert.deepStrictEqual(yield* listed(true), [24798])
      assert.deepStrictEqual(yield* listed(false), [])
    })
  })
})

describe.concurrent("stop", () => {
  check("of the fake dx-runner itself leaves the agent running, as the real one does", {}, (runner, world) =>
    Effect.gen(function* () {
      yield* start(runner, world)
      assert.isTrue(yield* eventually(world.agentAlive(id), (alive) => alive))
      assert.strictEqual((yield* world.byHand("stop", "--beads", id)).exitCode, 0)
      assert.isTrue(yield* world.agentAlive(id))
      assert.isFalse(isLive((yield* runner.job(id)) ?? assert.fail("the job is known")))
    })
  )

  for (const [what, use] of [
    ["that ignores SIGTERM", provider("opencode", "stubborn")],
    ["whose pid leads no group", provider("gemini", "stubborn")]
  ] as const) {
    check(`ends an agent ${what}, and its launcher`, {}, (runner, world) =>
      Effect.gen(function* () {
        const ack = yield* start(runner, world, use)
        assert.isTrue(yield* eventually(world.agentAlive(id), (alive) => alive))
        assert.isTrue(yield* runner.stop(id))
        assert.isFalse(yield* world.agentAlive(id))
        assert.isEmpty(yield* runner.running)
        const job = yield* eventually(runner.job(id), (job) => job !== undefined && !isLive(job))
        assert.strictEqual(job?.runInstance, ack.runInstance)
        const { stdout } = yield* world.byHand("status", "--json")
        assert.include(stdout, '"jobs":[]')
      })
    )
  }

  check("ends the group of an agent whose leader has ended", {}, (runner, world) =>
    Effect.gen(function* () {
      const ack = yield* start(runner, world, provider("gemini", "stubborn"))
      assert.isTrue(yield* eventually(world.agentAlive(id), (alive) => alive))
      const leader = (yield* systemTable.row(ack.pid ?? 0))?.group ?? 0
      assert.isAbove(leader, 1)
      assert.notStrictEqual(leader, ack.pid)
      process.kill(leader, "SIGKILL")
      yield* eventually(
        Effect.sync(() => fs.existsSync(`/proc/${leader}`)),
        (there) => !there
      )
      assert.isTrue(yield* runner.stop(id))
      assert.isFalse(yield* world.agentAlive(id))
    })
  )

  check("leaves another program's process behind a stale pid file alone, and answers false", {}, (runner, world) =>
    Effect.gen(function* () {
      const stranger = yield* staleJob(world)
      assert.isFalse(yield* runner.stop(id))
      assert.isTrue(yield* stranger.alive)
      assert.isEmpty(world.events(/ stop /))
    })
  )
})

describe.concurrent("job", () => {
  check("without a commit is a no-op if a commit is required", { requireCommit: true }, (runner, world) =>
    Effect.gen(function* () {
      yield* start(runner, world, provider("opencode", "works"))
      const job = yield* ended(runner, world)
      assert.deepStrictEqual([job?.phase, job?.exitCode, job?.reason], ["no_op", 44, "no_commit_artifact"])
    })
  )

  for (const [fault, message] of [
    ["report=exit:3", /report|exit 3/],
    ["report=garbage", /cannot be read/],
    ["report=noisy1", /HOME: unbound variable/],
    ["report=gate24", /metadata\.json/]
  ] as const) {
    check(`fails when dx-runner does not answer (${fault})`, { fault }, (runner) =>
      Effect.map(Effect.flip(runner.job(id)), (failed) => assert.match(failed.message, message))
    )
  }

  it.effect("of a recorded report is read, and another bug's report is not", () => {
    const { layer } = scripted({ report: recording("2026-05-06", "report exited_err json").stdout })
    return Effect.gen(function* () {
      const runner = yield* DxRunner
      assert.strictEqual((yield* runner.job(BeadsId.make("bd-e")))?.phase, "failed")
      const other = yield* Effect.flip(runner.job(id))
      assert.include(other.message, "cannot be read")
    }).pipe(Effect.provide(layer))
  })
})
