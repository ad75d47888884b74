import { Schema } from "effect"

const where = {
  /** The name of the remote in the clone. */
  remote: Schema.String,
  /** Its name in the clone and on the remote, without `refs/heads/`. */
  branch: Schema.String,
  /** Milliseconds since the epoch. */
  at: Schema.JsonNumber
}

/**
 * The branch is on the remote, at this commit.
 *
 * @example
 * (work: PushedWork) => Schema.is(Pushed)(work) // whether a review can do without the host that made the work
 */
export const Pushed = Schema.TaggedStruct("Pushed", { ...where, commit: Schema.String })
export type Pushed = typeof Pushed.Type

/**
 * What became of the push of kept work: see the setting `workspace.push`. `NotPushed`: `why`, and the next settle tries again.
 *
 * @example
 * Schema.decodeUnknownSync(PushedWork)({ _tag: "Pushed", remote: "origin", branch: "fix", at: 0, commit: "1a2b3c4" })
 */
export const PushedWork = Schema.Union(Pushed, Schema.TaggedStruct("NotPushed", { ...where, why: Schema.String }))
export type PushedWork = typeof PushedWork.Type

/**
 * The place of the pushed branch; `undefined` if it was not pushed.
 *
 * @example
 * pushedOf({ _tag: "NotPushed", remote: "origin", branch: "fix", at: 0, why: "no answer" }) // undefined
 */
export const pushedOf = (work: PushedWork | undefined): Pushed | undefined =>
  work?._tag === "Pushed" ? work : undefined

/**
 * What became of the push, for a person.
 *
 * @example
 * pushInWords({ _tag: "NotPushed", remote: "origin", branch: "fix", at: 0, why: "no answer" }) // "not pushed to origin: no answer"
 */
export const pushInWords = (work: PushedWork): string =>
  work._tag === "Pushed"
    ? `pushed to ${work.remote} at ${work.commit.slice(0, 8)}`
    : `not pushed to ${work.remote}: ${work.why}`
