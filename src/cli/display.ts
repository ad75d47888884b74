import stringWidth from "string-width"

const graphemes = new Intl.Segmenter()

export const DIM = 2

/** `text` in the colour of this SGR code, if `color` is on. */
export const paint = (color: boolean, code: number, text: string): string =>
  color ? `\u001b[${code}m${text}\u001b[0m` : text

/** How many columns a terminal needs for this text: 2 for each CJK character or emoji, 0 for colours. */
export const widthOf = (text: string): number => stringWidth(text)

/** `text` with spaces behind it, up to `width` columns. */
export const padTo = (width: number, text: string): string => text + " ".repeat(Math.max(0, width - widthOf(text)))

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
  for (const { segment } of graphemes.segment(text)) {
    used += widthOf(segment)
    if (used > width) break
    cut += segment
  }
  return `${cut}…`
}
