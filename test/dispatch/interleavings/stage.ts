import { type Clock, Context, Duration, Effect, Layer, Ref } from "effect"
import { BeadsCli } from "../../../src/beads/BeadsCli.ts"
import * as dispatchIssue from "../../../src/dispatch/attempt/dispatchIssue.ts"
import { nightlyRun } from "../../../src/dispatch/nightlyRun.ts"
import { ACTOR_PREFIX } from "../../../src/domain/Actor.ts"
import type { DispatchError } from "../../../src/domain/Failure.ts"
import { runIdOf } from "../../../src/domain/Ids.ts"
import { CurrentSettings } from "../../../src/domain/Settings.ts"
import { Journal } from "../../../src/journal/Journal.ts"
import { PromptStore } from "../../../src/prompt/PromptStore.ts"
import { DxRunner } from "../../../src/runner/DxRunner.ts"
import { Verifier } from "../../../src/runner/Verifier.ts"
import { FakeJournal, FakeBeadsState, FakeRunnerState, FakeWorkspacesState } from "../../../src/testing/index.ts"
import { Workspaces } from "../../../src/workspace/Workspaces.ts"
import { settings } from "../support.ts"
import { failureOf, type Disturbance } from "./disturbances.ts"
import type { OutsideEvent, Plan } from "./plans.ts"

/** The state of a scenario while it runs. */
export interface Stage {
  readonly plan: Plan
  readonly begin: number
  /** The run was killed: no call of it is answered any more. */
  readonly isKilled: Ref.Ref<boolean>
  /** Calls are disturbed and logged. Off for the clean runs. */
  readonly isDisturbing: Ref.Ref<boolean>
  /** How often each method was called. */
  readonly callCounts: Map<string, number>
  /**
   * Bugs whose `start` failed although the job was started. If `job` failed too, the run must believe `start`: then this job
   * may have no claim.
   */
  readonly startsWithError: Map<string, "start failed" | "start and job failed">
  /** The disturbances that took place, each with the bug's id. */
  readonly happened: Array<readonly [Disturbance, id: string]>
  /** Everything that happened, one line each with its time. */
  readonly log: Array<string>
  readonly violations: Array<string>
}

/** Logs a line with its time in seconds since the scenario began. */
export const logLine = (stage: Stage, text: string) =>
  Effect.clockWith((clock) =>
    Effect.map(clock.currentTimeMillis, (now) => void stage.log.push(`${(now - stage.begin) / 1000} s ${text}`))
  )

const neverIfKilled = (stage: Stage) =>
  Effect.flatMap(Ref.get(stage.isKilled), (isKilled) => (isKilled ? Effect.never : Effect.void))

/** An argument as the log shows it: a short text, or the id of its bug. */
const argumentInWords = (value: unknown): string => {
  if (typeof value === "string") return value.length > 100 ? "" : value
  const id: unknown = typeof value === "object" && value !== null && "beads" in value ? value.beads : undefined
  return typeof id === "string" ? id : ""
}

