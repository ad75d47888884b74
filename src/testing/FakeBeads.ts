import { Clock, Context, Duration, Effect, Layer, Ref } from "effect"
import { BeadsCli } from "../beads/BeadsCli.ts"
import { Intake, Issue, type MalformedIssue } from "../domain/Issue.ts"
import type { Leases } from "../domain/Claim.ts"
import {
  claimIn,
  heartbeatIn,
  issue,
  labelIn,
  noIssue,
  releaseIn,
  type Decision,
  type FakeIssue,
  type Store
} from "./fakeIssues.ts"
import { faultsOf, makeControls, type FakeControls, type Fault, type FaultsOn } from "./faults.ts"

type Service = BeadsCli["Type"]

export interface FakeBeadsScript {
  readonly issues?: ReadonlyArray<FakeIssue>
  /** Records that `openBugs` reports as unreadable. */
  readonly malformed?: ReadonlyArray<MalformedIssue>
  /** How long a claim lasts without a heartbeat. Default: until it is given back. */
  readonly lease?: Duration.DurationInput
  readonly faults?: ReadonlyArray<Fault<Service>>
}

export interface FakeComment {
  readonly id: string
  readonly actor: string
  readonly text: string
}

/** What `FakeBeadsState` offers. */
export interface FakeBeadsShape extends FakeControls<Service> {
  readonly issues: Effect.Effect<ReadonlyArray<Issue>>
  /** Changes an issue behind the service's back, or adds one. */
  readonly edit: (id: string, change: Omit<FakeIssue, "id">) => Effect.Effect<void>
  readonly comments: Effect.Effect<ReadonlyArray<FakeComment>>
}

/**
 * The fake tracker seen from outside: what it holds, what it was asked, and somebody else working in it.
 *
 * @example
 * const state = yield* FakeBeadsState
 * yield* state.edit("bd-1", { status: "closed" }) // a colleague closes it meanwhile
 */
export class FakeBeadsState extends Context.Tag("nightly-dispatch/testing/FakeBeadsState")<
  FakeBeadsState,
  FakeBeadsShape
>() {}

export { issue, type FakeIssue }

const faults = faultsOf<Service>()
/** A fault that acts before anything is done: see `faultsOf`. */
export const on: FaultsOn<Service> = faults.on
/** A fault that acts when everything is done, before the answer: see `faultsOf`. */
export const after: FaultsOn<Service> = faults.after

/**
 * A tracker in memory, as strict as the real one: a claim is taken once, a release gives back only what is ours.
 *
 * @example
 * const tracker = FakeBeads.layer({ issues: [{ id: "bd-1", priority: 0 }, { id: "bd-2", assignee: "Recovery Agent" }] })
 * const held = Effect.flatMap(BeadsCli, (beads) => beads.claim(id, actor)).pipe(Effect.provide(tracker))
 */
export const layer = (script: FakeBeadsScript = {}): Layer.Layer<BeadsCli | FakeBeadsState> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const store = yield* Ref.make<Store>(new Map((script.issues ?? []).map((fake) => [fake.id, issue(fake)])))
      const comments = yield* Ref.make<ReadonlyArray<FakeComment>>([])
      const { call, controls } = yield* makeControls<Service>("BeadsCli", script.faults)

      const issues = Effect.map(Ref.get(store), (all) => {
        const blocks = (id: string) => all.get(id)?.status !== "closed"
        return [...all.values()].map((each) => new Issue({ ...each, blockedBy: each.blockedBy.filter(blocks) }))
      })
      const select = (wanted: (issue: Issue) => boolean) => Effect.map(issues, (all) => all.filter(wanted))
      const leaseEnd = Effect.map(Clock.currentTimeMillis, (now) =>
        script.lease === undefined ? undefined : now + Duration.toMillis(script.lease)
      )
      const change = <A, E>(decide: (all: Store) => Decision<A, E>): Effect.Effect<A, E> =>
        Ref.modify(store, (all) => {
          const [answer, changed] = decide(all)
          return [answer, changed === undefined ? all : new Map(all).set(changed.id, changed)]
        }).pipe(Effect.flatten)

      const service: Service = {
        version: Effect.succeed("a fake tracker").pipe(call("version", undefined, [])),
        openBugs: (filter) =>
          select(
            ({ status, type, priority }) =>
              status === "open" && filter.types.includes(type) && priority <= filter.maxPriority
          ).pipe(
            Effect.map((issues) => new Intake({ issues, malformed: script.malformed ?? [] })),
            call("openBugs", undefined, [filter])
          ),
        show: (id) => Effect.map(issues, (all) => all.find((each) => each.id === id)).pipe(call("show", id, [id])),
        claim: (id, actor, ...seen) =>
          leaseEnd.pipe(
            Effect.flatMap((end) => change((all) => claimIn(all, id, actor, end))),
            call("claim", id, [id, actor, ...seen])
          ),
        release: (id, actor) => change((all) => releaseIn(all, id, actor)).pipe(call("release", id, [id, actor])),
        leases: Effect.succeed<Leases>(script.lease === undefined ? "none" : "renewable").pipe(
          call("leases", undefined, [])
        ),
        heartbeat: (id, actor) =>
          leaseEnd.pipe(
            Effect.flatMap((end) => change((all) => heartbeatIn(all, id, actor, end))),
            call("heartbeat", id, [id, actor])
          ),
        claimsOf: (prefix) =>
          select(({ status, assignee }) => status === "in_progress" && assignee?.startsWith(prefix) === true).pipe(
            call("claimsOf", prefix, [prefix])
          ),
        label: (id, actor, label) =>
          change((all) => labelIn(all, id, label)).pipe(call("label", id, [id, actor, label])),
        comment: (id, actor, text) =>
          Ref.get(store).pipe(
            Effect.filterOrFail(
              (all) => all.has(id),
              () => noIssue("comment", id)
            ),
            Effect.zipRight(Ref.update(comments, (before) => [...before, { id, actor, text }])),
            call("comment", id, [id, actor, text])
          )
      }

      return Context.make(BeadsCli, service).pipe(
        Context.add(FakeBeadsState, {
          ...controls,
          issues,
          comments: Ref.get(comments),
          edit: (id, edited) =>
            Ref.update(store, (all) => new Map(all).set(id, issue({ ...all.get(id), ...edited, id })))
        })
      )
    })
  )
