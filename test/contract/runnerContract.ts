import { assert, describe, it, type TestContext } from "@effect/vitest"
import { Effect, Either, type Layer, type Scope } from "effect"
import { JournalFailed, PreflightFailed, RunnerFailed } from "../../src/domain/Failure.ts"
import type { BeadsId } from "../../src/domain/Ids.ts"
import { isLive } from "../../src/domain/Job.ts"
import type { ProcessIdentity } from "../../src/domain/ProcessIdentity.ts"
import type { Provider } from "../../src/domain/Provider.ts"
import * as fs from "node:fs"
import * as path from "node:path"
import { Exec } from "../../src/exec/Exec.ts"
import * as NodeExec from "../../src/exec/NodeExec.ts"
import { DxRunner, type JobRequest, type JobTrace } from "../../src/runner/DxRunner.ts"
import { absent, beadsId, eventually, NASTY_TEXT } from "./support.ts"

/**
 * `works`: its agent ends with exit code 0, by itself within 2 seconds or at `finish`. `fails`: the same with another
 * exit code. `refused`: the same, after it printed `REFUSAL`. `slow`: its agent works until it is stopped (or for longer than a test). `broken`: its preflight fails.
 * `restless`: like `slow`, with two background processes in sessions of their own: `own` works in the worktree, `daemon`
 * elsewhere. `leaving`: leaves the same two behind and ends with exit code 0.
 * All of them have room for at least two jobs.
 */
export type ProviderKind = "works" | "broken" | "slow" | "fails" | "refused" | "restless" | "leaving"

/** The last line of `refused`: an error event of opencode, which no other program prints. */
export const REFUSAL =
  '{"type":"error","timestamp":1,"sessionID":"ses_1","error":{"name":"APIError","data":{"message":"No credit.","statusCode":401}}}'

/** A runner without jobs, the layer under test on it, and ways to look at its agents without the layer. */
export interface RunnerWorld {
  readonly layer: Layer.Layer<DxRunner>
  readonly provider: (kind: ProviderKind) => Provider
  /** A request with an existing prompt file (`prompt`, or any text) and an existing workspace. */
  readonly request: (id: BeadsId, provider: Provider, prompt?: string) => Effect.Effect<JobRequest, never, Scope.Scope>
  /** Ends the agent of `works` or `fails`, or waits for its end. Absent: it ends by itself. */
  readonly finish?: (id: BeadsId) => Effect.Effect<void>
  /** Whether an agent works on this bug: looks at the processes, not at the runner's answers. */
  readonly agentAlive: (id: BeadsId) => Effect.Effect<boolean>
  /** The prompt that the agent got. `undefined` until it has one. Absent: not checked. */
  readonly promptSeen?: (id: BeadsId) => Effect.Effect<string | undefined>
  /** Removes what the runner has on record of the bug's job. Absent: it cannot lose its records. */
  readonly loseRecord?: (id: BeadsId) => Effect.Effect<void>
  /** The background processes of `restless` and `leaving`. Absent: its agents are no processes. */
  readonly background?: (id: BeadsId) => Effect.Effect<Background>
  /** False if the files of ended jobs are another program's, which this layer leaves alone. Default true. */
  readonly ownsLogs?: boolean
  /** A provider with a passing preflight and no free slot. Absent: not checked. */
  readonly full?: Effect.Effect<Provider, never, Scope.Scope>
}

/** The pids of two background processes of an agent. */
export interface Background {
  readonly own: number
  readonly daemon: number
}

/** Waits for the files in which the background processes noted their pids. */
export const backgroundIn = (worktree: string): Effect.Effect<Background> => {
  const pidIn = (name: string) =>
    eventually(
      Effect.sync(() => {
        const file = path.join(worktree, name)
        return fs.existsSync(file) ? Number(fs.readFileSync(file, "utf8")) : 0
      }),
      (pid) => pid > 0
    )
  return Effect.all({ own: pidIn("own"), daemon: pidIn("daemon") })
}

const lives = (pid: number) =>
  Effect.flatMap(Exec, (exec) => exec.identify(pid)).pipe(
    Effect.map((process) => process !== undefined),
    Effect.orDie,
    Effect.provide(NodeExec.layer)
  )

const traceOf = ({ attempt, workspace }: JobRequest): JobTrace => ({ attempt, worktree: workspace.path })

