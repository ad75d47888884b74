import { Effect } from "effect"
import { JournalFailed } from "../domain/Failure.ts"
import type { RecordCodec } from "../domain/redactedCodec.ts"

/** The record as the real journal would store it: without secrets. */
export const asWritten = <A>(codec: RecordCodec<A>, value: A): Effect.Effect<A, JournalFailed> =>
  Effect.mapBoth(codec.encode(value), {
    onFailure: ({ message }) => new JournalFailed({ file: "memory", reason: "unusable", detail: message }),
    onSuccess: ({ record }) => record
  })
