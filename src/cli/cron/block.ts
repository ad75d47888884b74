import { Either } from "effect"
import { digest } from "../../domain/digest.ts"
import type { Repository } from "../../domain/Repository.ts"

/**
 * A repository's name as one word. Markers of earlier versions have no more.
 *
 * @example
 * markerName("my shop") // "my-shop"
 */
export const markerName = (repository: string): string =>
  repository.replace(/[^A-Za-z0-9._-]+/g, "-").slice(0, 64) || "repository"

/**
 * The name of a repository's schedule: in the markers, the script, the units. Two clones may have the same directory name.
 *
 * @example
 * scheduleName({ name: "shop", path: "/src/shop" }) // "shop-d97f954c"
 */
export const scheduleName = ({ name, path }: Repository): string => `${markerName(name)}-${digest(path).slice(0, 8)}`

const beginOf = (name: string): string => `# >>> nightly-dispatch ${name} >>>`
const endOf = (name: string): string => `# <<< nightly-dispatch ${name} <<<`

/** A crontab, taken apart at our lines. Each part is a list of lines without their ends. */
interface Parts {
  readonly before: ReadonlyArray<string>
  /** The lines between the markers; `undefined` if there are no markers. */
  readonly inside: ReadonlyArray<string> | undefined
  readonly after: ReadonlyArray<string>
}

const indicesOf = (lines: ReadonlyArray<string>, line: string): ReadonlyArray<number> =>
  lines.flatMap((each, index) => (each === line ? [index] : []))

const split = (crontab: string, name: string): Either.Either<Parts, string> => {
  const lines = crontab.split("\n")
  const [begins, ends] = [indicesOf(lines, beginOf(name)), indicesOf(lines, endOf(name))]
  const [[begin], [end]] = [begins, ends]
  if (begin === undefined && end === undefined) return Either.right({ before: lines, inside: undefined, after: [] })
  if (begins.length === 1 && ends.length === 1 && begin !== undefined && end !== undefined && begin < end) {
    return Either.right({
      before: lines.slice(0, begin),
      inside: lines.slice(begin + 1, end),
      after: lines.slice(end + 1)
    })
  }
  const at = [...begins, ...ends].map((index) => index + 1).join(", ")
  return Either.left(
    `the markers of nightly-dispatch ${name} in your crontab (line ${at}) are no pair, so it is unknown which lines are ours. ` +
      "Remove them by hand: crontab -e"
  )
}

/** Our lines with their markers, as `withBlock` puts them into a crontab. */
export const blockLines = (name: string, inside: ReadonlyArray<string>): ReadonlyArray<string> => [
  beginOf(name),
  ...inside,
  endOf(name)
]

/** The lines between our markers; `undefined` if there are no markers. Left: the markers are no pair. */
export const blockIn = (crontab: string, name: string): Either.Either<ReadonlyArray<string> | undefined, string> =>
  Either.map(split(crontab, name), ({ inside }) => inside)

/**
 * A crontab with our lines: in the place of the earlier ones, else at its end. All other bytes stay. Where the last line has no
 * end, our lines come first, so that this line stays as it is. Left: the markers are no pair.
 *
 * @example
 * withBlock("0 1 * * * backup\n", "shop", ["0 6 * * * night.sh"])
 */
export const withBlock = (
  crontab: string,
  name: string,
  inside: ReadonlyArray<string>
): Either.Either<string, string> =>
  Either.map(split(crontab, name), (parts) => {
    const ours = blockLines(name, inside)
    if (parts.inside !== undefined) return [...parts.before, ...ours, ...parts.after].join("\n")
    const text = `${ours.join("\n")}\n`
    return crontab === "" || crontab.endsWith("\n") ? crontab + text : text + crontab
  })

/** The crontab without our lines: the very bytes that `withBlock` was given. Left: the markers are no pair. */
export const withoutBlock = (crontab: string, name: string): Either.Either<string, string> =>
  Either.map(split(crontab, name), ({ after, before }) => [...before, ...after].join("\n"))

const ANY_BLOCK = /^# >>> nightly-dispatch (\S+) >>>\n(?:(?!# >>> ).*\n)*?# <<< nightly-dispatch \1 <<<$/gm

/**
 * The crontab with the lines of all repositories' markers emptied, so that the other lines keep their numbers. `except`: the name
 * whose lines stay.
 */
export const outsideBlocks = (crontab: string, except?: string): string =>
  crontab.replace(ANY_BLOCK, (block, name) => (name === except ? block : "\n".repeat(block.split("\n").length - 1)))

const lacking = (lines: ReadonlyArray<string>, others: ReadonlyArray<string>): ReadonlyArray<string> => {
  const known = new Set(others)
  return lines.filter((line) => line !== "" && !known.has(line))
}

/**
 * The lines that one of two texts lacks: `- ` those that go, then `+ ` those that come.
 *
 * @example
 * difference(["a", "b"], ["a", "c"]) // ["- b", "+ c"]
 */
export const difference = (before: ReadonlyArray<string>, after: ReadonlyArray<string>): ReadonlyArray<string> => [
  ...lacking(before, after).map((line) => `- ${line}`),
  ...lacking(after, before).map((line) => `+ ${line}`)
]
