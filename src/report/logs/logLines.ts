import type { Redactor } from "../../domain/Redaction.ts"
import { visibleLine } from "../../domain/Text.ts"

/** Characters. The rest of a longer line is not shown. */
const LONGEST = 64 * 1024
/** Of a line that is cut, the last characters are not shown: they may be the beginning of a secret. */
const DOUBTFUL = 4096
const CUT = " … (the rest of this line is not shown)"

const KEY_BEGINS = /-----BEGIN[A-Z0-9 ]{0,33}PRIVATE KEY/
const KEY_ENDS = /-----END[A-Z0-9 ]{0,33}PRIVATE KEY/
/** Lines. No private key has as many. */
const LONGEST_KEY = 200

/** Turns the bytes of a log, in chunks of any size, into lines for a person. */
export interface LogLines {
  /** The lines that these bytes complete. */
  readonly feed: (bytes: Uint8Array) => ReadonlyArray<string>
  /** What follows the last line break, as far as it was fed. The next bytes begin a new line. */
  readonly end: () => ReadonlyArray<string>
}

/** Redacts line by line. A private key has many lines: they are left out. */
const makeRedactLine = (redact: Redactor) => {
  let keyLines = 0
  return (line: string): ReadonlyArray<string> => {
    if (keyLines > 0) {
      keyLines = KEY_ENDS.test(line) || keyLines >= LONGEST_KEY ? 0 : keyLines + 1
      return []
    }
    if (KEY_BEGINS.test(line) && !KEY_ENDS.test(line)) keyLines = 1
    return [redact(line)]
  }
}

/**
 * A reader of one log. Redacts each line as a whole, so that a secret at the border of two chunks is found, and makes control
 * characters visible. Needs memory for one line, of which it keeps a bounded part.
 *
 * @example
 * const lines = makeLogLines(redact)
 * const shown = [...lines.feed(bytes), ...lines.end()]
 */
export const makeLogLines = (redact: Redactor): LogLines => {
  let decoder = new TextDecoder()
  let rest = ""
  let isCut = false
  const redactLine = makeRedactLine(redact)
  const shown = (line: string): ReadonlyArray<string> => redactLine(line).map(visibleLine)
  /** A carriage return overwrites the line on a terminal: what was overwritten is shown too. */
  const complete = (line: string): ReadonlyArray<string> => {
    const parts = line.split("\r").filter((part, index) => part !== "" || index === 0)
    return parts.flatMap(shown)
  }
  const cut = (): ReadonlyArray<string> => {
    const text = rest.slice(0, LONGEST)
    isCut = true
    rest = ""
    return redactLine(text).map((line) => visibleLine(line.slice(0, -DOUBTFUL)) + CUT)
  }
  const take = (text: string): ReadonlyArray<string> => {
    const [first = "", ...others] = text.split("\n")
    const lines: Array<string> = []
    rest += first
    for (const next of others) {
      if (isCut) isCut = false
      else if (rest.length > LONGEST) {
        lines.push(...cut())
        isCut = false
      } else lines.push(...complete(rest))
      rest = next
    }
    if (isCut) rest = ""
    else if (rest.length > LONGEST) lines.push(...cut())
    return lines
  }
  return {
    feed: (bytes) => take(decoder.decode(bytes, { stream: true })),
    end: () => {
      const lines = take(`${decoder.decode()}\n`)
      decoder = new TextDecoder()
      return lines.at(-1) === "" ? lines.slice(0, -1) : lines
    }
  }
}
