import { Effect, Schema, type ParseResult } from "effect"
import { BeadsId } from "./Ids.ts"
import { JournalFailed, TrackerFailed } from "./Failure.ts"
import { SkipReason } from "./Outcome.ts"
import { RunProblem } from "./RunEnd.ts"
import type { Redactor } from "./Redaction.ts"

/** Fields that later code compares: ids, paths, hashes, words of a fixed list. A redacted value would not be equal. */
const NEVER_REDACTED = new Set(
  `_tag actor base blame branch change changes code decision digest end fingerprint head how id key kind level name path phase
   previousRun provider review run runInstance startedAt tip worktree`.split(/\s+/)
)

const isId = Schema.is(BeadsId)
const isReason = Schema.is(Schema.Union(SkipReason, TrackerFailed.fields.reason, JournalFailed.fields.reason))
const isProblem = Schema.is(RunProblem)

const isKept = (name: string, text: string): boolean =>
  NEVER_REDACTED.has(name) ||
  (name === "beads" && isId(text)) ||
  (name === "reason" && isReason(text)) ||
  (name === "problem" && isProblem(text))

/** Writes one kind of record as JSON without secrets, and reads it. */
export interface RecordCodec<A> {
  /** The record without secrets, and its JSON text. Ids, paths and hashes are unchanged. */
  readonly encode: (value: A) => Effect.Effect<{ readonly text: string; readonly record: A }, ParseResult.ParseError>
  /** The text of `encode` alone, in half the time. */
  readonly textOf: (value: A) => Effect.Effect<string, ParseResult.ParseError>
  readonly decode: (text: unknown) => Effect.Effect<A, ParseResult.ParseError>
}

/**
 * Encodes and decodes by the schema, and removes secrets from every field that is not in `NEVER_REDACTED`, also from fields that
 * are added later.
 */
export const redactedCodec = <A, I>(schema: Schema.Schema<A, I>, redact: Redactor): RecordCodec<A> => {
  const encode = Schema.encode(schema)
  const decode = Schema.decodeUnknown(Schema.parseJson(schema))
  const redactField = (name: string, value: unknown): unknown =>
    typeof value === "string" && !isKept(name, value) ? redact(value) : value
  const textOf = (value: A) => Effect.map(encode(value), (encoded) => JSON.stringify(encoded, redactField))
  return {
    decode,
    textOf,
    encode: (value) => Effect.flatMap(textOf(value), (text) => Effect.map(decode(text), (record) => ({ text, record })))
  }
}
