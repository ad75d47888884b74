import { Clock, Context, Duration, Effect, Layer, Ref } from "effect"
import { BeadsCli, type Beads } from "../beads/BeadsCli.ts"
import { isWanted, othersIn } from "../beads/intake.ts"
import { Intake, Issue, type MalformedIssue } from "../domain/Issue.ts"
import {
  claimIn,
  closeIn,
  commentIn,
  heartbeatIn,
  issue,
  labelIn,
  releaseIn,
  unlabelIn,
  type Decision,
  type FakeIssue,
  type Store
} from "./fakeIssues.ts"
import { trackerLimits } from "./fakeReadBack.ts"
import { faultsOf, makeControls, type FakeControls, type Fault } from "./faults.ts"

/** What the fake holds and does at its beginning, and its faults. */
export interface FakeBeadsScript {
  readonly issues?: ReadonlyArray<FakeIssue>
  /** Records that `openBugs` reports as malformed. */
  readonly malformed?: ReadonlyArray<MalformedIssue>
  /** The duration of a claim without a heartbeat. Default: claims are not leases. */
  readonly lease?: Duration.DurationInput
  readonly faults?: ReadonlyArray<Fault<Beads>>
}

/** A comment in the fake tracker. */
export interface FakeComment {
  readonly id: string
  readonly actor: string
  readonly text: string
}

/**
 * The fake tracker for a test's assertions: its issues and comments, the calls it received, and changes by other users.
 *
 * @example
 * const state = yield* FakeBeadsState
 * yield* state.edit("bd-1", { status: "closed" }) // a colleague closes it
 */
export class FakeBeadsState extends Context.Tag("nightly-dispatch/testing/FakeBeadsState")<
  FakeBeadsState,
  FakeControls<Beads> & {
    readonly issues: Effect.Effect<ReadonlyArray<Issue>>
    /** Changes or adds an issue as another user of the tracker. The service's `calls` do not show it. */
    readonly edit: (id: string, change: Omit<FakeIssue, "id">) => Effect.Effect<void>
    readonly comments: Effect.Effect<ReadonlyArray<FakeComment>>
  }
>() {}

export { issue, type FakeIssue }

/**
 * Faults before a call does anything, and after it has done everything: see `faultsOf`.
 *
 * @example
 * FakeBeads.layer({ faults: [FakeBeads.on("show", "bd-1").delays("20 seconds"), FakeBeads.after("claim").hangs()] })
 */
export const { after, on } = faultsOf<Beads>()

/** The issues, without the blockers that are closed. */
const issuesIn = (all: Store): ReadonlyArray<Issue> => {
  const blocks = (id: string) => all.get(id)?.status !== "closed"
  return [...all.values()].map((each) => new Issue({ ...each, blockedBy: each.blockedBy.filter(blocks) }))
}

