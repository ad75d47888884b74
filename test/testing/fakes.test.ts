import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Fiber, Scope, TestClock } from "effect"
import { BeadsCli } from "../../src/beads/BeadsCli.ts"
import { AckTimedOut, PromptFailed, WorkspaceFailed } from "../../src/domain/Failure.ts"
import { Actor } from "../../src/domain/Actor.ts"
import { MalformedIssue, Priority } from "../../src/domain/Issue.ts"
import { Job } from "../../src/domain/Job.ts"
import { PromptFile } from "../../src/domain/PromptFile.ts"
import { Workspace } from "../../src/domain/Workspace.ts"
import { ProviderName } from "../../src/domain/Provider.ts"
import { Exec, ExecNotStarted, type ExecSpec } from "../../src/exec/Exec.ts"
import { PromptStore } from "../../src/prompt/PromptStore.ts"
import { DxRunner, type JobRequest } from "../../src/runner/DxRunner.ts"
import {
  FakeBeads,
  FakeBeadsState,
  FakeExec,
  FakeExecState,
  FakePrompts,
  FakePromptsState,
  FakeRunner,
  FakeRunnerState,
  FakeWorkspaces,
  FakeWorkspacesState
} from "../../src/testing/index.ts"
import { Workspaces } from "../../src/workspace/Workspaces.ts"
import { beadsId, MARK, newAttempt, OWN } from "../contract/support.ts"

const id = beadsId("bd-1")
const opencode = ProviderName.make("opencode")
const ours = Actor.make("nightly-dispatch/vm-1/20261122T030000Z-4f2a91/1")
const repository = { name: "app", path: "/home/op/app" }

const request = (beads = id, name = opencode): JobRequest => ({
  beads,
  provider: { name },
  prompt: new PromptFile({ beads, path: `/p/${beads}` }),
  workspace: new Workspace({ path: `/w/${beads}`, reused: false }),
  repo: "app",
  previousRun: undefined,
  attempt: newAttempt(),
  onLaunch: () => Effect.void
})

describe("FakeBeads", () => {
  it.effect("a claim does not reopen a closed bug, by its status or by its date", () =>
    Effect.gen(function* () {
      const beads = yield* BeadsCli
      for (const each of ["bd-1", "bd-2"]) {
        const refused = yield* Effect.flip(beads.claim(beadsId(each), ours))
        assert.include(refused, { _tag: "ClaimFailed", reason: "not_open" }, each)
      }
    }).pipe(
      Effect.provide(
        FakeBeads.layer({
          issues: [
            { id: "bd-1", status: "open", closedAt: 1 },
            { id: "bd-2", status: "closed", assignee: "alice" }
          ]
        })
      )
    )
  )

  it.effect("reports unreadable records beside the issues", () =>
    Effect.gen(function* () {
      const intake = yield* Effect.flatMap(BeadsCli, (beads) =>
        beads.openBugs({ types: ["bug"], maxPriority: Priority.make(1) })
      )
      assert.deepStrictEqual(
        intake.malformed.map((record) => record.label),
        ["#3"]
      )
      assert.lengthOf(intake.issues, 1)
    }).pipe(
      Effect.provide(
        FakeBeads.layer({
          issues: [{ id: "bd-1" }],
          malformed: [new MalformedIssue({ label: "#3", problem: "no id" })]
        })
      )
    )
  )

  it.effect("an edit changes the given fields and keeps the others; a new id makes a new issue", () =>
    Effect.gen(function* () {
      const state = yield* FakeBeadsState
      yield* state.edit("bd-1", { status: "closed" })
      yield* state.edit("bd-9", { title: "new", priority: 0 })
      assert.deepStrictEqual(
        (yield* state.issues).map(({ id, priority, status, title }) => [id, title, status, priority].join(" ")),
        ["bd-1 boom closed 1", "bd-9 new open 0"]
      )
    }).pipe(Effect.provide(FakeBeads.layer({ issues: [{ id: "bd-1", title: "boom" }] })))
  )
})

