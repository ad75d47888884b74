import { Context, Duration, Effect, Exit, FastCheck as fc, Fiber, Layer, Ref, TestClock } from "effect"
import { BeadsCli } from "../../src/beads/BeadsCli.ts"
import * as dispatchIssue from "../../src/dispatch/attempt/dispatchIssue.ts"
import { nightlyRun } from "../../src/dispatch/nightlyRun.ts"
import {
  AckTimedOut,
  ClaimFailed,
  JournalFailed,
  PreflightFailed,
  PromptFailed,
  RunnerFailed,
  TrackerFailed,
  WorkspaceFailed,
  type DispatchError
} from "../../src/domain/Failure.ts"
import { ACTOR_PREFIX } from "../../src/domain/Actor.ts"
import { BeadsId, runIdOf } from "../../src/domain/Ids.ts"
import { isLive } from "../../src/domain/Job.ts"
import type { Outcome } from "../../src/domain/Outcome.ts"
import type { RunReport } from "../../src/domain/RunReport.ts"
import { ProviderName } from "../../src/domain/Provider.ts"
import { CurrentSettings } from "../../src/domain/Settings.ts"
import { Journal } from "../../src/journal/Journal.ts"
import { PromptStore } from "../../src/prompt/PromptStore.ts"
import { DxRunner } from "../../src/runner/DxRunner.ts"
import {
  FakeBeads,
  FakeBeadsState,
  FakeJournal,
  FakeJournalState,
  FakePrompts,
  FakePromptsState,
  FakeRunner,
  FakeRunnerState,
  FakeWorkspaces,
  FakeWorkspacesState
} from "../../src/testing/index.ts"
import { Workspaces } from "../../src/workspace/Workspaces.ts"
import { settings } from "./support.ts"

// What can go wrong with a call. `before`: nothing has been done. `after`: everything has, and nobody is told.

const bug = BeadsId.make("bd-1")
const provider = ProviderName.make("opencode")
const tracker = (blame: TrackerFailed["blame"] = "tracker") =>
  new TrackerFailed({ operation: "call", reason: "timeout", detail: `the tracker broke (${blame})`, blame })
const runner = (blame: RunnerFailed["blame"], capacity = false) =>
  new RunnerFailed({ operation: "call", provider, detail: `the runner broke (${blame})`, blame, capacity })
const preflight = new PreflightFailed({ provider, detail: "no quota", lines: [], blame: "provider" })
const claim = (reason: ClaimFailed["reason"]) => new ClaimFailed({ beads: bug, reason, detail: `claim ${reason}` })
const ack = (job: AckTimedOut["job"]) => new AckTimedOut({ provider, waitedMs: 90_000, job })
const workspace = (blame: WorkspaceFailed["blame"]) => new WorkspaceFailed({ detail: "no worktree", blame })
const prompt = (blame: PromptFailed["blame"]) => new PromptFailed({ detail: "no prompt", blame })
const journal = new JournalFailed({ file: "memory", reason: "unusable", detail: "the disk broke" })

type Failures = { readonly before: ReadonlyArray<DispatchError>; readonly after: ReadonlyArray<DispatchError> }
const both = (...errors: ReadonlyArray<DispatchError>): Failures => ({ before: errors, after: errors })

/** Every method, with the failures that its real layers know. A layer that has started a job never says `absent`. */
const CALLS: Readonly<Record<string, Failures>> = {
  "BeadsCli.openBugs": both(tracker(), tracker("config")),
  "BeadsCli.show": both(tracker(), tracker("host")),
  "BeadsCli.claim": {
    before: [tracker(), tracker("host"), claim("refused"), claim("not_open"), claim("unknown")],
    after: [tracker(), tracker("host"), claim("unknown")]
  },
  "BeadsCli.release": both(tracker(), tracker("host")),
  "BeadsCli.leases": both(tracker()),
  "BeadsCli.heartbeat": both(tracker()),
  "BeadsCli.claimsOf": both(tracker()),
  "BeadsCli.label": both(tracker()),
  "BeadsCli.comment": both(tracker()),
  "BeadsCli.version": both(tracker()),
  "DxRunner.version": both(runner("runner")),
  "DxRunner.preflight": both(preflight, runner("host"), runner("runner"), runner("provider")),
  "DxRunner.start": {
    before: [
      runner("provider"),
      runner("runner"),
      runner("issue"),
      runner("host"),
      runner("provider", true),
      preflight,
      ack("absent"),
      ack("uncertain")
    ],
    after: [runner("provider"), runner("runner"), runner("host"), ack("uncertain")]
  },
  "DxRunner.job": both(runner("runner"), runner("host")),
  "DxRunner.running": both(runner("runner")),
  "DxRunner.capacity": both(runner("runner")),
  "DxRunner.stop": both(runner("runner")),
  "PromptStore.write": both(prompt("host"), prompt("issue")),
  "PromptStore.keep": both(),
  "PromptStore.sweep": both(prompt("host")),
  "Workspaces.version": both(workspace("host")),
  "Workspaces.check": both(workspace("config"), workspace("host")),
  "Workspaces.acquire": both(workspace("issue"), workspace("host")),
  "Workspaces.keep": both(),
  "Workspaces.discard": both(workspace("issue")),
  "Journal.lock": both(journal),
  "Journal.begin": both(journal),
  "Journal.end": both(journal),
  "Journal.intend": both(journal),
  "Journal.advance": both(journal),
  "Journal.reopen": both(journal),
  "Journal.open": both(journal),
  "Journal.of": both(journal),
  "Journal.since": both(journal),
  "Journal.raise": both(journal)
}

