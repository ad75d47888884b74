// eslint-disable-next-line no-control-regex -- control characters are what is being removed
const BREAKS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\s]+/g
/** Finds the first of `BREAKS` that is not a single space: most texts have none, and each log line is asked a few times. */
// eslint-disable-next-line no-control-regex -- as above
const BREAK = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]|[^\S ]| {2}/

/**
 * Turns text from other programs into one log line: control characters (also the C1 range and the Unicode line separators)
 * become spaces, several spaces become one, and a text longer than `max` characters is cut with an ellipsis.
 *
 * @example
 * oneLine("boom\n  at x") // "boom at x"
 */
export const oneLine = (text: string, max = 300): string => {
  const part = text.slice(0, max * 8)
  const flat = (BREAK.test(part) ? part.replace(BREAKS, " ") : part).trim()
  if (flat.length <= max) return flat
  const points = Array.from(flat)
  return points.length > max ? `${points.slice(0, max - 1).join("")}…` : flat
}

/**
 * A number with its noun, whose plural ends with s.
 *
 * @example
 * counted(2, "file") // "2 files"
 */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`

/**
 * Each half of a surrogate pair becomes U+FFFD: UTF-8 has none, and many readers of JSON refuse one.
 *
 * @example
 * wellFormed("a\ud800") // "a\ufffd"
 */
export const wellFormed = (text: string): string => text.replace(/\p{Surrogate}/gu, "\ufffd")

/** Characters. The messages of a tool have a few thousand; what floods its output says no more. */
export const MESSAGE_LENGTH = 65_536

/**
 * The part of a tool's output in which messages are looked for: at most `max` characters of it, half from its beginning and half
 * from its end.
 *
 * @example
 * excerpt("abcdefgh", 4) // "ab\ngh"
 */
export const excerpt = (text: string, max = MESSAGE_LENGTH): string =>
  text.length <= max ? text : `${text.slice(0, Math.ceil(max / 2))}\n${text.slice(-Math.floor(max / 2))}`

/**
 * Removes the escape codes that colour a terminal.
 *
 * @example
 * colourless("\u001b[91mError: \u001b[0mno") // "Error: no"
 */
export const colourless = (text: string): string => text.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, "")

const named = (character: string): string => {
  const code = character.charCodeAt(0)
  if (code < 0x20) return `^${String.fromCharCode(code + 0x40)}`
  return code === 0x7f ? "^?" : `<U+${code.toString(16).toUpperCase().padStart(4, "0")}>`
}

/**
 * One line of text from other programs as a terminal may show it: all control characters, and marks that reorder or hide text, are
 * visible, as `less` shows them. Tabs stay.
 *
 * @example
 * visible("a\u001b[8mb\u202e") // "a^[[8mb<U+202E>"
 */
export const visible = (text: string): string =>
  text.replace(
    /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    named
  )

/**
 * `visible`, without the colours of a log.
 *
 * @example
 * visibleLine("\u001b[31ma\u001b[0m\u001b]0;title\u0007b") // "a^[]0;title^Gb"
 */
export const visibleLine = (text: string): string => visible(colourless(text))