describe("FakeRunner", () => {
  it.effect("lies: the start times out, and yet the job runs", () => {
    const late = new AckTimedOut({ provider: opencode, waitedMs: 30_000, job: "uncertain" })
    return Effect.gen(function* () {
      const runner = yield* DxRunner
      assert.strictEqual(yield* Effect.flip(runner.start(request())), late)
      assert.strictEqual((yield* runner.job(id))?.phase, "running")
    }).pipe(Effect.provide(FakeRunner.layer({ faults: [FakeRunner.after("start").fails(late)] })))
  })

  it.effect("lies: stop answers that the job is gone, and yet the agent works", () =>
    Effect.gen(function* () {
      const runner = yield* DxRunner
      yield* runner.start(request())
      assert.isTrue(yield* runner.stop(id))
      assert.strictEqual((yield* runner.job(id))?.phase, "running")
    }).pipe(Effect.provide(FakeRunner.layer({ faults: [FakeRunner.on("stop").answers(() => true)] })))
  )

  it.effect("a job ends by itself when the Clock says so, not a moment earlier", () =>
    Effect.gen(function* () {
      const runner = yield* DxRunner
      yield* TestClock.adjust("1 hour")
      yield* runner.start(request())
      yield* TestClock.adjust("1199999 millis")
      assert.lengthOf(yield* runner.running, 1)
      yield* TestClock.adjust("5 minutes")
      const job = yield* runner.job(id)
      assert.include(job, { phase: "failed", exitCode: 7, startedAt: 3_600_000, endedAt: 3_600_000 + 1_200_000 })
      assert.isEmpty(yield* runner.running)
    }).pipe(Effect.provide(FakeRunner.layer({ providers: { opencode: { runs: "20 minutes", exitCode: 7 } } })))
  )

  it.effect("a provider's slots are counted over its live jobs only", () =>
    Effect.gen(function* () {
      const runner = yield* DxRunner
      const state = yield* FakeRunnerState
      assert.deepStrictEqual([...(yield* runner.capacity)], [[opencode, 1]])
      yield* runner.start(request())
      const refused = yield* Effect.flip(runner.start(request(beadsId("bd-2"))))
      assert.include(refused, { _tag: "RunnerFailed", capacity: true, blame: "provider" })
      yield* runner.start(request(beadsId("bd-2"), ProviderName.make("gemini")))
      yield* state.finish("bd-1")
      assert.strictEqual((yield* runner.start(request(beadsId("bd-3")))).how, "started")
    }).pipe(Effect.provide(FakeRunner.layer({ providers: { opencode: { slots: 1 } } })))
  )

  it.effect("knows the jobs of earlier runs, refuses what it is told to refuse, and forgets on demand", () =>
    Effect.gen(function* () {
      const runner = yield* DxRunner
      const state = yield* FakeRunnerState
      assert.strictEqual((yield* runner.job(id))?.phase, "stalled")
      assert.strictEqual((yield* runner.start(request())).how, "adopted")
      yield* state.forget("bd-1")
      assert.isUndefined(yield* runner.job(id))
      assert.strictEqual(runner.promptRefusal("please op read the docs"), "raw op command")
      assert.isUndefined(runner.promptRefusal("please read the docs"))
    }).pipe(
      Effect.provide(
        FakeRunner.layer({
          jobs: [new Job({ beads: id, provider: opencode, phase: "stalled" })],
          refuses: (prompt) => (prompt.includes("op read") ? "raw op command" : undefined)
        })
      )
    )
  )
})

describe("FakePrompts", () => {
  const full = new PromptFailed({ detail: "no space left on device", blame: "host" })

  it.effect("a failed write leaves no file after its scope, whether it fails before or after it makes the file", () =>
    Effect.gen(function* () {
      const store = yield* PromptStore
      const state = yield* FakePromptsState
      for (const each of ["bd-1", "bd-2"]) {
        const result = yield* Effect.scoped(
          Effect.gen(function* () {
            const written = yield* Effect.either(store.write(beadsId(each), MARK, "x"))
            assert.lengthOf(yield* state.files, each === "bd-1" ? 0 : 1)
            return written
          })
        )
        assert(Either.isLeft(result) && result.left === full)
        assert.isEmpty(yield* state.files)
      }
    }).pipe(
      Effect.provide(
        FakePrompts.layer({
          faults: [FakePrompts.on("write", "bd-1").fails(full), FakePrompts.after("write", "bd-2").fails(full)]
        })
      )
    )
  )

  it.effect("sweeps the files of earlier runs", () =>
    Effect.gen(function* () {
      const store = yield* PromptStore
      const swept = yield* store.sweep(() => Effect.succeed(true), OWN)
      assert.deepStrictEqual(
        swept.map((file) => file.beads),
        [id]
      )
    }).pipe(Effect.provide(FakePrompts.layer({ kept: [{ id, text: "old" }] })))
  )

  it.effect("sweeps the prompt of a killed dispatch once the claim of its bug was released", () =>
    Effect.gen(function* () {
      const store = yield* PromptStore
      yield* TestClock.adjust("1 minute")
      const file = yield* Scope.extend(store.write(id, MARK, "x"), yield* Scope.make())
      const sweep = (before: number, beads = new Set([id])) =>
        store.sweep(() => Effect.succeed(true), { ...OWN, released: { beads, before } })
      assert.isEmpty(yield* sweep(59_999))
      assert.isEmpty(yield* sweep(60_000, new Set()))
      assert.deepStrictEqual(yield* sweep(60_000), [file])
    }).pipe(Effect.provide(FakePrompts.layer()))
  )
})

