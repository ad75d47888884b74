import { Clock, Effect, Either, Option, Schema } from "effect"
import { BeadsCli } from "../../beads/BeadsCli.ts"
import { ackOfFoundJob } from "../../domain/Ack.ts"
import { Actor, type ParsedActor } from "../../domain/Actor.ts"
import type { Attempt } from "../../domain/Attempt.ts"
import { taskDigest } from "../../domain/digest.ts"
import type { JournalFailed } from "../../domain/Failure.ts"
import type { Issue } from "../../domain/Issue.ts"
import { isLive } from "../../domain/Job.ts"
import type { RunOptions } from "../../domain/RunOptions.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { Fleet } from "../../journal/Fleet.ts"
import { Notice, Journal } from "../../journal/Journal.ts"
import { DxRunner } from "../../runner/DxRunner.ts"
import { claimOwner, describeOwner, type ClaimOwner } from "./claimOwner.ts"

const decodeActor = Schema.decodeUnknownOption(Actor)

/** An attempt that only the tracker knew of, and when its run began (milliseconds since the epoch). */
export interface Orphan {
  readonly attempt: Attempt
  readonly lastSign: number
}

/** The orphan's job; `undefined` if the runner has none, or only an ended job from before the orphan's run. */
const jobOfOrphan = Effect.fn("orphans.job")(function* ({ id }: Issue, { actor, startedAt }: ParsedActor) {
  const runner = yield* DxRunner
  const answer = yield* Effect.either(runner.job(id, { attempt: actor }))
  // The attempt is settled only when the runner has answered: see `settleAttempt`.
  const job = Either.isRight(answer) ? answer.right : undefined
  return job !== undefined && (isLive(job) || (job.startedAt ?? 0) >= startedAt) ? job : undefined
})

/** Opens an attempt in the journal for an orphan's claim. `recorded`: the journal's settled attempt under the same actor. */
const openAttempt = Effect.fn("orphans.open")(function* (
  issue: Issue,
  parsed: ParsedActor,
  recorded: Attempt | undefined,
  { repository }: RunOptions
) {
  const journal = yield* Journal
  const { actor } = parsed
  yield* Effect.logWarning(
    `${issue.id} is claimed by ${actor}, but the journal has no open attempt for it; settling it`
  )
  const numbers = (yield* journal.of(issue.id)).map(({ number }) => number)
  // A settled attempt still has its claim if the tracker applied the claim of a killed run late.
  const attempt =
    recorded === undefined
      ? yield* journal.intend({
          actor,
          run: parsed.run,
          beads: issue.id,
          number: Math.max(0, ...numbers) + 1,
          digest: taskDigest(issue),
          repository,
          tracker: journal.identity.trackers[0]
        })
      : yield* journal.reopen(actor)
  const job = yield* jobOfOrphan(issue, parsed)
  if (job === undefined) return { attempt, lastSign: parsed.startedAt }
  const ack = ackOfFoundJob(job, "adopted")
  return { attempt: yield* journal.advance(actor, { _tag: "Acknowledged", ack }), lastSign: parsed.startedAt }
})

/** Says whose claim it is, if it is not ours. One that no run will release is an alert as well, once. */
const name = Effect.fn("orphans.name")(function* (issue: Issue, owner: ClaimOwner) {
  const { assignee = "", id } = issue
  const text = describeOwner(issue, owner)
  if (text === undefined) return
  yield* owner._tag === "Elsewhere" ? Effect.logInfo(text) : Effect.logWarning(text)
  if (owner._tag !== "Unowned") return
  const journal = yield* Journal
  yield* journal.notice(Notice.make({ key: `unowned ${id} ${assignee}`, kind: "claim_stuck", beads: id, text }))
})

/** Releases what an agent claimed under its attempt's actor, if that attempt is settled; `settleEarlier` names the others. */
const releaseAgents = Effect.fn("orphans.agents")(function* ({ id }: Issue, { actor, beads, phase }: Attempt) {
  if (phase !== "settled") return
  const tracker = yield* BeadsCli
  yield* Effect.logWarning(`${id} is claimed by ${actor}, the agent of ${beads}, which is settled; releasing it`)
  yield* Effect.catchAll(tracker.release(id, actor), ({ message }) =>
    Effect.logWarning(`${id}: its claim stays until the next run: ${message}`)
  )
})

/**
 * Releases the claim of another state directory, unless its job may run: only its own dispatcher may adopt or end that. Its
 * worktree and its prompt are left alone.
 */
const releaseOver = Effect.fn("orphans.over")(function* ({ id }: Issue, { actor }: ParsedActor) {
  const [beads, runner] = yield* Effect.all([BeadsCli, DxRunner])
  const claimed = `${id} is claimed by ${actor}, which is not of this state directory`
  const job = yield* Effect.either(runner.job(id, { attempt: actor }))
  if (Either.isLeft(job)) {
    return yield* Effect.logWarning(`${claimed}; its claim stays, because the runner cannot tell: ${job.left.message}`)
  }
  if (job.right !== undefined && isLive(job.right)) {
    return yield* Effect.logWarning(
      `${claimed}; its claim stays, because a job of the bug may run (${job.right.phase})`
    )
  }
  yield* beads.release(id, actor).pipe(
    Effect.zipRight(Effect.logWarning(`${claimed}; its run and its job are certainly over: released its claim`)),
    Effect.catchAll(({ message }) => Effect.logWarning(`${claimed}; its claim stays until the next run: ${message}`))
  )
})

/**
 * Finds, among the claims of dispatchers, those that no open attempt of the journal explains. Opens an attempt for each that
 * is ours, releases those whose run and job are certainly over, and names the others.
 */
export const findOrphans = Effect.fn("findOrphans")(function* (
  claims: ReadonlyArray<Issue>,
  options: RunOptions
): Effect.fn.Return<ReadonlyArray<Orphan>, JournalFailed, BeadsCli | DxRunner | Journal> {
  const [journal, settings] = yield* Effect.all([Journal, CurrentSettings])
  const others = yield* Effect.flatMap(Fleet, (fleet) => fleet.others)
  const evidence = {
    identity: journal.identity,
    others,
    host: options.host,
    settings,
    now: yield* Clock.currentTimeMillis
  }
  const orphans: Array<Orphan> = []
  for (const issue of claims) {
    const actor = Option.getOrUndefined(decodeActor(issue.assignee))
    const recorded = actor === undefined ? undefined : yield* journal.find(actor)
    if (recorded !== undefined && recorded.beads !== issue.id) yield* releaseAgents(issue, recorded)
    else if (recorded === undefined || recorded.phase === "settled") {
      const owner = claimOwner(issue, { ...evidence, isRecorded: recorded !== undefined })
      yield* name(issue, owner)
      if (owner._tag === "Over") yield* releaseOver(issue, owner.actor)
      if (owner._tag === "Ours") {
        const orphan = yield* Effect.catchIf(
          openAttempt(issue, owner.actor, recorded, options),
          ({ reason }) => reason === "taken",
          ({ detail }) => Effect.as(Effect.logWarning(`${detail}; its claim is settled after that`), undefined)
        )
        if (orphan !== undefined) orphans.push(orphan)
      }
    }
  }
  return orphans
})
