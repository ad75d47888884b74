import type { RunId } from "../../domain/Ids.ts"
import { widthIn, type Frame } from "../Frame.ts"
import { beside, heading } from "../text/blocks.ts"
import { cutTo } from "../text/display.ts"
import { usageInWords } from "../../domain/Usage.ts"
import { agoInWords, clockOf, inWords, timeOf } from "../../domain/times.ts"
import type { ExplainView, ShownAttempt } from "./view.ts"

/**
 * A run's id as short as a person can tell runs of one bug apart.
 *
 * @example
 * shortRun(RunId.make("20261122T230000Z-4f2a91c7d0")) // "22T23·4f2a"
 */
export const shortRun = (run: RunId): string => `${run.slice(6, 11)}·${run.slice(17, 21)}`

/** So many entries are shown unless all are wanted. */
const SHOWN = 12

const endOf = ({ cleared, decision, durationMs, end, usage, verified }: ShownAttempt): string =>
  [
    end === undefined ? "open" : `${end}${durationMs === undefined ? "" : ` after ${inWords(durationMs)}`}`,
    ...(usage === undefined ? [] : [usageInWords(usage)]),
    ...(verified === undefined ? [] : [`our check: ${verified}`]),
    ...(decision === undefined ? [] : [decision.replace("_", " ")]),
    ...(cleared ? ["counts no more (retry)"] : [])
  ].join(", ")

/** The other host that made an attempt. */
const hostOf = ({ host }: ShownAttempt): ReadonlyArray<string> => (host === undefined ? [] : [`on ${host}`])

const inOneLine = (frame: Frame, attempt: ShownAttempt): ReadonlyArray<string> => {
  const { began, detail, number, provider } = attempt
  const facts = [`attempt ${number}`, ...hostOf(attempt), provider ?? "no provider", endOf(attempt)].join(" · ")
  const line = `${timeOf(began, frame)}  ${facts}${detail === undefined ? "" : `: ${detail}`}`
  return [cutTo(widthIn(frame), line)]
}

const inFull = (frame: Frame, attempt: ShownAttempt): ReadonlyArray<string> => {
  const { began, events = [], number, provider, run } = attempt
  const dayOf = (at: number) => timeOf(at, frame).slice(0, -"00:00".length)
  const facts = [...hostOf(attempt), provider ?? "no provider", endOf(attempt), `run ${shortRun(run)}`].join(" · ")
  const head = `attempt ${number} · ${facts} (${agoInWords(began, frame.now)})`
  let day = dayOf(began)
  return [
    ...beside(frame, `${timeOf(began, frame)}  `, head),
    ...events.flatMap(({ at, text }) => {
      if (at === undefined) return beside(frame, " ".repeat(12), text)
      const today = dayOf(at)
      const time = `${today === day ? "" : today}${clockOf(at, frame.zone)}`
      day = today
      return beside(frame, `  ${time}  `, text)
    })
  ]
}

const span = (frame: Frame, from: number, to: number): string => {
  const [first, last] = [timeOf(from, frame), timeOf(to, frame)]
  return first === last ? first : `${first} to ${last}`
}

/** What happened to the bug, the oldest first: the attempts with steps in full, the others and what runs skipped in a line. */
export const historyLines = (view: ExplainView, frame: Frame, all: boolean): ReadonlyArray<string> => {
  const entries = [
    ...view.attempts.map((attempt) => ({
      at: attempt.began,
      lines: () => (attempt.events === undefined ? inOneLine(frame, attempt) : inFull(frame, attempt))
    })),
    ...view.leftAlone.map(({ detail, from, reason, to }) => ({
      at: from,
      lines: () => {
        const what = reason === "dispatch_failed" ? "not dispatched" : `skipped, ${reason.replaceAll("_", " ")}`
        const when = `${span(frame, from, to)}  `
        return all ? beside(frame, when, `${what}: ${detail}`) : [cutTo(widthIn(frame), `${when}${what}: ${detail}`)]
      }
    }))
  ].toSorted((left, right) => left.at - right.at)
  if (entries.length === 0) return []
  const shown = all ? entries : entries.slice(-SHOWN)
  const hidden = entries.length - shown.length
  return [
    "",
    heading(frame, "WHAT HAPPENED"),
    ...(hidden === 0 ? [] : [`${hidden} earlier: ${frame.program} explain ${view.id} --all`]),
    ...shown.flatMap(({ lines }) => lines())
  ]
}