export interface RunnerContractOptions {
  /** Milliseconds for one test. Default: as for every test. */
  readonly timeout?: number
}

/** What every layer of `DxRunner` must do. */
export const runnerContract = (
  name: string,
  makeWorld: Effect.Effect<RunnerWorld, never, Scope.Scope>,
  options: RunnerContractOptions = {}
): void => {
  const id = beadsId("bd-a1b2")

  const check = <A, E>(
    what: string,
    body: (runner: DxRunner["Type"], world: RunnerWorld, context: TestContext) => Effect.Effect<A, E, Scope.Scope>
  ): void =>
    it.scopedLive(
      what,
      (context) =>
        Effect.flatMap(makeWorld, (world) =>
          Effect.flatMap(DxRunner, (runner) => body(runner, world, context)).pipe(Effect.provide(world.layer))
        ),
      options.timeout
    )

  const startJob = (runner: DxRunner["Type"], world: RunnerWorld, kind: ProviderKind, beads = id) =>
    Effect.flatMap(world.request(beads, world.provider(kind)), runner.start)
  const phaseOf = (runner: DxRunner["Type"], beads = id) => Effect.map(runner.job(beads), (job) => job?.phase)
  const ended = (runner: DxRunner["Type"], world: RunnerWorld) =>
    Effect.zipRight(
      world.finish?.(id) ?? Effect.void,
      eventually(runner.job(id), (job) => job !== undefined && !isLive(job))
    )

  describe(`${name} keeps the runner's contract`, () => {
    check("names what it runs on, and its caps", (runner) =>
      Effect.gen(function* () {
        assert.match(yield* runner.version, /\S/)
        for (const [provider, cap] of yield* runner.capacity) assert.isAtLeast(cap, 0, provider)
      })
    )

    check("refuses no ordinary prompt", (runner) =>
      Effect.sync(() => assert.isUndefined(runner.promptRefusal("Fix the bug in the parser.\n\nIt's `broken`.")))
    )

    describe("preflight", () => {
      check("of a working provider passes and says what it checked, line by line", (runner, world) =>
        Effect.gen(function* () {
          const provider = world.provider("works")
          const report = yield* runner.preflight(provider)
          assert.strictEqual(report.provider, provider.name)
          assert.isNotEmpty(report.lines)
          for (const line of [...report.lines, ...report.warnings]) assert.notMatch(line, /[\r\n]|^\s*$/)
        })
      )

      check("of a broken provider fails with one line to act on, and blames the provider", (runner, world) =>
        Effect.gen(function* () {
          const provider = world.provider("broken")
          const result = yield* Effect.either(runner.preflight(provider))
          assert(Either.isLeft(result), "the preflight must not pass")
          assert(result.left instanceof PreflightFailed, `expected PreflightFailed, got ${String(result.left)}`)
          assert.strictEqual(result.left.provider, provider.name)
          assert.strictEqual(result.left.blame, "provider")
          assert.match(result.left.detail, /\S/)
          assert.notMatch(result.left.detail, /[\r\n]/)
        })
      )
    })

    describe("start", () => {
      check("acknowledges with the process of the agent", (runner, world) =>
        Effect.gen(function* () {
          const ack = yield* startJob(runner, world, "slow")
          assert.strictEqual(ack.beads, id)
          assert.strictEqual(ack.provider, world.provider("slow").name)
          assert.strictEqual(ack.how, "started")
          assert.isAbove(ack.pid ?? 0, 1)
          assert.isTrue(yield* eventually(world.agentAlive(id), (alive) => alive))
          yield* runner.stop(id)
        })
      )

      check("calls onLaunch once, before the agent can act", (runner, world) =>
        Effect.gen(function* () {
          const request = yield* world.request(id, world.provider("slow"))
          const starters: Array<ProcessIdentity> = []
          const onLaunch = (starter: ProcessIdentity) =>
            Effect.gen(function* () {
              starters.push(starter)
              yield* Effect.sleep("200 millis")
              assert.isFalse(yield* world.agentAlive(id))
            })
          yield* runner.start({ ...request, onLaunch })
          assert.lengthOf(starters, 1)
          assert.isTrue(yield* eventually(world.agentAlive(id), (alive) => alive))
          yield* runner.stop(id)
        })
      )

      check("starts nothing if onLaunch fails, and fails with its error", (runner, world) =>
        Effect.gen(function* () {
          const request = yield* world.request(id, world.provider("slow"))
          const full = new JournalFailed({ file: "journal.db", reason: "unusable", detail: "the disk is full" })
          const failed = yield* Effect.flip(runner.start({ ...request, onLaunch: () => full }))
          assert.strictEqual(failed._tag, "JournalFailed")
          yield* Effect.sleep("300 millis")
          assert.isFalse(yield* world.agentAlive(id))
          assert.isUndefined(yield* runner.job(id, traceOf(request)))
          assert.isEmpty(yield* runner.running)
        })
      )

      check("on a broken provider fails and leaves neither job nor agent", (runner, world) =>
        Effect.gen(function* () {
          const result = yield* Effect.either(startJob(runner, world, "broken"))
          assert(Either.isLeft(result), "the start must not succeed")
          assert.isUndefined(yield* runner.job(id))
          assert.isFalse(yield* world.agentAlive(id))
        })
      )

      check("of a bug with a running job adopts the job or fails, and starts no second agent", (runner, world) =>
        Effect.gen(function* () {
          const first = yield* startJob(runner, world, "slow")
          const second = yield* Effect.either(startJob(runner, world, "slow"))
          if (Either.isRight(second)) {
            assert.strictEqual(second.right.how, "adopted")
            assert.strictEqual(second.right.pid, first.pid)
            assert.strictEqual(second.right.runInstance, first.runInstance)
          } else {
            assert(second.left instanceof RunnerFailed, `expected RunnerFailed, got ${String(second.left)}`)
          }
          assert.strictEqual(yield* phaseOf(runner), "running")
          assert.isTrue(yield* runner.stop(id))
          assert.isFalse(yield* eventually(world.agentAlive(id), (alive) => !alive))
        })
      )

      check("of one bug twice at the same time starts at most one agent", (runner, world) =>
        Effect.gen(function* () {
          const start = Effect.either(startJob(runner, world, "slow"))
          const results = yield* Effect.all([start, start, start], { concurrency: "unbounded" })
          const fresh = results.filter((result) => Either.isRight(result) && result.right.how === "started")
          assert.lengthOf(fresh, 1)
          assert.isTrue(yield* runner.stop(id))
          assert.isFalse(yield* eventually(world.agentAlive(id), (alive) => !alive))
        })
      )

      check("gives each job of a bug a run instance of its own", (runner, world) =>
        Effect.gen(function* () {
          const first = yield* startJob(runner, world, "works")
          const before = yield* ended(runner, world)
          assert.strictEqual(before?.runInstance, first.runInstance)
          const request = yield* world.request(id, world.provider("works"))
          const second = yield* runner.start({ ...request, previousRun: first.runInstance })
          if (first.runInstance !== undefined) assert.notStrictEqual(second.runInstance, first.runInstance)
          assert.strictEqual(second.how, "started")
          assert.strictEqual((yield* ended(runner, world))?.runInstance, second.runInstance)
        })
      )

      check("on a provider without a free slot fails for its capacity", (runner, world, context) =>
        Effect.gen(function* () {
          if (world.full === undefined) return yield* absent(context)
          const request = yield* world.request(id, yield* world.full)
          const result = yield* Effect.either(runner.start(request))
          assert(Either.isLeft(result), "the start must not succeed")
          assert(result.left instanceof RunnerFailed, `expected RunnerFailed, got ${String(result.left)}`)
          assert.isTrue(result.left.capacity)
          assert.strictEqual(result.left.blame, "provider")
          assert.isUndefined(yield* runner.job(id))
          assert.isFalse(yield* world.agentAlive(id))
        })
      )

      check("gives the agent the whole prompt", (runner, world, context) =>
        Effect.gen(function* () {
          if (world.promptSeen === undefined) return yield* absent(context)
          yield* Effect.flatMap(world.request(id, world.provider("works"), NASTY_TEXT), runner.start)
          const seen = yield* eventually(world.promptSeen(id), (text) => text !== undefined)
          assert.strictEqual(seen?.trimEnd(), NASTY_TEXT)
          yield* ended(runner, world)
        })
      )
    })

    describe("job", () => {
      check("of a bug that was never started is undefined", (runner) =>
        Effect.map(runner.job(beadsId("bd-zzzz")), (job) => assert.isUndefined(job))
      )

      check("is running, and in the list, while its agent works, and not after", (runner, world) =>
        Effect.gen(function* () {
          assert.isEmpty(yield* runner.running)
          const ack = yield* startJob(runner, world, "slow")
          const job = yield* runner.job(id)
          assert.strictEqual(job?.phase, "running")
          assert.strictEqual(job?.provider, ack.provider)
          assert.strictEqual(job?.runInstance, ack.runInstance)
          assert.deepStrictEqual(
            (yield* runner.running).map((running) => `${running.beads} ${running.provider} ${running.phase}`),
            [`${id} ${ack.provider} running`]
          )
          yield* runner.stop(id)
          assert.isEmpty(yield* eventually(runner.running, (jobs) => jobs.length === 0))
        })
      )

      check("has succeeded when its agent ended with exit code 0", (runner, world) =>
        Effect.gen(function* () {
          const ack = yield* startJob(runner, world, "works")
          const job = yield* ended(runner, world)
          assert.strictEqual(job?.phase, "succeeded")
          assert.strictEqual(job?.exitCode, 0)
          assert.strictEqual(job?.provider, ack.provider)
          assert.isEmpty(yield* runner.running)
        })
      )

      check("has failed when its agent ended with another exit code, and tells it", (runner, world) =>
        Effect.gen(function* () {
          yield* startJob(runner, world, "fails")
          const job = yield* ended(runner, world)
          assert.strictEqual(job?.phase, "failed")
          assert.isNumber(job?.exitCode)
          assert.notStrictEqual(job?.exitCode, 0)
          assert.isEmpty(yield* runner.running)
        })
      )

      check("that has ended tells the words of its log, and what they prove that a person must give", (runner, world) =>
        Effect.gen(function* () {
          const request = yield* world.request(id, world.provider("refused"))
          const { log } = yield* runner.start(request)
          yield* world.finish?.(id) ?? Effect.void
          const trace = { ...traceOf(request), log }
          const job = yield* eventually(runner.job(id, trace), (job) => job !== undefined && !isLive(job))
          assert.deepInclude({ ...job }, { phase: "failed", reason: "unauthorised" })
          assert.deepStrictEqual([job?.needs?.kind, job?.fault], ["login", undefined])
          assert.match(job?.words ?? "", /^No credit\./)
        })
      )

      check("that has ended in another way has nobody's fault", (runner, world) =>
        Effect.gen(function* () {
          yield* startJob(runner, world, "fails")
          assert.isUndefined((yield* ended(runner, world))?.fault)
        })
      )

      check("of one bug is not confused with another bug's", (runner, world) =>
        Effect.gen(function* () {
          const other = beadsId("bd-a1b2.1")
          yield* startJob(runner, world, "slow", other)
          assert.isUndefined(yield* runner.job(id))
          yield* startJob(runner, world, "slow")
          assert.lengthOf(yield* runner.running, 2)
          assert.isTrue(yield* runner.stop(id))
          assert.strictEqual(yield* phaseOf(runner, other), "running")
          assert.isTrue(yield* world.agentAlive(other))
          assert.isTrue(yield* runner.stop(other))
        })
      )
    })

    describe("a traced job", () => {
      check("whose record is lost is running while its agent works, and can be stopped", (runner, world, context) =>
        Effect.gen(function* () {
          if (world.loseRecord === undefined) return yield* absent(context)
          const request = yield* world.request(id, world.provider("slow"))
          yield* runner.start(request)
          assert.isTrue(yield* eventually(world.agentAlive(id), (alive) => alive))
          yield* world.loseRecord(id)
          const trace = traceOf(request)
          assert.strictEqual((yield* runner.job(id, trace))?.phase, "running")
          assert.isTrue(yield* runner.stop(id, trace))
          assert.isFalse(yield* world.agentAlive(id))
          assert.isUndefined(yield* runner.job(id, trace))
        })
      )

      check("is stopped with the commands that its agent started in sessions of their own", (runner, world, context) =>
        Effect.gen(function* () {
          if (world.background === undefined) return yield* absent(context)
          const request = yield* world.request(id, world.provider("restless"))
          yield* runner.start(request)
          const { own } = yield* world.background(id)
          assert.isTrue(yield* runner.stop(id, traceOf(request)))
          assert.isFalse(yield* lives(own))
          assert.isFalse(yield* world.agentAlive(id))
        })
      )

      check(
        "that has ended leaves nothing at work in its worktree; a daemon is named and left",
        (runner, world, context) =>
          Effect.gen(function* () {
            if (world.background === undefined) return yield* absent(context)
            const request = yield* world.request(id, world.provider("leaving"))
            yield* runner.start(request)
            const { daemon, own } = yield* world.background(id)
            const trace = traceOf(request)
            yield* world.finish?.(id) ?? Effect.void
            const job = yield* eventually(runner.job(id, trace), (job) => job !== undefined && !isLive(job))
            assert.strictEqual(job?.phase, "succeeded")
            assert.deepStrictEqual(yield* runner.endLeftovers(id, trace), [`pid ${daemon} (sleep 91)`])
            assert.isFalse(yield* lives(own))
            assert.isTrue(yield* lives(daemon))
            assert.isTrue(yield* runner.stop(id, trace), "a stop ends whatever carries the attempt")
            assert.isFalse(yield* lives(daemon))
            assert.strictEqual(yield* phaseOf(runner), "succeeded")
          })
      )
    })

    describe("logs", () => {
      /** Later than every log of this test. */
      const LATER = Date.now() + 86_400_000

      check("of an ended job is listed once old, and removing it removes the job's records", (runner, world, context) =>
        Effect.gen(function* () {
          if (world.ownsLogs === false) {
            yield* startJob(runner, world, "works")
            yield* ended(runner, world)
            assert.isEmpty(yield* runner.oldLogs(LATER))
            yield* runner.removeLog({ beads: id, runInstance: "run-1", bytes: 0 })
            assert.isDefined(yield* runner.job(id))
            return yield* absent(context)
          }
          yield* startJob(runner, world, "works")
          yield* ended(runner, world)
          assert.isEmpty(yield* runner.oldLogs(0))
          const [log] = yield* runner.oldLogs(LATER)
          assert.strictEqual(log?.beads, id)
          assert.isAbove(log?.bytes ?? 0, 0)
          yield* runner.removeLog(log!)
          assert.isEmpty(yield* runner.oldLogs(LATER))
          assert.isUndefined(yield* runner.job(id))
          yield* runner.removeLog(log!)
          assert.strictEqual((yield* startJob(runner, world, "slow")).how, "started", "the bug can be started again")
          yield* runner.stop(id)
        })
      )

      check("of a job that works is neither listed nor removed", (runner, world) =>
        Effect.gen(function* () {
          const { runInstance = "" } = yield* startJob(runner, world, "slow")
          assert.isEmpty(yield* runner.oldLogs(LATER))
          yield* runner.removeLog({ beads: id, runInstance, bytes: 0 })
          assert.strictEqual(yield* phaseOf(runner), "running")
          yield* runner.stop(id)
        })
      )
    })

    describe("stop", () => {
      check("ends the agent itself", (runner, world) =>
        Effect.gen(function* () {
          yield* startJob(runner, world, "slow")
          assert.isTrue(yield* eventually(world.agentAlive(id), (alive) => alive))
          assert.isTrue(yield* runner.stop(id))
          assert.isFalse(yield* world.agentAlive(id), "stop answered that it is gone")
          const job = yield* eventually(runner.job(id), (job) => job !== undefined && !isLive(job))
          assert.include(["stopped", "failed"], job?.phase)
        })
      )

      check("of an unknown job is true: there is none", (runner) =>
        Effect.map(runner.stop(beadsId("bd-zzzz")), (gone) => assert.isTrue(gone))
      )

      check("of a job that has ended is true, and does not change how it ended", (runner, world) =>
        Effect.gen(function* () {
          yield* startJob(runner, world, "works")
          yield* ended(runner, world)
          assert.isTrue(yield* runner.stop(id))
          assert.strictEqual(yield* phaseOf(runner), "succeeded")
        })
      )

      check("lets the bug be started again", (runner, world) =>
        Effect.gen(function* () {
          const first = yield* startJob(runner, world, "slow")
          yield* runner.stop(id)
          const request = yield* world.request(id, world.provider("slow"))
          const again = yield* runner.start({ ...request, previousRun: first.runInstance })
          assert.strictEqual(again.how, "started")
          assert.strictEqual(yield* phaseOf(runner), "running")
          yield* runner.stop(id)
        })
      )
    })
  })
}
