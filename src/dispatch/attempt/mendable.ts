import { Effect } from "effect"
import { comment } from "../../beads/comment.ts"
import type { Actor } from "../../domain/Actor.ts"
import type { Blame } from "../../domain/Blame.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { digest } from "../../domain/digest.ts"
import type { Needed } from "../../domain/Needed.ts"
import { oneLine } from "../../domain/Text.ts"
import { Notice, Journal } from "../../journal/Journal.ts"
import { normalise } from "../plan/normalise.ts"

/** What a person does about a failure, by whose fault it is. The others pass, or are the bug's own. */
const NEXT_STEPS: Readonly<Partial<Record<Blame, string>>> = {
  provider: "nightly-dispatch preflight shows which provider works; log in again, or wait for its quota",
  config: "mend the setting; nightly-dispatch config show says where it is from",
  host: "mend it on this host; nightly-dispatch status says what else needs you"
}

/** Characters of a comment's reason, and of the part by which reasons are told apart. A key holds its digest only: no secret. */
const LONGEST = 500
const NAME = 200

/** A failure that may be one that a person can mend. */
interface Failure {
  readonly beads: BeadsId
  readonly blame?: Blame | undefined
  readonly needs?: Needed | undefined
  readonly detail: string
}

/**
 * Writes onto the bug why it was not worked on, with the next step, if a person can mend that: what an agent needs, a provider's quota, a
 * setting, the repository. Once for each bug and reason, because the tracker cannot change a comment. No result depends on it.
 */
export const commentOnMendable = Effect.fn("mendable.comment")(
  function* ({ beads, blame, detail, needs }: Failure, actor: Actor) {
    const next =
      needs === undefined ? blame && NEXT_STEPS[blame] : `${needs.next}; then nightly-dispatch retry ${beads}`
    if (next === undefined) return
    const journal = yield* Journal
    const text = `This bug was not worked on: ${oneLine(detail, LONGEST)}. Next step: ${next}.`
    const key = `mendable ${beads} ${digest(normalise(oneLine(detail, NAME)))}`
    const isNew = yield* journal.notice(Notice.make({ key, kind: "mendable", beads, text }))
    if (isNew) yield* comment(beads, actor, text, "its failure")
  },
  Effect.catchAll(({ message }) => Effect.logWarning(`cannot write down why a bug was not worked on: ${message}`))
)
