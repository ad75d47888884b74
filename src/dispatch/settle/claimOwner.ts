import { DateTime, Duration } from "effect"
import { hostOf, parseActor, type ParsedActor } from "../../domain/Actor.ts"
import { isOwn, type Identity, type Mark } from "../../domain/Identity.ts"
import { isMistaken } from "../../domain/BootClock.ts"
import type { Issue } from "../../domain/Issue.ts"
import type { Settings } from "../../domain/Settings.ts"
import { jobCertainlyOver } from "../../domain/longestTimes.ts"

/** The age at which a claim's run and job are certainly over, whatever state directory the run used. */
export const certainlyOver = ({ limits, timeouts }: Pick<Settings, "limits" | "timeouts">): Duration.Duration =>
  Duration.sum(timeouts.run, jobCertainlyOver({ limits }))

/** Whose claim it is that no open attempt of this journal explains. */
export type ClaimOwner =
  /** Made by this dispatcher: it holds the run lock of its state directory, so the run that made it is over. */
  | { readonly _tag: "Ours"; readonly actor: ParsedActor }
  /** Another state directory's, of this host, and so old that its run and its job are certainly over. */
  | { readonly _tag: "Over"; readonly actor: ParsedActor }
  /** It may belong to a run or a job that is alive. `until`: when it will be taken for over, in milliseconds since the epoch. */
  | { readonly _tag: "MayLive"; readonly until: number }
  /** No run will ever release it. */
  | { readonly _tag: "Unowned"; readonly why: string }
  /** Another host's, and not old: that host settles it. */
  | { readonly _tag: "Elsewhere" }

/** What the owner of a claim is judged by. */
export interface ClaimEvidence {
  readonly identity: Identity
  /** The marks of the other hosts that share the journal: each settles its own. */
  readonly others: ReadonlySet<Mark>
  /** The name of this host. */
  readonly host: string
  /** Whether this journal holds a settled attempt under the claim's actor. */
  readonly isRecorded: boolean
  readonly settings: Pick<Settings, "limits" | "timeouts">
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** Whose claim this is. The host's name alone proves nothing: it decides only whether an old claim is released here. */
export const claimOwner = (
  { assignee = "" }: Pick<Issue, "assignee">,
  { host, identity, isRecorded, now, others, settings }: ClaimEvidence
): ClaimOwner => {
  const actor = parseActor(assignee)
  if (actor === undefined) return { _tag: "Unowned", why: "it was made by hand" }
  if (actor.mark !== undefined && others.has(actor.mark)) return { _tag: "Elsewhere" }
  if (isRecorded || (actor.mark !== undefined && isOwn(identity, actor.mark))) return { _tag: "Ours", actor }
  if (isMistaken(actor.startedAt, now)) {
    return {
      _tag: "Unowned",
      why: "the time in its name has not come yet, so a clock was wrong and its age is not known"
    }
  }
  const until = actor.startedAt + Duration.toMillis(certainlyOver(settings))
  const isHere = actor.host === hostOf(host)
  if (now <= until) return isHere ? { _tag: "MayLive", until } : { _tag: "Elsewhere" }
  return isHere
    ? { _tag: "Over", actor }
    : { _tag: "Unowned", why: `it is ${actor.host}'s and older than any run and job of ours may be` }
}

/** Whose claim it is, in words, with what to do; `undefined` if this run settles it. */
export const describeOwner = ({ assignee = "", id }: Issue, owner: ClaimOwner): string | undefined => {
  const release = `to release it now: nightly-dispatch release ${id}`
  switch (owner._tag) {
    case "MayLive": {
      const until = DateTime.formatIso(DateTime.unsafeMake(owner.until))
      return `${id} is claimed by ${assignee}, which is not of this state directory. If that one is gone, the claim is released after ${until}; ${release}`
    }
    case "Unowned":
      return `${id} is claimed by ${assignee}, and no run will release it: ${owner.why}. If no agent works on it, ${release}`
    case "Elsewhere":
      return `${id} is claimed by ${assignee}, another host's, which settles it. If that host is gone, no run will release it; ${release}`
    case "Ours":
    case "Over":
      return undefined
  }
}
