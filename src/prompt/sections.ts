import { DateTime, Option } from "effect"
import { OWN_COMMENT, type Issue, type IssueComment } from "../domain/Issue.ts"
import { byteLength, cutToBytes, safeLine, visible } from "./untrusted.ts"

/** Text of others as it is shown, and how many bytes of it were not looked at because they cannot fit. */
interface Shown {
  readonly text: string
  readonly beyond: number
}

interface Section extends Shown {
  readonly name: string
  readonly heading: string
}

/** What a bug's report may show, made safe. */
export interface Sections {
  /** The most important first. */
  readonly texts: ReadonlyArray<Section>
  /** The newest first. */
  readonly comments: ReadonlyArray<Shown>
  /** With those that cannot fit. */
  readonly commentCount: number
}

const minuteOf = ({ createdAt }: IssueComment): string =>
  Option.match(DateTime.make(createdAt), {
    onNone: () => "time unknown",
    onSome: (time) =>
      createdAt === 0 ? "time unknown" : `${DateTime.formatIso(time).slice(0, 16).replace("T", " ")} UTC`
  })

const MAX_AUTHOR = 300

const headOf = (comment: IssueComment): string =>
  `[${minuteOf(comment)}] ${safeLine(comment.author.slice(0, MAX_AUTHOR), 60) || "unknown"}:\n`

/** The bug's texts. Looks at no more than `limit` characters of all of them: more do not fit into as many bytes. */
export const sectionsOf = (issue: Issue, limit: number): Sections => {
  let budget = limit
  const show = (text: string): Shown => {
    const part = text.slice(0, Math.max(0, budget))
    budget -= part.length
    return { text: visible(part), beyond: byteLength(text.slice(part.length)) }
  }
  const section = (name: string, heading: string, text: string): Section => ({ name, heading, ...show(text) })
  const others = issue.comments.filter(({ text }) => !text.startsWith(OWN_COMMENT))
  const texts = [
    section("description", "Description:", issue.description),
    section("acceptance criteria", "Acceptance criteria:", issue.acceptanceCriteria),
    section("design", "Design:", issue.design),
    section("notes", "Notes:", issue.notes)
  ]
  const comments: Array<Shown> = []
  for (let at = others.length - 1; at >= 0 && budget > 0; at--) {
    const comment = others[at]
    if (comment === undefined) break
    const head = headOf(comment)
    budget -= head.length + Math.min(comment.author.length, MAX_AUTHOR)
    const { beyond, text } = show(comment.text)
    comments.push({ text: head + text.trimEnd(), beyond })
  }
  return {
    texts: texts.filter(({ beyond, name, text }) => name === "description" || text.trim() !== "" || beyond > 0),
    comments,
    commentCount: others.length
  }
}

/** The lines of a report, and what they leave out, in words. */
export interface Fitted {
  readonly lines: ReadonlyArray<string>
  readonly cuts: ReadonlyArray<string>
}

const sizeOf = ({ beyond, text }: Shown): number => byteLength(text) + beyond

const cutOf = (name: string, left: number, total: number): string =>
  left === total ? `all ${total} bytes of the ${name}` : `the last ${left} of ${total} bytes of the ${name}`

const oldestCut = (left: number, total: number): string =>
  left === total ? `all ${total} comments` : `the ${left} oldest of ${total} comments`

/** The cuts with the longest words that `fit` may need. */
export const longestCuts = ({ commentCount, comments, texts }: Sections): ReadonlyArray<string> => [
  ...texts.map((section) => cutOf(section.name, sizeOf(section), sizeOf(section) + 1)),
  ...comments.slice(0, 1).map((newest) => cutOf("newest comment", sizeOf(newest), sizeOf(newest) + 1)),
  oldestCut(commentCount, commentCount + 1)
]

const bytesOf = (lines: ReadonlyArray<string>): number => lines.reduce((sum, line) => sum + byteLength(line) + 1, 0)

/**
 * As much of the sections as fits into `room` bytes, a newline at the end of each line included. What is worth least goes first:
 * the oldest comments, then the other comments, notes, design, acceptance criteria, at last the description.
 */
export const fit = ({ commentCount, comments, texts }: Sections, room: number): Fitted => {
  const lines: Array<string> = []
  const cuts: Array<string> = []
  let left = room
  const add = (...more: ReadonlyArray<string>) => {
    lines.push(...more)
    left -= bytesOf(more)
  }
  /** Adds the text below these lines, or its beginning; `false` if something of it is missing. */
  const addText = (name: string, above: ReadonlyArray<string>, shown: Shown): boolean => {
    const text = cutToBytes(shown.text, left - bytesOf(above) - 1)
    const missing = sizeOf(shown) - byteLength(text)
    if (text !== "") add(...above, text)
    if (missing > 0) cuts.push(cutOf(name, missing, sizeOf(shown)))
    return missing === 0
  }
  for (const section of texts) {
    const above = section.name === "description" ? [section.heading] : ["", section.heading]
    if (sizeOf(section) === 0) add(...above, "(none)")
    else addText(section.name, above, section)
  }
  const heading = ["", "Comments, newest last:"]
  const kept: Array<string> = []
  let rest = left - bytesOf(heading)
  for (const comment of comments) {
    const bytes = byteLength(comment.text) + 2
    if (comment.beyond > 0 || bytes > rest) break
    kept.push(comment.text)
    rest -= bytes
  }
  const [newest] = comments
  const before = lines.length
  if (kept.length > 0) add(...heading, ...kept.toReversed().flatMap((text) => ["", text]))
  else if (newest !== undefined && rest > newest.text.indexOf("\n")) addText("newest comment", [...heading, ""], newest)
  const hidden = commentCount - (lines.length > before ? Math.max(1, kept.length) : 0)
  if (hidden > 0) cuts.push(oldestCut(hidden, commentCount))
  return { lines, cuts }
}