describe("FakeWorkspaces", () => {
  it.effect("a fault for one issue does not affect the others", () => {
    const broken = new WorkspaceFailed({ detail: "branch is checked out elsewhere", blame: "issue" })
    return Effect.gen(function* () {
      const workspaces = yield* Workspaces
      const state = yield* FakeWorkspacesState
      assert.strictEqual(yield* Effect.flip(Effect.scoped(workspaces.acquire(id, repository))), broken)
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* workspaces.acquire(beadsId("bd-2"), repository)
          assert.lengthOf(yield* state.workspaces, 1)
        })
      )
      assert.isEmpty(yield* state.workspaces)
      assert.deepStrictEqual(
        (yield* state.calls).map(({ method }) => method),
        ["acquire", "acquire"]
      )
    }).pipe(Effect.provide(FakeWorkspaces.layer({ faults: [FakeWorkspaces.on("acquire", "bd-1").fails(broken)] })))
  })
})

describe("FakeExec", () => {
  const spec = (command: string, ...args: ReadonlyArray<string>): ExecSpec => ({
    tool: "agent",
    command,
    args,
    cwd: "/",
    timeout: "30 seconds"
  })
  const exec = FakeExec.layer({
    installed: { bd: "/usr/local/bin/bd" },
    run: ([command, ...args]) => {
      if (command !== "bd") return undefined
      if (args.includes("huge")) return { stdout: "x".repeat(9 * 1024 * 1024) }
      if (args.includes("gone")) {
        return Effect.fail(new ExecNotStarted({ command, reason: "bad_directory", detail: "no such directory" }))
      }
      return args.includes("list") ? { stdout: "[]" } : { exitCode: 1, stderr: "Error: no" }
    },
    faults: [FakeExec.on("run", "dx-runner").hangs()]
  })

  it.effect("answers by the command line, and records it", () =>
    Effect.gen(function* () {
      const { run, which } = yield* Exec
      assert.deepInclude(yield* run(spec("bd", "list", "--json")), { exitCode: 0, stdout: "[]", stderr: "" })
      assert.deepInclude(yield* run(spec("bd", "show", "x")), { exitCode: 1, stdout: "", stderr: "Error: no" })
      assert.deepStrictEqual(
        [...(yield* (yield* FakeExecState).argvs)],
        [
          ["bd", "list", "--json"],
          ["bd", "show", "x"]
        ]
      )
      assert.strictEqual(yield* which("bd"), "/usr/local/bin/bd")
      assert.isUndefined(yield* which("git"))
    }).pipe(Effect.provide(exec))
  )

  it.effect("fails like a command: not found, a given failure, too much output", () =>
    Effect.gen(function* () {
      const { run } = yield* Exec
      assert.include(yield* Effect.flip(run(spec("git"))), { _tag: "ExecNotStarted", reason: "not_found" })
      assert.include(yield* Effect.flip(run(spec("bd", "gone"))), { reason: "bad_directory" })
      assert.include(yield* Effect.flip(run(spec("bd", "huge"))), {
        _tag: "ExecOutputTooLarge",
        limit: 8 * 1024 * 1024
      })
    }).pipe(Effect.provide(exec))
  )

  it.effect("a command that hangs times out on the Clock", () =>
    Effect.gen(function* () {
      const { run } = yield* Exec
      const fiber = yield* Effect.fork(Effect.flip(run(spec("dx-runner", "start"))))
      yield* TestClock.adjust("29 seconds")
      assert.strictEqual((yield* Fiber.poll(fiber))._tag, "None")
      yield* TestClock.adjust("1 second")
      assert.include(yield* Fiber.join(fiber), { _tag: "ExecTimedOut", timeoutMs: 30_000 })
    }).pipe(Effect.provide(exec))
  )

  it.effect("launched processes live until they are ended or exit", () =>
    Effect.gen(function* () {
      const { endGroup, identify, launch, launchGated, liveness, runGated } = yield* Exec
      const state = yield* FakeExecState
      const job = { tool: "agent" as const, command: "agent", args: [], cwd: "/", logFile: "/l" }
      const first = yield* launch(job)
      const second = yield* launch(job)
      assert.notStrictEqual(first.pid, second.pid)
      assert.strictEqual(yield* liveness(first), "alive")
      assert.deepStrictEqual(yield* identify(second.pid), second)
      assert.isTrue(yield* endGroup(first))
      assert.strictEqual(yield* liveness(first), "dead")
      yield* state.exit(second.pid)
      assert.isUndefined(yield* identify(second.pid))
      const closed = yield* Effect.flip(launchGated(job, () => Effect.fail("closed" as const)))
      const refused = yield* Effect.flip(
        runGated({ ...spec("dx-runner", "start"), outputDirectory: "/o" }, () => Effect.fail("closed" as const))
      )
      assert.deepStrictEqual([closed, refused], ["closed", "closed"])
      assert.isEmpty(yield* state.argvs, "a gate that fails runs nothing")
      assert.isEmpty(yield* state.alive)
    }).pipe(Effect.provide(exec))
  )
})
