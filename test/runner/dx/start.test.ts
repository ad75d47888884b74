import { assert, describe } from "@effect/vitest"
import { Deferred, Duration, Effect, Fiber } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import type { AckTimedOut } from "../../../src/domain/Failure.ts"
import type { ProcessIdentity } from "../../../src/domain/ProcessIdentity.ts"
import type { Provider } from "../../../src/domain/Provider.ts"
import { DxRunner } from "../../../src/runner/DxRunner.ts"
import { eventually } from "../../contract/support.ts"
import {
  check,
  ended,
  facts,
  failureOf,
  id,
  opencode,
  SHORT,
  SHORTER,
  staleJob,
  start,
  startFails,
  type Runner
} from "./dxRunnerChecks.ts"
import { provider, type DxWorld, type DxWorldOptions } from "./dxRunnerWorld.ts"

describe.concurrent("start, acknowledged", () => {
  check("bd-XXXX.1.3 returns at once, and the monitor that holds its output keeps running", {}, (runner, world) =>
    Effect.gen(function* () {
      const [duration, ack] = yield* Effect.timed(start(runner, world, provider("opencode")))
      assert.strictEqual(ack.how, "started")
      assert.isTrue(yield* eventually(world.agentAlive(id), (alive) => alive))
      assert.isBelow(Duration.toSeconds(duration), 10)
      const [agent = ""] = fs.readFileSync(path.join(world.worktree(id), "agents"), "utf8").split("\n")
      process.kill(Number(agent))
      // Only the monitor gives this reason; a question that finds the process dead gives another.
      yield* world.jobEnded
      assert.include(world.events(/ end /)[0] ?? "", "reason=process_exit_with_rc")
      const job = yield* runner.job(id)
      assert.deepStrictEqual([job?.phase, job?.exitCode, job?.runInstance], ["failed", 143, ack.runInstance])
    })
  )

  check(
    "may take as long as preflight and acknowledgement together",
    { fault: "start=slow:1200", timeouts: { preflight: "1 second", ack: "9 seconds" } },
    (runner, world) => Effect.map(start(runner, world), (ack) => assert.strictEqual(ack.how, "started"))
  )

  check(
    "waits for the preflight that start repeats",
    { fault: "preflight=slow:1200", timeouts: { preflight: "2 seconds", ack: "1 second" } },
    (runner, world) =>
      Effect.gen(function* () {
        yield* runner.preflight(opencode)
        assert.strictEqual((yield* start(runner, world)).how, "started")
        assert.deepStrictEqual(world.probes(), ["preflight opencode", "start opencode"])
      })
  )

  check("acknowledges with process, log and run instance", {}, (runner, world) =>
    Effect.gen(function* () {
      const ack = yield* start(runner, world)
      assert.match(world.events(/ start /)[0] ?? "", new RegExp(` pid=${ack.pid} run=${ack.runInstance} `))
      assert.match(ack.log ?? "", /bd-a1b2\.log$/)
      const job = yield* runner.job(id)
      assert.deepStrictEqual(
        [job?.pid, job?.runInstance, job?.worktree],
        [ack.pid, ack.runInstance, world.worktree(id)]
      )
    })
  )

  check("is acknowledged even if its run instance cannot be read back", { fault: "report=exit:3@1" }, (runner, world) =>
    Effect.gen(function* () {
      const ack = yield* start(runner, world)
      assert.deepStrictEqual([ack.how, ack.runInstance], ["started", undefined])
    })
  )

  check("does not acknowledge with yesterday's run instance", {}, (runner, world) =>
    Effect.gen(function* () {
      const yesterday = yield* start(runner, world, provider("opencode", "works"))
      yield* ended(runner, world)
      const liar = yield* Effect.provide(DxRunner, world.faulty("start=lie-yes"))
      const ack = yield* start(liar, world, opencode, yesterday.runInstance)
      assert.deepStrictEqual([ack.how, ack.runInstance], ["started", undefined])
    })
  )

  check("bd-XXXX.1.1 of a bug on another provider than before has a new run instance", {}, (runner, world) =>
    Effect.gen(function* () {
      const first = yield* start(runner, world, provider("opencode", "works"))
      yield* ended(runner, world)
      const second = yield* start(runner, world, provider("cc-glm", "slow"), first.runInstance)
      assert.strictEqual(second.how, "started")
      const job = yield* runner.job(id)
      assert.deepStrictEqual([job?.provider, job?.runInstance], ["cc-glm", second.runInstance])
    })
  )
})