/** What one call does instead of what it should, after so many seconds. */
export interface Disturbance {
  readonly call: string
  /** 1 is the first call of this method. */
  readonly nth: number
  readonly does: "is slow" | "fails" | "dies" | "is interrupted" | "hangs"
  readonly when: "before" | "after"
  readonly seconds: number
  /** Which of the failures it knows. */
  readonly which: number
}

/** What the failing call says; nothing where its method knows no failure. */
const failureOf = ({ call, when, which }: Disturbance): DispatchError | undefined => {
  const errors = CALLS[call]?.[when] ?? []
  return errors[which % errors.length]
}

/** Something that others do, so many seconds after the run began. */
export interface Event {
  readonly at: number
  readonly bug: string
  readonly what:
    "a colleague claims it" | "another host claims it" | "it is closed" | "its agent ends well" | "its agent fails"
}

/** Everything that a scenario depends on. */
export interface Plan {
  readonly bugs: number
  readonly parallel: number
  readonly leases: boolean
  readonly disturbances: ReadonlyArray<Disturbance>
  readonly events: ReadonlyArray<Event>
  /** How the run ends, and when: in seconds. A killed one puts nothing back. */
  readonly end: "by itself" | { readonly interrupted: number } | { readonly killed: number }
}

const delay = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 20 }) },
  { weight: 1, arbitrary: fc.integer({ min: 21, max: 150 }) }
)

// The steps of a dispatch, again and again, or hardly any scenario would disturb one.
const STEPS = [
  "BeadsCli.claim",
  "BeadsCli.release",
  "BeadsCli.show",
  "Workspaces.acquire",
  "PromptStore.write",
  "DxRunner.start",
  "DxRunner.start",
  "DxRunner.job",
  "Journal.intend",
  "Journal.advance"
]

const disturbance: fc.Arbitrary<Disturbance> = fc
  .record({
    call: fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...STEPS) },
      { weight: 2, arbitrary: fc.constantFrom(...Object.keys(CALLS)) }
    ),
    nth: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 6 })),
    does: fc.constantFrom<Disturbance["does"]>("is slow", "fails", "fails", "fails", "dies", "is interrupted", "hangs"),
    when: fc.constantFrom<Disturbance["when"]>("before", "after"),
    seconds: delay,
    which: fc.integer({ min: 0, max: 7 })
  })
  // A hanging call's time limit is the caller's; every other call has one of its own, and fails. What is kept for a job is
  // kept, or there would be no way to go on.
  .filter(
    ({ call, does, when }) =>
      (does !== "hangs" || /openBugs|show|claim$|release|preflight|start|acquire/.test(call)) &&
      (does === "is slow" || when === "after" || !call.endsWith(".keep"))
  )

const EVENTS: ReadonlyArray<Event["what"]> = [
  "a colleague claims it",
  "another host claims it",
  "it is closed",
  "its agent ends well",
  "its agent fails"
]

const moment = fc.oneof(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 300 }))

