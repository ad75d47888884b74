import stringWidth from "fast-string-width"

let segmenter: Intl.Segmenter | undefined
/** The segmenter is made by the first text that is cut: it reads large tables. */
const graphemesOf = (text: string): Intl.Segments => (segmenter ??= new Intl.Segmenter()).segment(text)

export const DIM = 2

/** `text` in the colour of this SGR code, if `color` is on. */
export const paint = (color: boolean, code: number, text: string): string =>
  color ? `\u001b[${code}m${text}\u001b[0m` : text

/** Characters of one column each: printable ASCII, and the signs of our own texts. */
const NARROW = /^[ -~·●…–’“”]*$/

/** Control characters take no column. */
const NO_CONTROL = { tabWidth: 0 }

/** How many columns a terminal needs for this text: 2 for each CJK character or emoji, 0 for colours. */
export const widthOf = (text: string): number => (NARROW.test(text) ? text.length : stringWidth(text, NO_CONTROL))

/** `text` with spaces behind it, up to `width` columns. */
export const padTo = (width: number, text: string): string => text + " ".repeat(Math.max(0, width - widthOf(text)))

/** `text` with spaces in front of it, up to `width` columns. */
export const padBefore = (width: number, text: string): string => " ".repeat(Math.max(0, width - widthOf(text))) + text

/**
 * `text` cut to at most `width` columns, with an ellipsis where it was cut.
 *
 * @example
 * cutTo(5, "日本語") // "日本…"
 */
export const cutTo = (width: number, text: string): string => {
  if (widthOf(text) <= width) return text
  let cut = ""
  let used = 1
  for (const { segment } of graphemesOf(text)) {
    used += widthOf(segment)
    if (used > width) break
    cut += segment
  }
  return `${cut}…`
}

/** `text` cut to at most `width` columns, and what is left of it. */
const split = (width: number, text: string): readonly [string, string] => {
  let end = 0
  let used = 0
  for (const { index, segment } of graphemesOf(text)) {
    used += widthOf(segment)
    if (used > width && index > 0) break
    end = index + segment.length
  }
  return [text.slice(0, end), text.slice(end)]
}

/** Not inside of a short remark such as `(1 h 20 min ago)`, which is hard to read on two lines. */
const BREAK = / (?<!\([^()]{0,20} )| (?![^()]{0,20}\))/

/**
 * `text` in lines of at most `width` columns, broken between words; a longer word, such as a path, is broken inside.
 *
 * @example
 * wrapTo(9, "the job failed") // ["the job", "failed"]
 */
export const wrapTo = (width: number, text: string): ReadonlyArray<string> => {
  const lines: Array<string> = []
  let line = ""
  for (const word of text.split(BREAK)) {
    const longer = line === "" ? word : `${line} ${word}`
    if (widthOf(longer) <= width) {
      line = longer
      continue
    }
    if (line !== "") lines.push(line)
    line = word
    while (widthOf(line) > width) {
      const [full, rest] = split(width, line)
      lines.push(full)
      line = rest
    }
  }
  return [...lines, line]
}
