import { Context, Effect, Layer, Option, Random, Ref, Schema } from "effect"
import { BeadsCli } from "../../../src/beads/BeadsCli.ts"
import * as dispatchIssue from "../../../src/dispatch/attempt/dispatchIssue.ts"
import { nightlyRun } from "../../../src/dispatch/nightlyRun.ts"
import { runIdOf } from "../../../src/domain/Ids.ts"
import { CurrentSettings, Settings } from "../../../src/domain/Settings.ts"
import { Journal } from "../../../src/journal/Journal.ts"
import { PromptStore } from "../../../src/prompt/PromptStore.ts"
import { DxRunner } from "../../../src/runner/DxRunner.ts"
import { Verifier } from "../../../src/runner/Verifier.ts"
import { Workspaces } from "../../../src/workspace/Workspaces.ts"

const settings = Schema.decodeUnknownSync(Settings)({
  limits: { maxParallel: 4, maxDispatches: 4, overloadThreshold: 100_000 }
})

/** The services that all hosts share. */
export type SharedServices = Context.Context<BeadsCli | DxRunner | PromptStore | Verifier | Workspaces>

export interface Host {
  readonly name: string
  readonly journal: Journal["Type"]
}

/** What a test knows of a dispatcher's process. After `killed` no call of it returns. */
export interface Process {
  readonly killed: Ref.Ref<boolean>
  readonly holdsLock: Ref.Ref<boolean>
  /** No call begins or returns while it is closed. */
  readonly awake: Effect.Latch
  /** So many milliseconds a call takes at most before its work, and after it. */
  readonly pause: number
}

/** Four seconds by TestClock, unless it is said otherwise. */
export const makeProcess = (pause = 4_000): Effect.Effect<Process> =>
  Effect.all({
    killed: Ref.make(false),
    holdsLock: Ref.make(false),
    awake: Effect.makeLatch(true),
    pause: Effect.succeed(pause)
  })

/** The journal of a host, which notes in the process whether it holds the lock. */
const notingLock = (journal: Journal["Type"], { holdsLock }: Process): Journal["Type"] => ({
  ...journal,
  lock: (locking) =>
    Effect.tap(journal.lock(locking), (holder) =>
      Option.isSome(holder)
        ? Effect.void
        : Effect.acquireRelease(Ref.set(holdsLock, true), () => Ref.set(holdsLock, false))
    )
})

/** The call takes time before and after its work. It never returns once the process is killed. */
const slowed =
  ({ awake, killed, pause: most }: Process) =>
  <A, E, R>(call: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.gen(function* () {
      const pause =
        most === 0 ? Effect.void : Effect.flatMap(Random.nextIntBetween(0, most), (millis) => Effect.sleep(millis))
      const gate = Effect.zipRight(
        awake.await,
        Effect.flatMap(Ref.get(killed), (isKilled) => (isKilled ? Effect.never : Effect.void))
      )
      yield* gate
      yield* pause
      yield* gate
      // The tool may still do its work when the process that called it is killed.
      const answer = yield* call
      yield* pause
      yield* gate
      return answer
    })

/** The service with every call slowed. */
export const slowedService = <S extends object>(service: S, process: Process): S => {
  const slow = slowed(process)
  return new Proxy(service, {
    get: (target, name, receiver) => {
      const member: unknown = Reflect.get(target, name, receiver)
      // @effect-diagnostics-next-line anyUnknownInErrorContext:off -- a proxy knows no types
      if (Effect.isEffect(member)) return slow(member)
      if (typeof member !== "function") return member
      return (...args: ReadonlyArray<unknown>) => {
        const result: unknown = Reflect.apply(member, target, args)
        // @effect-diagnostics-next-line anyUnknownInErrorContext:off -- a proxy knows no types
        return Effect.isEffect(result) ? slow(result) : result
      }
    }
  })
}

/** One run of a dispatcher on a host; `number` makes its run id unique. */
export const dispatcher = (shared: SharedServices, host: Host, process: Process, number: number) => {
  const services = Context.make(BeadsCli, slowedService(Context.get(shared, BeadsCli), process)).pipe(
    Context.add(DxRunner, slowedService(Context.get(shared, DxRunner), process)),
    Context.add(PromptStore, slowedService(Context.get(shared, PromptStore), process)),
    Context.add(Verifier, slowedService(Context.get(shared, Verifier), process)),
    Context.add(Workspaces, slowedService(Context.get(shared, Workspaces), process)),
    Context.add(Journal, slowedService(notingLock(host.journal, process), process))
  )
  return Effect.gen(function* () {
    const now = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
    return yield* nightlyRun({
      run: runIdOf(now, number),
      host: host.name,
      repository: { name: "app", path: "/src/app" }
    })
  }).pipe(
    Effect.provide(dispatchIssue.layer.pipe(Layer.provideMerge(Layer.succeedContext(services)))),
    Effect.provideService(CurrentSettings, settings)
  )
}