export const plans: fc.Arbitrary<Plan> = fc.record({
  bugs: fc.integer({ min: 1, max: 5 }),
  parallel: fc.integer({ min: 1, max: 4 }),
  leases: fc.integer({ min: 0, max: 3 }).map((one) => one === 3),
  disturbances: fc.array(disturbance, { maxLength: 6 }),
  events: fc.array(
    fc.record({
      at: moment,
      bug: fc.integer({ min: 1, max: 5 }).map((n) => `bd-${n}`),
      what: fc.constantFrom(...EVENTS)
    }),
    { maxLength: 3 }
  ),
  end: fc.oneof(
    { weight: 3, arbitrary: fc.constant<Plan["end"]>("by itself") },
    { weight: 3, arbitrary: moment.map((interrupted): Plan["end"] => ({ interrupted })) },
    { weight: 2, arbitrary: moment.map((killed): Plan["end"] => ({ killed })) }
  )
})

/** What happens in a scenario, with its time in seconds: for whoever has to understand one that went wrong. */
interface Stage {
  readonly plan: Plan
  readonly begin: number
  readonly dead: Ref.Ref<boolean>
  /** Disturbs and tells of calls as long as the disturbed run goes on. */
  readonly armed: Ref.Ref<boolean>
  readonly seen: Map<string, number>
  /** Bugs whose runner said no though it had started the job, and then could not be asked: it is taken at its word. */
  readonly denied: Map<string, "said no" | "and could not be asked">
  /** What has acted, and on which bug. */
  readonly acted: Array<readonly [Disturbance, id: string]>
  readonly told: Array<string>
  readonly broken: Array<string>
}

const tell = (stage: Stage, text: string) =>
  Effect.clockWith((clock) =>
    Effect.map(clock.currentTimeMillis, (now) => void stage.told.push(`${(now - stage.begin) / 1000} s ${text}`))
  )

const gate = (stage: Stage) => Effect.flatMap(Ref.get(stage.dead), (over) => (over ? Effect.never : Effect.void))

const shown = (value: unknown): string => {
  if (typeof value === "string") return value.length > 100 ? "" : value
  const said: unknown = typeof value === "object" && value !== null && "beads" in value ? value.beads : undefined
  return typeof said === "string" ? said : ""
}

/** A call of the disturbed run: as its disturbances have it, and never answered when the run is dead. */
const disturbed = <A, E, R>(
  stage: Stage,
  call: string,
  args: ReadonlyArray<unknown>,
  work: Effect.Effect<A, E, R>
): Effect.Effect<A, E | DispatchError, R> =>
  Effect.gen(function* () {
    if (!(yield* Ref.get(stage.armed))) return yield* work
    const nth = (stage.seen.get(call) ?? 0) + 1
    stage.seen.set(call, nth)
    const acting = stage.plan.disturbances.filter((one) => one.call === call && one.nth === nth)
    const name = `${call}#${nth} ${args.map(shown).join(" ")}`
    const act = (when: Disturbance["when"]) =>
      Effect.forEach(
        acting.filter((one) => one.when === when),
        (one) =>
          Effect.gen(function* () {
            const { does, seconds } = one
            const id = args.map(shown).find((text) => /^bd-\d$/.test(text)) ?? ""
            stage.acted.push([one, id])
            yield* Effect.sleep(Duration.seconds(seconds))
            const error = failureOf(one)
            if (does === "is slow" || (does === "fails" && error === undefined)) return
            yield* tell(stage, `${name} ${does} ${when}${does === "fails" ? `: ${error?.message}` : ""}`)
            if (call === "DxRunner.start" && when === "after" && does === "fails") stage.denied.set(id, "said no")
            if (call === "DxRunner.job" && stage.denied.has(id)) stage.denied.set(id, "and could not be asked")
            if (does === "fails" && error !== undefined) return yield* error
            if (does === "dies") return yield* Effect.die(new Error(`${call} died`))
            return yield* does === "hangs" ? Effect.never : Effect.interrupt
          }),
        { discard: true }
      )
    yield* gate(stage)
    yield* act("before")
    yield* gate(stage)
    const answer = yield* work
    yield* tell(stage, `${name}: done`)
    yield* act("after")
    yield* gate(stage)
    return answer
  })

const wrapped = <S extends object>(stage: Stage, name: string, service: S): S =>
  new Proxy(service, {
    get: (target, key, receiver) => {
      const member: unknown = Reflect.get(target, key, receiver)
      const call = `${name}.${String(key)}`
      // @effect-diagnostics-next-line anyUnknownInErrorContext:off -- a proxy knows no types
      if (Effect.isEffect(member)) return disturbed(stage, call, [], member)
      if (typeof member !== "function") return member
      return (...args: ReadonlyArray<unknown>) => {
        const result: unknown = Reflect.apply(member, target, args)
        // @effect-diagnostics-next-line anyUnknownInErrorContext:off -- a proxy knows no types
        return Effect.isEffect(result) ? disturbed(stage, call, args, result) : result
      }
    }
  })