/** The start fails with `AckTimedOut` that says this of the job. */
const timesOut = (
  runner: Runner,
  world: DxWorld,
  job: AckTimedOut["job"],
  use: Provider = opencode,
  previousRun?: string
) =>
  Effect.map(startFails(runner, world, use, previousRun), (failed) => {
    assert(failed._tag === "AckTimedOut", facts(failed))
    assert.strictEqual(failed.job, job)
    return failed
  })

describe.concurrent("start, without an answer in time", () => {
  for (const fault of ["hang", "stubborn"]) {
    check(
      `bd-XXXX.1.3 is a time-out when dx-runner knows no such job (${fault})`,
      { fault: `start=${fault}`, timeouts: SHORTER },
      (runner, world) =>
        Effect.gen(function* () {
          const failed = yield* timesOut(runner, world, "absent")
          assert.strictEqual(failed.waitedMs, 300)
          assert.strictEqual(failed.code, "timeout")
          assert.isEmpty(world.events())
        })
    )
  }

  check("is a time-out when dx-runner knows only yesterday's job", {}, (runner, world) =>
    Effect.gen(function* () {
      const yesterday = yield* start(runner, world, provider("opencode", "works"))
      yield* ended(runner, world)
      const silent = yield* Effect.provide(DxRunner, world.faulty("start=hang", SHORTER))
      yield* timesOut(silent, world, "absent", opencode, yesterday.runInstance)
    })
  )

  check(
    "is a time-out when dx-runner knows only yesterday's job, whose run instance is unknown to us",
    {},
    (runner, world) =>
      Effect.gen(function* () {
        yield* start(runner, world, provider("opencode", "works"))
        yield* ended(runner, world)
        const meta = path.join(world.root, `state/opencode/${id}.meta`)
        const text = fs.readFileSync(meta, "utf8")
        fs.writeFileSync(meta, text.replace(/started_at=.*/, "started_at=2026-01-01T00:00:00Z"))
        const silent = yield* Effect.provide(DxRunner, world.faulty("start=hang", SHORTER))
        yield* timesOut(silent, world, "absent", opencode, undefined)
      })
  )

  check(
    "is uncertain when `report` prints nothing and `status` lists the job",
    { fault: "start=start-then-hang report=exit:1", timeouts: SHORT },
    (runner, world) =>
      Effect.gen(function* () {
        yield* timesOut(runner, world, "uncertain")
        assert.isTrue(yield* world.agentAlive(id))
      })
  )

  check(
    "is uncertain when `report` prints nothing and `status` cannot be read",
    { fault: "start=hang status=garbage", timeouts: SHORTER },
    (runner, world) => timesOut(runner, world, "uncertain")
  )

  check("is a time-out when dx-runner knows only a start that it refused", {}, (runner, world) =>
    Effect.gen(function* () {
      const refusing = yield* Effect.provide(DxRunner, world.faulty("start=model-gone"))
      assert.strictEqual(facts(yield* startFails(refusing, world)), "PreflightFailed provider")
      assert.strictEqual((yield* runner.job(id))?.phase, "failed")
      const silent = yield* Effect.provide(DxRunner, world.faulty("start=hang", SHORTER))
      yield* timesOut(silent, world, "absent", provider("cc-glm"))
    })
  )

  check(
    "is uncertain when start printed `started` and dx-runner knows no such job",
    { fault: "start=lie-then-hang", timeouts: SHORT },
    (runner, world) => timesOut(runner, world, "uncertain")
  )

  check(
    "acknowledges late a job that was started all the same",
    { fault: "start=start-then-hang", timeouts: SHORT },
    (runner, world) =>
      Effect.gen(function* () {
        const ack = yield* start(runner, world)
        assert.strictEqual(ack.how, "late")
        assert.match(world.events(/ start /)[0] ?? "", new RegExp(` pid=${ack.pid} run=${ack.runInstance} `))
        assert.isTrue(yield* world.agentAlive(id))
        assert.isTrue(yield* runner.stop(id))
        assert.isFalse(yield* world.agentAlive(id))
      })
  )

  check(
    "acknowledges late a job that has ended meanwhile",
    { fault: "start=start-then-hang", timeouts: SHORT },
    (runner, world) =>
      Effect.gen(function* () {
        const ack = yield* start(runner, world, provider("opencode", "works"))
        assert.strictEqual(ack.how, "late")
        assert.strictEqual((yield* runner.job(id))?.phase, "succeeded")
      })
  )

  check(
    "is uncertain when an agent was launched and not recorded",
    { fault: "start=launch-then-hang", timeouts: SHORT },
    (runner, world) =>
      Effect.gen(function* () {
        yield* timesOut(runner, world, "uncertain")
        assert.isTrue(yield* world.agentAlive(id))
      })
  )

  for (const report of ["exit:3", "garbage", "empty", "exit:3@1", "hang"]) {
    check(
      `is uncertain when dx-runner cannot be asked (${report})`,
      { fault: `start=hang report=${report}`, timeouts: { ...SHORTER, query: "300 millis" } },
      (runner, world) =>
        Effect.gen(function* () {
          const failed = yield* timesOut(runner, world, "uncertain")
          assert.include(failed.message, "claim and prompt are kept")
        })
    )
  }
})

