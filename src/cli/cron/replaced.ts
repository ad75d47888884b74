import { Either } from "effect"
import { digest } from "../../domain/digest.ts"
import { oneLine } from "../../domain/Text.ts"
import { isEntry } from "../../report/schedule/crontab.ts"
import { blockIn, blockLines, outsideBlocks, withoutBlock } from "./block.ts"

/** A line of another job that `cron install --replace` put out of service. */
export interface ReplacedLine {
  /** Its place in the crontab without our lines and with all replaced lines. From 0. */
  readonly index: number
  /** Its very bytes, with its end if it had one. */
  readonly text: string
}

/** A crontab without the lines of another job, and what is kept of them between our markers. */
export interface TakenOut {
  readonly crontab: string
  readonly replaced: ReadonlyArray<ReplacedLine>
}

const HEAD = "# Put out of service by cron install --replace; cron remove --restore puts them back. Digest"
const LINE = /^# replaced (\d+)( without its end)?: (.*)$/s

/** The lines with their ends. */
const chunksOf = (text: string): ReadonlyArray<string> => text.match(/[^\n]*\n|[^\n]+$/g) ?? []

/** The lines as one text: each but the last has an end. */
const joined = (chunks: ReadonlyArray<string>): string =>
  chunks.map((chunk, at) => (at < chunks.length - 1 && !chunk.endsWith("\n") ? `${chunk}\n` : chunk)).join("")

/** The replaced lines that stand between our markers. */
export const replacedIn = (inside: ReadonlyArray<string> = []): ReadonlyArray<ReplacedLine> =>
  inside.flatMap((line) => {
    const [, index, unended, text = ""] = LINE.exec(line) ?? []
    return index === undefined ? [] : [{ index: Number(index), text: unended === undefined ? `${text}\n` : text }]
  })

/** The lines between our markers that keep these. `rest`: the crontab without our lines and without these. */
const kept = (replaced: ReadonlyArray<ReplacedLine>, rest: string): ReadonlyArray<string> =>
  replaced.length === 0
    ? []
    : [
        `${HEAD} ${digest(rest)}`,
        ...replaced.map(({ index, text }) =>
          text.endsWith("\n")
            ? `# replaced ${index}: ${text.slice(0, -1)}`
            : `# replaced ${index} without its end: ${text}`
        )
      ]

/** The lines between our markers, without our own entry, that keep what was replaced earlier. */
export const keptIn = (inside: ReadonlyArray<string> = []): ReadonlyArray<string> =>
  inside.filter((line) => line.startsWith(HEAD) || LINE.test(line))

/** The lines of the crontab without ours and with the replaced ones in their places. `fresh`: not replaced yet. */
const wholeOf = (outside: string, replaced: ReadonlyArray<ReplacedLine>) => {
  const lines = chunksOf(outside).map((text) => ({ text, fresh: true }))
  for (const { index, text } of replaced.toSorted((a, b) => a.index - b.index)) {
    lines.splice(Math.min(index, lines.length), 0, { text, fresh: false })
  }
  return lines
}

const entriesOf = (lines: ReadonlyArray<{ readonly text: string }>): string => {
  const entries = lines.map(({ text }) => text).filter(isEntry)
  return entries.length === 0
    ? "It has no line that starts anything"
    : `Its lines: ${entries.map((line) => oneLine(line, 120)).join(" | ")}`
}

/** Why no line can be replaced, and what to do. */
export interface NotReplaced {
  readonly what: string
  readonly next?: string
}

/**
 * Takes the lines that contain `words` out of the crontab; our lines, comments and assignments stay. `own`: the line that will start
 * our runs. Left: `words` are in no line, or also in lines of ours.
 *
 * @example
 * takeOut("0 6 * * * old.sh\n", { name: "shop", words: "old.sh", own: "0 6 * * * night.sh" })
 */
export const takeOut = (
  crontab: string,
  { name, own, words }: { readonly name: string; readonly words: string; readonly own: string }
): Either.Either<TakenOut & { readonly kept: ReadonlyArray<string> }, NotReplaced> =>
  Either.gen(function* () {
    const problem = (what: string): NotReplaced => ({ what })
    const inside = yield* Either.mapLeft(blockIn(crontab, name), problem)
    const outside = yield* Either.mapLeft(withoutBlock(crontab, name), problem)
    const lines = wholeOf(outside, replacedIn(inside))
    const others = chunksOf(outsideBlocks(joined(lines.map(({ text }) => text))))
    const has = (text: string) => isEntry(text) && text.includes(words)
    const found = lines.flatMap((line, index) => (has(line.text) ? [{ ...line, index }] : []))
    const isOurs = has(own) || (inside ?? []).some(has) || found.some(({ index, text }) => others[index] !== text)
    if (isOurs) {
      const what = `"${oneLine(words, 60)}" is also in a line of nightly-dispatch's own`
      return yield* Either.left({ what, next: "Give words that only the old job's line has" })
    }
    if (found.length === 0) {
      return yield* Either.left({ what: `no line of your crontab has "${oneLine(words, 60)}"`, next: entriesOf(lines) })
    }
    const all = lines.map(({ fresh, text }, index) => ({ fresh, text, index, goes: !fresh || has(text) }))
    const replaced = all.filter(({ goes }) => goes).map(({ index, text }) => ({ index, text }))
    const stay = all.filter(({ goes }) => !goes).map(({ text }) => text)
    const gone = new Set(all.flatMap(({ fresh, goes, text }) => (fresh && goes ? [text] : [])))
    // Our lines stay where they are: the assignments above a line count for it.
    const block = inside === undefined ? "" : `${blockLines(name, inside).join("\n")}\n`
    const at = block === "" ? -1 : crontab.indexOf(block)
    const without = (part: string) => chunksOf(part).filter((text) => !gone.has(text))
    const changed =
      at === -1
        ? joined(stay)
        : joined([...without(crontab.slice(0, at)), block, ...without(crontab.slice(at + block.length))])
    return { crontab: changed, replaced, kept: kept(replaced, joined(stay)) }
  })

/**
 * The crontab without our lines, and with the replaced lines in their places. `isExact`: it has the bytes that it had before. If
 * somebody changed its other lines, it has not. Left: our markers are no pair.
 */
export const putBack = (
  crontab: string,
  name: string
): Either.Either<TakenOut & { readonly isExact: boolean }, string> =>
  Either.gen(function* () {
    const inside = yield* blockIn(crontab, name)
    const outside = yield* withoutBlock(crontab, name)
    const replaced = replacedIn(inside)
    const recorded = (inside ?? []).find((line) => line.startsWith(HEAD))
    return {
      crontab: joined(wholeOf(outside, replaced).map(({ text }) => text)),
      replaced,
      isExact: replaced.length === 0 || recorded === `${HEAD} ${digest(outside)}`
    }
  })