type World = BeadsCli | DxRunner | PromptStore | Workspaces | Journal

const HOST = "vm-1"
const OURS = `${ACTOR_PREFIX}${HOST}/`
const START = Date.parse("2026-11-22T03:00:00Z")

/** One run on the world as this stage has it. */
const run = (stage: Stage, world: Context.Context<World>, number: number) =>
  Effect.gen(function* () {
    const now = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
    return yield* nightlyRun({
      run: runIdOf(now, number, "aaaa"),
      host: HOST,
      repository: { name: "app", path: "/src/app" }
    })
  }).pipe(
    Effect.provide(
      dispatchIssue.layer.pipe(
        Layer.provideMerge(
          Layer.succeedContext(
            Context.make(BeadsCli, wrapped(stage, "BeadsCli", Context.get(world, BeadsCli))).pipe(
              Context.add(DxRunner, wrapped(stage, "DxRunner", Context.get(world, DxRunner))),
              Context.add(PromptStore, wrapped(stage, "PromptStore", Context.get(world, PromptStore))),
              Context.add(Workspaces, wrapped(stage, "Workspaces", Context.get(world, Workspaces))),
              Context.add(Journal, wrapped(stage, "Journal", Context.get(world, Journal)))
            )
          )
        )
      )
    ),
    Effect.provideService(
      CurrentSettings,
      settings({ limits: { maxParallel: stage.plan.parallel, maxDispatches: 5, warmUp: "0 s" } })
    )
  )

const ids = (plan: Plan) => Array.from({ length: plan.bugs }, (_, n) => `bd-${n + 1}`)

/** What others do: a claim of theirs only where nobody has one. */
const happens = (stage: Stage, { at, bug: id, what }: Event) =>
  Effect.gen(function* () {
    const [beads, jobs, workspaces] = yield* Effect.all([FakeBeadsState, FakeRunnerState, FakeWorkspacesState])
    yield* Effect.sleep(Duration.seconds(at))
    const issue = (yield* beads.issues).find((one) => one.id === id)
    if (issue === undefined) return
    yield* tell(stage, `${id}: ${what}`)
    const free = issue.assignee === undefined && issue.status === "open"
    if (what === "its agent ends well") {
      for (const { path } of yield* workspaces.workspaces)
        if (path.includes(`/${id}/`)) yield* workspaces.leaveWork(path, 1)
      yield* jobs.finish(id, 0)
    } else if (what === "its agent fails") yield* jobs.finish(id, 1)
    else if (what === "it is closed") yield* beads.edit(id, { status: "closed", closedAt: START })
    else if (free) {
      const assignee =
        what === "a colleague claims it" ? "Recovery Agent" : `${ACTOR_PREFIX}vm-2/${runIdOf(START, at, "bbbb")}/1`
      yield* beads.edit(id, { status: "in_progress", assignee })
      stage.told.push(`   as ${assignee}`)
    }
  })

const DROPPED = new Set(["limit", "overload", "no_capacity", "run_stopped"])

/** What a report must say of itself. */
const reportIsTrue = (report: RunReport): ReadonlyArray<string> => {
  const { chosen, error, exit, outcomes } = report
  const found: Array<string> = []
  const names = outcomes.map(({ beads }) => beads)
  const count = (tag: Outcome["_tag"]) => outcomes.filter(({ _tag }) => _tag === tag).length
  if (new Set(names).size !== names.length) found.push(`a bug has two outcomes: ${names.join(" ")}`)
  if (outcomes.length !== report.fetched)
    found.push(`${report.fetched} bugs were read, ${outcomes.length} have an outcome`)
  if (
    report.dispatched !== count("Dispatched") ||
    report.failed !== count("Failed") ||
    report.skipped !== count("Skipped")
  )
    found.push("the report counts its outcomes wrongly")
  const tried = count("Dispatched") + count("Failed")
  if (tried > chosen) found.push(`${chosen} were chosen, ${tried} were tried`)
  const failures = outcomes.filter((outcome) => outcome._tag === "Failed")
  const expected =
    failures.length === 0
      ? 0
      : count("Dispatched") === 0 && failures.every(({ code }) => code === "provider_unavailable")
        ? 1
        : 3
  if (error === undefined ? exit !== expected : ![4, 5, 6].includes(exit))
    found.push(`exit ${exit} (${error ?? "no error"}), and the outcomes say ${expected}`)
  return found
}

