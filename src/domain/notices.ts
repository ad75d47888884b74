import { Effect, Ref } from "effect"

/** Log lines about what persists: each is a warning when it begins or changes, and a debug line while it stays. */
export interface Notices {
  /** Something is wrong with the subject. */
  readonly warn: (subject: string, text: string) => Effect.Effect<void>
  /** Nothing is wrong with the subject any more. Logs the text if something was. */
  readonly clear: (subject: string, text?: string) => Effect.Effect<void>
}

/**
 * Notices that remember what they have said.
 *
 * @example
 * const notices = yield* makeNotices
 * yield* notices.warn("tracker", "bd does not answer") // a warning; said again, a debug line
 */
export const makeNotices: Effect.Effect<Notices> = Effect.map(
  Ref.make<ReadonlyMap<string, string>>(new Map()),
  (said) => ({
    warn: (subject, text) =>
      Ref.modify(said, (all) => [all.get(subject) !== text, new Map(all).set(subject, text)]).pipe(
        Effect.flatMap((isNew) => (isNew ? Effect.logWarning(text) : Effect.logDebug(text)))
      ),
    clear: (subject, text) =>
      Ref.modify(said, (all) => [all.has(subject), new Map([...all].filter(([other]) => other !== subject))]).pipe(
        Effect.flatMap((had) => (had && text !== undefined ? Effect.logInfo(text) : Effect.void))
      )
  })
)
