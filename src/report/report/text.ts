import { oneLine } from "../../domain/Text.ts"
import { widthIn, type Frame } from "../Frame.ts"
import { DIM, paint, wrapTo } from "../text/display.ts"
import { table } from "../text/table.ts"
import { agoInWords, timeOf } from "../../domain/times.ts"
import type { ReportView } from "./reportSchema.ts"
import { isBadNight, sparkline } from "./sparkline.ts"
import * as words from "./words.ts"

const [BOLD, RED, GREEN] = [1, 31, 32]
/** Columns of a label with the space behind it. */
const LABEL = 10

type Block = ReadonlyArray<string>

/** Lines beside their label, wrapped. */
const labelled = (label: string, texts: ReadonlyArray<string>, width: number): Block =>
  texts
    .filter((text) => text !== "")
    .flatMap((text) => wrapTo(width - LABEL, text))
    .map((line, index) => `${index === 0 ? label.padEnd(LABEL) : " ".repeat(LABEL)}${line}`)

const indented = (text: string, width: number): Block => wrapTo(width - 2, text).map((line) => `  ${line}`)

const figures = (view: ReportView, frame: Frame, width: number): Block => {
  const met = words.meetsGoal(view)
  const goal = words.goalWords(view)
  const decided = words.decisionWords(view.review)
  return [
    ...labelled("runs", [words.cameWords(view), words.exitWords(view)], width),
    ...labelled("jobs", [words.dotted([words.jobWords(view), `success ${words.percent(view.jobs.success)}`])], width),
    ...labelled("used", [words.usageWords(view)], width),
    ...labelled("goal", [goal], width).map((line) =>
      met === undefined ? line : line.replace(/(met|missed)$/, (word) => paint(frame.color, met ? GREEN : RED, word))
    ),
    ...labelled(
      "review",
      [words.reviewWords(view.review, view.until), decided === "" ? "" : `decided: ${decided}`],
      width
    )
  ]
}

const nights = ({ nights }: ReportView, frame: Frame, width: number): Block => {
  const { bars, failures, left, most } = sparkline(nights, width - LABEL)
  if (most === 0 && !nights.some(isBadNight)) return []
  const legend = words.dotted([
    most === 0 ? "no job was started" : `jobs started, at most ${most} a night`,
    bars.includes("·") ? "dot: no run" : "",
    failures.includes("x") ? "x: a run was missed or did not end with exit 0" : "",
    left === 0 ? "" : `without the first ${words.many(left, "night")}`
  ])
  return [
    `${"nights".padEnd(LABEL)}${bars}`,
    ...(failures.includes("x")
      ? [`${"failures".padEnd(LABEL)}${failures.replace(/x+/g, (marks) => paint(frame.color, RED, marks))}`]
      : []),
    ...labelled("", [legend], width).map((line) => paint(frame.color, DIM, line))
  ]
}

const providers = ({ providers }: ReportView, _frame: Frame, width: number): Block => {
  const rows = providers.map(({ fallbacks, fault, jobs, medianMs, provider, success }) => [
    provider,
    String(jobs),
    words.percent(success),
    words.lengthWords(medianMs),
    String(fallbacks),
    words.faultWords(fault)
  ])
  const head = ["provider", "jobs", "good", "median", "fallbacks to it", "commonest fault"]
  return rows.length === 0 ? [] : table(head, rows, width, [1, 2, 3, 4]).split("\n")
}

const hosts = ({ hosts = [] }: ReportView, _frame: Frame, width: number): Block =>
  hosts.length === 0 ? [] : table(words.HOST_HEAD, hosts.map(words.hostCells), width, words.HOST_NUMBERS).split("\n")

const failing = ({ keepsFailing }: ReportView, frame: Frame, width: number): Block =>
  keepsFailing.length === 0
    ? []
    : [
        paint(frame.color, BOLD, `KEEPS FAILING (${keepsFailing.length})`),
        ...keepsFailing.flatMap(({ beads, jobs, last, reason, times, title }) => [
          ...wrapTo(
            width,
            `${beads}  ${jobs}×, last ${timeOf(last, frame)} (${agoInWords(last, frame.now)})${title === undefined ? "" : `  ${oneLine(title, 120)}`}`
          ),
          ...indented(times === jobs ? reason : `${reason} (${times} of ${jobs})`, width),
          ...indented(`${frame.program} explain ${beads}`, width)
        ])
      ]

const difference = ({ difference: found }: ReportView, frame: Frame, width: number): Block => {
  if (found === undefined || found.fresh.length + found.gone.length === 0) return []
  const rows = (label: string, troubles: typeof found.fresh) =>
    troubles.map((trouble) => [label, trouble.subject, words.troubleWords(trouble)])
  return [
    paint(frame.color, BOLD, `NIGHT OF ${found.night} AGAINST ${found.before}`),
    ...table(["", "what", "why"], [...rows("new", found.fresh), ...rows("gone", found.gone)], width)
      .split("\n")
      .slice(1)
  ]
}

const notes = ({ notes }: ReportView, frame: Frame, width: number): Block =>
  notes.flatMap((note) => wrapTo(width, oneLine(note, 1000))).map((line) => paint(frame.color, DIM, line))

const nothing = (view: ReportView, frame: Frame, width: number): Block => {
  const { next, why, words: what } = words.emptyWords(view, frame.zone)
  return [...wrapTo(width, what), ...wrapTo(width, why), ...indented(`${frame.program} ${next}`, width)]
}

/** The report for a person, in a terminal or a mail. */
export const reportText = (view: ReportView, frame: Frame): string => {
  const width = widthIn(frame)
  const head = wrapTo(width, words.headline(view, frame.zone)).map((line) => paint(frame.color, BOLD, line))
  const isEmpty = words.isEmpty(view)
  const missed = view.runs.judged?.missed.length ?? 0
  const parts = isEmpty
    ? [nothing, ...(missed > 0 ? [runsOnly] : []), notes]
    : [figures, nights, hosts, providers, failing, difference, notes]
  return [head, ...parts.map((part) => part(view, frame, width))]
    .filter((block) => block.length > 0)
    .map((block) => block.join("\n"))
    .join("\n\n")
}

const runsOnly = (view: ReportView, _frame: Frame, width: number): Block =>
  labelled("runs", [words.cameWords(view)], width)