/** What `design.md` §9 forbids, and yet is so. */
const violations = (stage: Stage, when: string) =>
  Effect.gen(function* () {
    const [beads, jobs, prompts, journal] = yield* Effect.all([
      FakeBeadsState,
      FakeRunnerState,
      FakePromptsState,
      FakeJournalState
    ])
    const live = (yield* jobs.jobs).filter(isLive)
    const works = new Set(live.map((job) => String(job.beads)))
    const issues = yield* beads.issues
    const found: Array<string> = []
    for (const [id, what] of stage.denied) if (what === "and could not be asked") works.delete(id)
    for (const { assignee = "", id, status } of issues) {
      const ours = assignee.startsWith(OURS)
      if (ours && status === "in_progress" && !works.has(id))
        found.push(`${id} is claimed by ${assignee} without a job`)
      if (!ours && works.has(id)) found.push(`${id} has a job and no claim of ours (${assignee})`)
    }
    const files = (yield* prompts.files).map(({ file }) => file)
    for (const [at, { beads: id }] of files.entries())
      if (!works.has(id) || files.findIndex(({ beads }) => beads === id) < at)
        found.push(`a prompt file of ${id} is left without a job`)
    const kept = new Set(files.map(({ path }) => path))
    for (const { beads: id, promptFile = "" } of live)
      if (works.has(id) && !kept.has(promptFile)) found.push(`the job of ${id} has no prompt file any more`)
    for (const { actor, beads: id, phase } of yield* journal.attempts)
      if (phase !== "settled" && !works.has(id)) found.push(`the attempt at ${id} by ${actor} is left ${phase}`)
    return found.map((text) => `${when}: ${text}`)
  })

/** After these nobody may be sure that a job was not started, or that a claim is not held any more. */
const leavesDoubt = (one: Disturbance): boolean =>
  one.call === "BeadsCli.release" ||
  one.call === "DxRunner.job" ||
  (one.call === "DxRunner.start" && one.does === "fails" && failureOf(one)?._tag === "AckTimedOut")

/** What a run that was not killed may not leave: a claim that nobody will give back, or one that was kept without need. */
const leftAtOnce = (stage: Stage) =>
  Effect.gen(function* () {
    const [beads, jobs, journal] = yield* Effect.all([FakeBeadsState, FakeRunnerState, FakeJournalState])
    const known = new Set((yield* jobs.jobs).map((job) => String(job.beads)))
    const open = new Set(
      (yield* journal.attempts).filter(({ phase }) => phase !== "settled").map(({ actor }) => String(actor))
    )
    const doubtful = new Set(stage.acted.flatMap(([one, id]) => (leavesDoubt(one) ? [id] : [])))
    const found: Array<string> = []
    for (const { assignee = "", id, status } of yield* beads.issues) {
      if (!assignee.startsWith(OURS) || status !== "in_progress") continue
      if (!open.has(assignee)) found.push(`at its end: no open attempt stands for the claim of ${id} by ${assignee}`)
      if (!known.has(id) && !doubtful.has(id))
        found.push(`at its end: the claim of ${id} was kept, and no job was started`)
    }
    return found
  })

/** Where a defect is one bug's only. */
const OF_ONE_BUG = new Set([
  "BeadsCli.claim",
  "Workspaces.acquire",
  "PromptStore.write",
  "DxRunner.start",
  "Journal.intend"
])

/** A run gives a report whatever one bug's dispatch dies of. */
const mustReport = ({ acted, plan }: Stage): boolean =>
  plan.end === "by itself" &&
  acted.every(
    ([{ call, does }]) => does !== "is interrupted" && does !== "hangs" && (does !== "dies" || OF_ONE_BUG.has(call))
  )

/** A plan in words, one line each. */
export const inWords = ({ bugs, disturbances, end, events, leases, parallel }: Plan): ReadonlyArray<string> => [
  `${bugs} bug(s), ${parallel} at a time${leases ? ", claims are leases" : ""}`,
  ...disturbances.map((one) => {
    const { call, does, nth, seconds, when } = one
    const error = does === "fails" ? failureOf(one) : undefined
    const late = seconds === 0 ? "" : `, ${seconds} s late`
    return `${call}#${nth} ${does} ${when} it is done${late}${error === undefined ? "" : `: ${error._tag}, ${error.message}`}`
  }),
  ...events.map(({ at, bug: id, what }) => `${at} s: ${id}: ${what}`),
  end === "by itself"
    ? "the run ends by itself"
    : `the run is ${"killed" in end ? `killed at ${end.killed}` : `interrupted at ${end.interrupted}`} s`
]