/** The service, without faults and without a list of calls. */
const serviceOn = (
  store: Ref.Ref<Store>,
  comments: Ref.Ref<ReadonlyArray<FakeComment>>,
  { lease, malformed = [] }: FakeBeadsScript
): Beads => {
  const select = (wanted: (issue: Issue) => boolean) =>
    Effect.map(Ref.get(store), (all) => issuesIn(all).filter(wanted))
  const leaseEnd = Effect.map(Clock.currentTimeMillis, (now) =>
    lease === undefined ? undefined : now + Duration.toMillis(lease)
  )
  const change = <A, E>(decide: (all: Store) => Decision<A, E>): Effect.Effect<A, E> =>
    Ref.modify(store, (all) => {
      const [answer, changed] = decide(all)
      return [answer, changed === undefined ? all : new Map(all).set(changed.id, changed)]
    }).pipe(Effect.flatten)

  return {
    version: Effect.succeed("a fake tracker"),
    openBugs: (filter) =>
      Effect.map(Ref.get(store), (all) => {
        const issues = issuesIn(all).filter((issue) => isWanted(issue, filter))
        const isEmpty = issues.length + malformed.length === 0
        return new Intake({ issues, malformed, others: isEmpty ? othersIn(all.values(), filter) : undefined })
      }),
    show: (id, include) =>
      Effect.map(
        select((each) => each.id === id),
        ([found]) => (found === undefined || include === "comments" ? found : new Issue({ ...found, comments: [] }))
      ),
    claim: (id, actor) => Effect.flatMap(leaseEnd, (end) => change((all) => claimIn(all, id, actor, end))),
    release: (id, actor) => change((all) => releaseIn(all, id, actor)),
    leases: Effect.succeed(lease === undefined ? "none" : "renewable"),
    heartbeat: (id, actor) => Effect.flatMap(leaseEnd, (end) => change((all) => heartbeatIn(all, id, actor, end))),
    claimsOf: (prefix) =>
      select(({ assignee, status }) => status === "in_progress" && assignee?.startsWith(prefix) === true),
    label: (id, _actor, label) => change((all) => labelIn(all, id, label)),
    unlabel: (id, _actor, label) => change((all) => unlabelIn(all, id, label)),
    close: (id) => Effect.flatMap(Clock.currentTimeMillis, (now) => change((all) => closeIn(all, id, now))),
    comment: (id, actor, text) =>
      Clock.currentTimeMillis.pipe(
        Effect.flatMap((createdAt) => change((all) => commentIn(all, id, { author: actor, createdAt, text }))),
        Effect.zipRight(Ref.update(comments, (before) => [...before, { id, actor, text }]))
      )
  }
}

/**
 * A tracker in memory, as strict as the real one: only one actor gets a claim, and a release leaves a claim of another
 * actor alone.
 *
 * @example
 * const tracker = FakeBeads.layer({ issues: [{ id: "bd-1", priority: 0 }, { id: "bd-2", assignee: "Recovery Agent" }] })
 * const claim = Effect.flatMap(BeadsCli, (beads) => beads.claim(id, actor)).pipe(Effect.provide(tracker))
 */
export const layer = (script: FakeBeadsScript = {}): Layer.Layer<BeadsCli | FakeBeadsState> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const store = yield* Ref.make<Store>(new Map((script.issues ?? []).map((fake) => [fake.id, issue(fake)])))
      const comments = yield* Ref.make<ReadonlyArray<FakeComment>>([])
      const { call, controls } = yield* makeControls<Beads>("BeadsCli", script.faults, trackerLimits(store))
      const beads = serviceOn(store, comments, script)

      const service: Beads = {
        version: beads.version.pipe(call("version", undefined, [])),
        openBugs: (filter) => beads.openBugs(filter).pipe(call("openBugs", undefined, [filter])),
        show: (...args) => beads.show(...args).pipe(call("show", args[0], args)),
        claim: (...args) => beads.claim(...args).pipe(call("claim", args[0], args)),
        release: (...args) => beads.release(...args).pipe(call("release", args[0], args)),
        leases: beads.leases.pipe(call("leases", undefined, [])),
        heartbeat: (...args) => beads.heartbeat(...args).pipe(call("heartbeat", args[0], args)),
        claimsOf: (prefix) => beads.claimsOf(prefix).pipe(call("claimsOf", prefix, [prefix])),
        label: (...args) => beads.label(...args).pipe(call("label", args[0], args)),
        unlabel: (...args) => beads.unlabel(...args).pipe(call("unlabel", args[0], args)),
        close: (...args) => beads.close(...args).pipe(call("close", args[0], args)),
        comment: (...args) => beads.comment(...args).pipe(call("comment", args[0], args))
      }

      return Context.make(BeadsCli, service).pipe(
        Context.add(FakeBeadsState, {
          ...controls,
          issues: Effect.map(Ref.get(store), issuesIn),
          comments: Ref.get(comments),
          edit: (id, edited) =>
            Ref.update(store, (all) => new Map(all).set(id, issue({ ...all.get(id), ...edited, id })))
        })
      )
    })
  )