describe.concurrent("start, behind its gate", () => {
  check(
    "is a starting job until it has ended, and a stop ends it before it launches",
    { fault: "start=slow:3000" },
    (runner, world) =>
      Effect.gen(function* () {
        const starter = yield* Deferred.make<ProcessIdentity>()
        const request = {
          ...world.request(id, opencode),
          onLaunch: (process: ProcessIdentity) => Deferred.succeed(starter, process)
        }
        const fiber = yield* Effect.fork(Effect.either(runner.start(request)))
        const trace = {
          attempt: request.attempt,
          starter: yield* Deferred.await(starter),
          worktree: request.workspace.path
        }
        assert.strictEqual((yield* runner.job(id, trace))?.phase, "starting")
        assert.isTrue(yield* runner.stop(id, trace))
        assert.isUndefined(yield* runner.job(id, trace))
        assert.strictEqual((yield* Fiber.join(fiber))._tag, "Left")
        assert.isEmpty(world.events())
      })
  )

  check("an agent whose launcher dx-runner stopped is still running for its attempt", {}, (runner, world) =>
    Effect.gen(function* () {
      const request = world.request(id, opencode)
      yield* runner.start(request)
      assert.isTrue(yield* eventually(world.agentAlive(id), (alive) => alive))
      yield* world.byHand("stop", "--beads", id)
      const trace = { attempt: request.attempt, worktree: request.workspace.path }
      assert.strictEqual((yield* runner.job(id))?.phase, "stopped")
      assert.strictEqual((yield* runner.job(id, trace))?.phase, "running")
      assert.isTrue(yield* runner.stop(id, trace))
      assert.isFalse(yield* world.agentAlive(id))
      assert.strictEqual((yield* runner.job(id, trace))?.phase, "stopped")
    })
  )
})

describe.concurrent("start, with a wrong answer", () => {
  check(
    "finds the job by `check` if dx-runner has no `report`",
    { fault: "start=start-then-hang report=exit:2", timeouts: SHORT },
    (runner, world) =>
      Effect.gen(function* () {
        const ack = yield* start(runner, world)
        assert.strictEqual(ack.how, "late")
      })
  )

  check(
    "learns from `check` that there is no such job if dx-runner has no `report`",
    { fault: "start=hang report=exit:2", timeouts: SHORTER },
    (runner, world) => timesOut(runner, world, "absent")
  )

  check(
    "bd-XXXX.3.2 believes a non-zero exit code when dx-runner cannot be asked",
    { fault: "start=exit:5 report=exit:3" },
    (runner, world) =>
      Effect.gen(function* () {
        const failed = yield* startFails(runner, world)
        assert.strictEqual(failed._tag, "RunnerFailed", facts(failed))
      })
  )

  for (const fault of ["empty", "garbage"]) {
    check(
      `fails when exit code 0 comes without an acknowledgement and without a job (${fault})`,
      { fault: `start=${fault}` },
      (runner, world) =>
        Effect.gen(function* () {
          const failed = yield* startFails(runner, world)
          assert.strictEqual(facts(failed), "RunnerFailed runner")
          assert.include(failed.message, "no acknowledgement")
        })
    )
  }

  check("acknowledges late a job that was launched before exit code 1", { fault: "start=lie-no" }, (runner, world) =>
    Effect.gen(function* () {
      const ack = yield* start(runner, world)
      assert.strictEqual(ack.how, "late")
      assert.isTrue(yield* eventually(world.agentAlive(id), (alive) => alive))
    })
  )

  check(
    "is uncertain after exit code 0 without an acknowledgement when dx-runner cannot be asked",
    { fault: "start=empty report=garbage" },
    (runner, world) => timesOut(runner, world, "uncertain")
  )

  check("acknowledges the job that runs already as adopted", {}, (runner, world) =>
    Effect.gen(function* () {
      const first = yield* start(runner, world)
      const again = yield* start(runner, world)
      assert.deepStrictEqual({ ...again, log: first.log }, { ...first, how: "adopted" } as never)
      assert.lengthOf(world.events(/ start /), 1)
    })
  )

  check("does not adopt a job without a process", { fault: "start=running" }, (runner, world) =>
    Effect.gen(function* () {
      assert.strictEqual(facts(yield* startFails(runner, world)), "RunnerFailed runner")
    })
  )

  check("does not adopt another program's process behind a stale pid file", {}, (runner, world) =>
    Effect.gen(function* () {
      const stranger = yield* staleJob(world)
      const failed = yield* startFails(runner, world)
      assert.strictEqual(facts(failed), "RunnerFailed runner")
      assert.include(failed.message, "stale")
      assert.isTrue(yield* stranger.alive)
    })
  )
})