/** What became of a plan: what must not be and is, and everything that happened, for whoever has to understand it. */
export interface Told {
  readonly broken: ReadonlyArray<string>
  readonly told: ReadonlyArray<string>
}

/**
 * A run that is disturbed, and then ends or is ended, among others who go on; then two clean runs, ten minutes apart. Gives
 * what must not be and is.
 */
export const scenario = (plan: Plan) =>
  Effect.gen(function* () {
    yield* TestClock.setTime(START)
    const context = yield* Layer.build(
      Layer.mergeAll(
        FakeBeads.layer({
          issues: ids(plan).map((id, n) => ({ id, title: `${"abcde"[n]} fails` })),
          ...(plan.leases ? { lease: "5 minutes" } : {})
        }),
        FakeRunner.layer(),
        FakePrompts.layer(),
        FakeWorkspaces.layer(),
        FakeJournal.layer()
      )
    )
    const stage: Stage = {
      plan,
      begin: START,
      dead: yield* Ref.make(false),
      armed: yield* Ref.make(true),
      seen: new Map(),
      denied: new Map(),
      acted: [],
      told: [],
      broken: []
    }
    const { broken } = stage
    const state = Context.get(context, FakeJournalState)
    const minutes = (count: number) => TestClock.adjust(Duration.minutes(count))
    for (const event of plan.events) yield* Effect.forkDaemon(Effect.provide(happens(stage, event), context))

    const fiber = yield* Effect.forkDaemon(run(stage, context, 1))
    if (plan.end !== "by itself" && "interrupted" in plan.end) {
      yield* TestClock.adjust(Duration.seconds(plan.end.interrupted))
      yield* tell(stage, "the run is interrupted")
      yield* Effect.forkDaemon(Fiber.interrupt(fiber))
    } else if (plan.end !== "by itself") {
      yield* TestClock.adjust(Duration.seconds(plan.end.killed))
      yield* tell(stage, "the run is killed")
      yield* Ref.set(stage.dead, true)
      yield* state.crash
    }
    yield* minutes(70)
    const foreign = (yield* Context.get(context, FakeBeadsState).issues).filter(
      ({ assignee }) => assignee !== undefined && !assignee.startsWith(OURS)
    )
    if (plan.end === "by itself" || "interrupted" in plan.end) {
      if ((yield* Fiber.poll(fiber))._tag === "None") {
        // A tool hangs where nobody waits for it with a limit.
        yield* tell(stage, "the run is ended after all")
        yield* Effect.forkDaemon(Fiber.interrupt(fiber))
        yield* minutes(10)
      }
      const exit = yield* Fiber.poll(fiber)
      if (exit._tag === "None") broken.push("the run does not end")
      else {
        if (Exit.isSuccess(exit.value)) broken.push(...reportIsTrue(exit.value.value))
        else if (mustReport(stage)) broken.push("the run has no report")
        broken.push(...(yield* Effect.provide(leftAtOnce(stage), context)))
      }
    }
    yield* Ref.set(stage.armed, false)

    for (const number of [2, 3]) {
      yield* tell(stage, "a clean run")
      const clean = yield* Effect.forkDaemon(run(stage, context, number))
      yield* minutes(10)
      const exit = yield* Fiber.poll(clean)
      if (exit._tag === "None" || !Exit.isSuccess(exit.value)) {
        broken.push(`clean run ${number} did not end well`)
        continue
      }
      const report = exit.value.value
      broken.push(...reportIsTrue(report))
      if (report.exit !== 0)
        broken.push(`clean run ${number} ended with ${report.exit} (${report.error ?? "no error"})`)
      broken.push(...(yield* Effect.provide(violations(stage, `after clean run ${number}`), context)))
      for (const outcome of report.outcomes) {
        if (outcome._tag !== "Skipped" || DROPPED.has(outcome.reason)) continue
        if (outcome.reason === "unsettled") broken.push(`clean run ${number} finds ${outcome.beads} unsettled`)
      }
    }
    const now = yield* Context.get(context, FakeBeadsState).issues
    for (const { assignee, id } of foreign) {
      const after = now.find((one) => one.id === id)
      if (after?.assignee !== assignee) broken.push(`${id} was ${assignee}'s and is ${after?.assignee ?? "nobody"}'s`)
    }
    return { broken, told: stage.told } satisfies Told
  }).pipe(Effect.scoped)
