import { Effect } from "effect"
import { oneLine, wellFormed } from "../domain/Text.ts"

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Bytes of a text in UTF-8. */
export const byteLength = (text: string): number => encoder.encode(text).length

/**
 * The longest beginning of a text that has at most `limit` bytes of UTF-8. Never splits a character.
 *
 * @example
 * cutToBytes("naïve", 3) // "na"
 */
export const cutToBytes = (text: string, limit: number): string => {
  const bytes = encoder.encode(text)
  if (bytes.length <= limit) return text
  let end = Math.max(0, Math.floor(limit))
  // A continuation byte starts with the bits 10: the cut would be inside a character.
  for (let step = 0; step < 3 && end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80; step++) end--
  return decoder.decode(bytes.subarray(0, end))
}

/**
 * Text of others as a reader sees it. All line ends become newlines. Removes control characters but newline and tab,
 * marks that reorder or hide text, and Unicode's invisible tag letters. Half a surrogate pair becomes U+FFFD.
 */
export const visible = (text: string): string =>
  wellFormed(
    text
      .replace(/\r\n?|\u0085|\u2028|\u2029/g, "\n")
      .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g, "")
      .replace(/[\u{e0000}-\u{e007f}]/gu, "")
  )

/** Text of others as one safe line of at most `max` characters. */
export const safeLine = (text: string, max = 300): string =>
  // `oneLine` looks at eight times as many characters as it keeps.
  oneLine(visible(text.slice(0, 8 * max)), max)

/**
 * A marker that does not occur in the text: the given marker, with zeros appended if the text contains it. A random marker
 * is practically never in the text; then this returns it unchanged.
 */
export const absentFrom = (text: string, marker: string): string => {
  let zeros = -1
  for (let at = text.indexOf(marker); at >= 0; at = text.indexOf(marker, at + 1)) {
    let run = 0
    while (text[at + marker.length + run] === "0") run++
    zeros = Math.max(zeros, run)
  }
  return marker + "0".repeat(zeros + 1)
}

/**
 * A fence's marker from random bytes, as hexadecimal digits. Sixteen bytes are plenty.
 *
 * @example
 * makeMarker(randomBytes(16))
 */
export const makeMarker = (random: Uint8Array): string =>
  Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("")

/** A marker that the author of a bug cannot guess. */
export const randomMarker: Effect.Effect<string> = Effect.sync(() =>
  makeMarker(crypto.getRandomValues(new Uint8Array(16)))
)