describe.concurrent("start, refused", () => {
  const refusals: ReadonlyArray<
    readonly [what: string, fault: string, use: Provider, expected: string, message: RegExp, more?: DxWorldOptions]
  > = [
    ["a full provider", "start=cap", opencode, "RunnerFailed provider", /concurrency cap exceeded \(2\/2\) \(next: wait_for_provider/],
    ["a forbidden prompt", "start=rawop", opencode, "RunnerFailed issue", /forbidden raw OP command/],
    ["no metadata of the tracker", "start=gate24", opencode, "RunnerFailed config", /missing runtime metadata at .*metadata\.json/],
    ["a failed preflight", "preflight=missing-binary", opencode, "PreflightFailed provider", /^opencode CLI not found$/],
    ["a failed preflight without an error line", "preflight=auth", provider("gemini"), "PreflightFailed provider", /gemini_auth_missing/],
    ["a model that disappeared after the preflight", "start=model-gone", opencode, "PreflightFailed provider", /Required model: /],
    ["an unknown provider", "", provider("nosuch"), "RunnerFailed config", /provider adapter not found/],
    ["a missing hostname", "start=no-hostname", opencode, "RunnerFailed host", /hostname/],
    ["a silent death", "start=exit:1", opencode, "RunnerFailed host", /no error output \(exit 1\) \(.*HOME/],
    ["an unknown exit code", "start=exit:99", opencode, "RunnerFailed runner", /no error output \(exit 99\)/],
    ["a worktree outside the allowed roots", "", opencode, "RunnerFailed config", /DENIED.*DX_RUNNER_EXTRA_ALLOWED/, { env: { DX_RUNNER_EXTRA_ALLOWED_PREFIXES: "/srv" } }],
    ["a worktree outside the allowed roots, on the older revision", "", opencode, "RunnerFailed host", /DX_RUNNER_EXTRA_ALLOWED/, { revision: "2026-02-19", env: { DX_RUNNER_EXTRA_ALLOWED_PREFIXES: "/srv" } }]
  ] // prettier-ignore
  for (const [what, fault, use, expected, message, more] of refusals) {
    check(`bd-XXXX.3.2 for ${what} is ${expected}`, { ...more, fault }, (runner, world) =>
      Effect.gen(function* () {
        const failed = yield* startFails(runner, world, use)
        assert.strictEqual(facts(failed), expected)
        assert.match(failed.message, message)
        assert.strictEqual(failed._tag === "RunnerFailed" && failed.capacity, fault === "start=cap")
        assert.isEmpty(world.events())
        assert.notStrictEqual((yield* runner.job(id))?.phase, "succeeded")
      })
    )
  }

  check("for a missing prompt file blames the host", {}, (runner, world) =>
    Effect.gen(function* () {
      const request = world.request(id, opencode)
      fs.rmSync(request.prompt.path)
      assert.strictEqual(facts(failureOf(yield* Effect.either(runner.start(request)))), "RunnerFailed host")
    })
  )

  check("does not change yesterday's outcome", { fault: "preflight:gemini=auth" }, (runner, world) =>
    Effect.gen(function* () {
      yield* start(runner, world, provider("opencode", "works"))
      const yesterday = yield* ended(runner, world)
      yield* startFails(runner, world, provider("gemini"))
      assert.strictEqual((yield* runner.job(id))?.runInstance, yesterday?.runInstance)
    })
  )
})
