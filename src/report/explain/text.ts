import { widthIn, type Frame } from "../Frame.ts"
import { placeOn } from "../../journal/elsewhere.ts"
import { aboutPath, beside, commandLines, heading } from "../text/blocks.ts"
import { cutTo, paint, widthOf } from "../text/display.ts"
import { pushInWords } from "../../domain/PushedWork.ts"
import { counted, oneLine } from "../../domain/Text.ts"
import { agoInWords, timeOf } from "../../domain/times.ts"
import { historyLines } from "./history.ts"
import type { ExplainView, ShownWork } from "./view.ts"

const [GREEN, YELLOW] = [32, 33]

const headLine = ({ bug, id }: ExplainView, frame: Frame): string => {
  if (bug === undefined) return heading(frame, id)
  const facts = `  P${bug.priority} ${bug.type} · ${bug.status} · `
  const left = Math.max(10, widthIn(frame) - widthOf(id) - widthOf(facts))
  return `${heading(frame, id)}${facts}${cutTo(left, bug.title)}`
}

const ordinal = (position: number): string => {
  const [last, lastTwo] = [position % 10, position % 100]
  if (lastTwo >= 11 && lastTwo <= 13) return `${position}th`
  return `${position}${["th", "st", "nd", "rd"][last] ?? "th"}`
}

const VERDICTS = {
  chosen: ["the next run would take it", GREEN],
  left_alone: ["left alone", YELLOW],
  unknown: ["unknown", YELLOW]
} as const

const nowLines = ({ now: { detail, place, verdict } }: ExplainView, frame: Frame): ReadonlyArray<string> => {
  const [words, color] = VERDICTS[verdict]
  const where = place === undefined ? [] : [`${ordinal(place.position)} of ${place.of}: ${place.why}`]
  const text = [[words, ...where].join(", "), ...(detail === "" ? [] : [detail])].join(": ")
  const [first = "", ...more] = beside(frame, "NOW: ", text)
  return [heading(frame, "NOW: ") + paint(frame.color, color, first.slice("NOW: ".length)), ...more]
}

const listed = (numbers: ReadonlyArray<number>): string =>
  numbers.length === 1
    ? `attempt ${numbers[0]}`
    : numbers.length > 6
      ? `${numbers.length} attempts, last ${numbers.at(-1)}`
      : `attempts ${numbers.join(", ")}`

const whyLines = ({ failures }: ExplainView, frame: Frame): ReadonlyArray<string> => {
  const [first, ...more] = failures
  if (first === undefined) return []
  if (more.length === 0) {
    const count = first.attempts.length
    const same = count === 1 ? "" : ` (the same in ${count === 2 ? "both" : `all ${count}`})`
    return ["", heading(frame, `WHY IT FAILED${same}`), ...beside(frame, "  ", first.words)]
  }
  const ways = failures.map(({ attempts, words }) => `${listed(attempts)}: ${words}`)
  return ["", heading(frame, "WHY IT FAILED"), ...ways.flatMap((way) => beside(frame, "  ", way))]
}

const logLines = ({ log }: ExplainView, frame: Frame): ReadonlyArray<string> => {
  if (log === undefined) return []
  const of = log.attempt === undefined ? "" : ` of attempt ${log.attempt}`
  return [
    "",
    heading(frame, log.lines.length === 0 ? `LOG${of}` : `LOG${of}, its end`),
    ...aboutPath(frame, "", placeOn(log.host, log.path)),
    ...(log.why === undefined ? [] : beside(frame, "  ", log.why)),
    ...log.lines.map((line) => `  | ${cutTo(widthIn(frame) - 4, line)}`)
  ]
}

const MERGED = { yes: "its work is merged", no: "not merged", unknown: "whether it is merged cannot be told" } as const
const TREES = {
  there: "kept",
  gone: "gone",
  "not ours": "not a worktree of this clone",
  unknown: "whether it is there cannot be told"
} as const

const branchWords = (work: ShownWork): string => {
  if (work.branch === undefined) return "no branch of its own"
  if (work.host !== undefined) return `branch ${work.branch} on ${work.host}`
  if (work.state === "deleted")
    return `branch ${work.branch} was deleted${work.merged === "yes" ? " after a merge" : ""}`
  if (work.state === "unknown") return `branch ${work.branch}: git cannot tell whether it exists`
  const base = work.base === undefined ? "" : ` not in ${work.base}`
  // A branch on which no commit was made is merged, too.
  if (work.commits === 0) return `branch ${work.branch}: no commit that ${work.base ?? "its base"} lacks`
  const facts = [
    ...(work.commits === undefined ? [] : [`${counted(work.commits, "commit")}${base}`]),
    ...(work.files === undefined ? [] : [counted(work.files, "file")]),
    ...(work.insertions === undefined ? [] : [`+${work.insertions} -${work.deletions ?? 0} lines`]),
    MERGED[work.merged]
  ]
  return `branch ${work.branch}: ${facts.join(", ")}`
}

const workLines = ({ work }: ExplainView, frame: Frame): ReadonlyArray<string> => {
  if (work === undefined) return []
  const files =
    work.uncommitted === undefined || work.uncommitted === 0
      ? ""
      : `, ${counted(work.uncommitted, "file")} not committed`
  return [
    "",
    heading(frame, "WORK"),
    ...beside(frame, "  ", branchWords(work)),
    ...(work.pushed === undefined ? [] : beside(frame, "  ", oneLine(pushInWords(work.pushed), 500))),
    ...(work.worktree === undefined
      ? []
      : aboutPath(
          frame,
          "worktree",
          placeOn(work.host, work.worktree),
          work.host === undefined ? `${TREES[work.worktreeState]}${files}` : undefined
        )),
    ...aboutPath(frame, "clone", placeOn(work.host, work.clone)),
    ...(work.why === undefined ? [] : beside(frame, "  ", work.why))
  ]
}

const retryLines = ({ retry }: ExplainView, frame: Frame): ReadonlyArray<string> => {
  if (retry === undefined) return []
  const when = `${timeOf(retry.at, frame)} (${agoInWords(retry.at, frame.now)})`
  if (retry.note === undefined) return ["", ...beside(frame, "RETRY: ", `asked for ${when}`)]
  return ["", ...beside(frame, "RETRY: ", `asked for ${when}, with the note: ${retry.note}`)]
}

/**
 * A bug's view for a person. Pure. `all`: with everything that happened, however long.
 *
 * @example
 * explainText(view, frame, false)
 */
export const explainText = (view: ExplainView, frame: Frame, all: boolean): string =>
  [
    headLine(view, frame),
    ...nowLines(view, frame),
    ...(view.commands.length === 0
      ? []
      : commandLines(
          frame,
          view.commands.map(({ args, does }) => ({ does, command: `${frame.program} ${args}` }))
        )),
    ...view.notes.flatMap((sentence) => beside(frame, "NOTE: ", sentence)),
    ...whyLines(view, frame),
    ...historyLines(view, frame, all),
    ...logLines(view, frame),
    ...workLines(view, frame),
    ...retryLines(view, frame)
  ].join("\n")
