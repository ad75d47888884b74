import { Schema } from "effect"

/** What an operator is told about a failure. Every failure that can end a command has these fields. */
export interface Explanation {
  /** What failed and why. Our own sentences end without a full stop. */
  readonly what: string
  /** The file, the key, the id or the call that it is about. */
  readonly where?: string | undefined
  /** What to do about it, without the last full stop. */
  readonly next?: string | undefined
}

/**
 * An explanation as one text.
 *
 * @example
 * explained({ where: "journal /srv/journal.db", what: "it is damaged", next: "Move it away" })
 * // "journal /srv/journal.db: it is damaged. Move it away"
 */
export const explained = ({ next, what, where }: Explanation): string => {
  const failure = where === undefined ? what : `${where}: ${what}`
  return next === undefined ? failure : `${failure}${/[.!?]$/.test(failure) ? "" : "."} ${next}`
}

/**
 * What a command prints on stdout with `--json` if it fails as a whole, besides the words on stderr.
 *
 * @example
 * Schema.decodeUnknown(Schema.parseJson(ErrorDocument))(json) // what a failed command printed with `--json`
 */
export const ErrorDocument = Schema.Struct({
  error: Schema.Struct({
    what: Schema.String,
    /** The file, the key, the id or the call that it is about; `null` if there is no such thing. */
    where: Schema.NullOr(Schema.String),
    /** What to do; `null` if that is not known. */
    next: Schema.NullOr(Schema.String),
    /** The exit code of the command. */
    exit: Schema.Int
  })
})
export type ErrorDocument = typeof ErrorDocument.Type

/** The document of a failure that ends a command with this exit code. */
export const errorDocument = ({ next, what, where }: Explanation, exit: number): ErrorDocument => ({
  error: { what, where: where ?? null, next: next ?? null, exit }
})
