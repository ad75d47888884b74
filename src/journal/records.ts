import { Effect, Schema, type ParseResult } from "effect"
import { Attempt } from "../domain/Attempt.ts"
import { AttemptStep } from "../domain/attemptSteps.ts"
import { BeadsId } from "../domain/Ids.ts"
import { Outcome, SkipReason } from "../domain/Outcome.ts"
import { ProviderCheck, RunReport } from "../domain/RunReport.ts"
import type { Redactor } from "../domain/Redaction.ts"
import { Alert } from "./Journal.ts"

/** What stands under these names is looked for again letter by letter: ids, places, hashes, words of a fixed list. */
const AS_IT_IS = new Set(
  `_tag actor base blame branch code digest end how key kind name path phase previousRun provider review run runInstance
   startedAt worktree`.split(/\s+/)
)

const isId = Schema.is(BeadsId)
const isSkipReason = Schema.is(SkipReason)

const stays = (name: string, text: string): boolean =>
  AS_IT_IS.has(name) || (name === "beads" && isId(text)) || (name === "reason" && isSkipReason(text))

/** One kind of record, as a JSON document. */
export interface RecordOf<A> {
  /** The record as it may lie on a disk, without secrets, and its text. Its ids, places and hashes are what they were. */
  readonly encode: (value: A) => Effect.Effect<{ readonly text: string; readonly record: A }, ParseResult.ParseError>
  readonly decode: (text: unknown) => Effect.Effect<A, ParseResult.ParseError>
}

const recordOf = <A, I>(schema: Schema.Schema<A, I>, redact: Redactor): RecordOf<A> => {
  const encode = Schema.encode(schema)
  const decode = Schema.decodeUnknown(Schema.parseJson(schema))
  const told = (name: string, value: unknown): unknown =>
    typeof value === "string" && !stays(name, value) ? redact(value) : value
  return {
    decode,
    encode: (value) =>
      Effect.gen(function* () {
        const text = JSON.stringify(yield* encode(value), told)
        return { text, record: yield* decode(text) }
      })
  }
}

/**
 * The journal's records. Whatever is written goes through here, and of every text that is not named above the secrets are
 * taken out: what a tool said of its failure, and also a field that is added tomorrow.
 */
export const makeRecords = (redact: Redactor) => ({
  attempts: recordOf(Attempt, redact),
  steps: recordOf(AttemptStep, redact),
  outcomes: recordOf(Outcome, redact),
  checks: recordOf(ProviderCheck, redact),
  reports: recordOf(RunReport, redact),
  alerts: recordOf(Alert, redact)
})
