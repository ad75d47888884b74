import { Effect } from "effect"
import type { RecordCodec } from "../domain/redactedCodec.ts"

/**
 * A character that no text uses (a noncharacter of Unicode). Before a digit it stands for what Postgres cannot keep in JSON: NUL,
 * and half a surrogate pair. Every journal is written so, so that its rows can be copied from one database to another.
 */
const MARK = "\u{fdd0}"
const HALF = /[\0\p{Surrogate}\u{fdd0}]/gu
const MARKED = /\u{fdd0}([0-9a-f]{4})/gu

const marked = (text: string): string =>
  text.replace(HALF, (character) => MARK + character.charCodeAt(0).toString(16).padStart(4, "0"))

/**
 * The text as it was before it was stored.
 *
 * @example
 * restoredText(row.detail)
 */
export const restoredText = (text: string): string =>
  text.includes(MARK) ? text.replace(MARKED, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16))) : text

const inStrings =
  (change: (text: string) => string) =>
  (json: string): string =>
    JSON.stringify(JSON.parse(json), (_, value: unknown) => (typeof value === "string" ? change(value) : value))

/** What `JSON.stringify` writes for such characters. It may also be a backslash and these letters: that costs time only. */
const MAY_HOLD = /\\u(?:0000|d[89a-f])|\u{fdd0}/u

/** A JSON document as any database can keep it. */
export const stored = (json: string): string => (MAY_HOLD.test(json) ? inStrings(marked)(json) : json)

/** The JSON document as it was. */
export const restored = (json: string): string => (json.includes(MARK) ? inStrings(restoredText)(json) : json)

/** The codec of a record, of which any database can keep the text. */
export const storedCodec = <A>(codec: RecordCodec<A>): RecordCodec<A> => ({
  encode: (value) => Effect.map(codec.encode(value), ({ record, text }) => ({ record, text: stored(text) })),
  textOf: (value) => Effect.map(codec.textOf(value), stored),
  decode: (text) => codec.decode(typeof text === "string" ? restored(text) : text)
})

/** A text for a column of its own, which is only shown. */
export const shownText = (text: string): string => text.replaceAll("\0", "\u{fffd}")