/** Runs the effect with a clock that wakes no sleeper once the run was killed: no time limit of it passes any more. */
export const asleepIfKilled = <A, E, R>(stage: Stage, effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.clockWith((clock) =>
    Effect.withClock(
      effect,
      Object.assign(Object.create(clock) as Clock.Clock, {
        sleep: (duration: Duration.Duration) => Effect.zipRight(clock.sleep(duration), neverIfKilled(stage))
      })
    )
  )

/** Makes a call with the disturbances of the plan. A call of a killed run never returns. */
const disturbed = <A, E, R>(
  stage: Stage,
  call: string,
  args: ReadonlyArray<unknown>,
  work: Effect.Effect<A, E, R>
): Effect.Effect<A, E | DispatchError, R> =>
  Effect.gen(function* () {
    if (!(yield* Ref.get(stage.isDisturbing))) return yield* work
    const nth = (stage.callCounts.get(call) ?? 0) + 1
    stage.callCounts.set(call, nth)
    const planned = stage.plan.disturbances.filter(
      (disturbance) => disturbance.call === call && disturbance.nth === nth
    )
    const name = `${call}#${nth} ${args.map(argumentInWords).join(" ")}`
    const disturb = (when: Disturbance["when"]) =>
      Effect.forEach(
        planned.filter((disturbance) => disturbance.when === when),
        (disturbance) =>
          Effect.gen(function* () {
            const { does, seconds } = disturbance
            const id = args.map(argumentInWords).find((text) => /^bd-\d$/.test(text)) ?? ""
            stage.happened.push([disturbance, id])
            yield* Effect.sleep(Duration.seconds(seconds))
            const error = failureOf(disturbance)
            if (does === "is slow" || (does === "fails" && error === undefined)) return
            yield* logLine(stage, `${name} ${does} ${when}${does === "fails" ? `: ${error?.message}` : ""}`)
            if (call === "DxRunner.start" && when === "after" && does === "fails")
              stage.startsWithError.set(id, "start failed")
            if (call === "DxRunner.job" && stage.startsWithError.has(id))
              stage.startsWithError.set(id, "start and job failed")
            if (does === "fails" && error !== undefined) return yield* error
            if (does === "dies") return yield* Effect.die(new Error(`${call} died`))
            return yield* does === "hangs" ? Effect.never : Effect.interrupt
          }),
        { discard: true }
      )
    yield* neverIfKilled(stage)
    yield* disturb("before")
    yield* neverIfKilled(stage)
    const answer = yield* work
    yield* logLine(stage, `${name}: done`)
    yield* disturb("after")
    yield* neverIfKilled(stage)
    const asked = args.map(argumentInWords).find((text) => stage.startsWithError.has(text))
    if (call === "DxRunner.job" && asked !== undefined) stage.startsWithError.set(asked, "start failed")
    return answer
  })

/** The service with every call disturbed. */
const disturbedService = <S extends object>(stage: Stage, name: string, service: S): S =>
  new Proxy(service, {
    get: (target, key, receiver) => {
      const member: unknown = Reflect.get(target, key, receiver)
      const call = `${name}.${String(key)}`
      // @effect-diagnostics-next-line anyUnknownInErrorContext:off -- a proxy loses the types
      if (Effect.isEffect(member)) return disturbed(stage, call, [], member)
      if (typeof member !== "function") return member
      return (...args: ReadonlyArray<unknown>) => {
        const result: unknown = Reflect.apply(member, target, args)
        // @effect-diagnostics-next-line anyUnknownInErrorContext:off -- a proxy loses the types
        return Effect.isEffect(result) ? disturbed(stage, call, args, result) : result
      }
    }
  })

type Services = BeadsCli | DxRunner | PromptStore | Verifier | Workspaces | Journal

const HOST = "vm-1"
export const OURS = `${ACTOR_PREFIX}${FakeJournal.FAKE_MARK}/`
export const START = Date.parse("2026-11-22T03:00:00Z")

/** The run of this number, on the disturbed services. */
export const run = (stage: Stage, services: Context.Context<Services>, number: number) =>
  Effect.gen(function* () {
    const now = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
    return yield* nightlyRun({
      run: runIdOf(now, number),
      host: HOST,
      repository: { name: "app", path: "/src/app" }
    })
  }).pipe(
    Effect.provide(
      dispatchIssue.layer.pipe(
        Layer.provideMerge(
          Layer.succeedContext(
            Context.make(BeadsCli, disturbedService(stage, "BeadsCli", Context.get(services, BeadsCli))).pipe(
              Context.add(DxRunner, disturbedService(stage, "DxRunner", Context.get(services, DxRunner))),
              Context.add(PromptStore, disturbedService(stage, "PromptStore", Context.get(services, PromptStore))),
              Context.add(Verifier, disturbedService(stage, "Verifier", Context.get(services, Verifier))),
              Context.add(Workspaces, disturbedService(stage, "Workspaces", Context.get(services, Workspaces))),
              Context.add(Journal, disturbedService(stage, "Journal", Context.get(services, Journal)))
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

/** Applies an event at its time. Another actor claims a bug only if it has no claim, or takes a claim of ours. */
export const applyEvent = (stage: Stage, { at, bug: id, what }: OutsideEvent) =>
  Effect.gen(function* () {
    const [beads, jobs, workspaces] = yield* Effect.all([FakeBeadsState, FakeRunnerState, FakeWorkspacesState])
    yield* Effect.sleep(Duration.seconds(at))
    const issue = (yield* beads.issues).find((candidate) => candidate.id === id)
    if (issue === undefined) return
    yield* logLine(stage, `${id}: ${what}`)
    const free = issue.assignee === undefined && issue.status === "open"
    const ours = issue.assignee?.startsWith(OURS) === true && issue.status === "in_progress"
    if (what === "its agent ends well") {
      for (const { path } of yield* workspaces.workspaces)
        if (path.includes(`/${id}/`)) yield* workspaces.leaveWork(path, 1)
      yield* jobs.finish(id, 0)
    } else if (what === "its agent fails") yield* jobs.finish(id, 1)
    else if (what === "it is closed") yield* beads.edit(id, { status: "closed", closedAt: START })
    else if (what === "its claim is freed") {
      if (ours) yield* beads.edit(id, { status: "open", assignee: undefined })
    } else if (what === "another host takes its claim" ? ours : free) {
      const assignee =
        what === "a colleague claims it" ? "Recovery Agent" : `${ACTOR_PREFIX}vm-2/${runIdOf(START, at)}/1`
      yield* beads.edit(id, { status: "in_progress", assignee })
      stage.log.push(`   as ${assignee}`)
    }
  })
