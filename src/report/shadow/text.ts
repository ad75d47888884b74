import { oneLine } from "../../domain/Text.ts"
import { inWords, timeOf } from "../../domain/times.ts"
import { widthIn, type Frame } from "../Frame.ts"
import { counts, dayOf, dotted, many } from "../report/words.ts"
import { commandLines } from "../text/blocks.ts"
import { cutTo, DIM, paint, wrapTo } from "../text/display.ts"
import { table } from "../text/table.ts"
import type { ComparedBug, ShadowView, Taking } from "./shadowSchema.ts"

const BOLD = 1
/** Columns of an actor's name. */
const NAME = 40
/** Columns of a title. */
const TITLE = 60

const COMPARED: Readonly<Record<ComparedBug["compared"], string>> = {
  both: "both",
  only_we: "shadow only",
  only_they: "others only",
  taken_before: "before",
  nobody: "no claim"
}

const END: Readonly<Record<NonNullable<Taking["end"]>, string>> = {
  closed: "closed",
  given_back: "given back",
  missing: "deleted",
  passed_on: "passed on"
}

const takingWords = ({ after, by, end, until, who }: Taking, frame: Frame): string => {
  const name = who === undefined ? "somebody" : cutTo(NAME, oneLine(who))
  const since = after === undefined ? `before ${timeOf(by, frame)}` : `by ${timeOf(by, frame)}`
  return `${name} took it ${since}${end === undefined || until === undefined ? "" : `, ${END[end]} by ${timeOf(until, frame)}`}`
}

/** What a shadow run would have done, what others did, and what became of the bug. */
const happened = (bug: ComparedBug, frame: Frame): string => {
  const { cameTo, closed, reason, status, takings, title, we } = bug
  const held = takings.at(-1)
  const end = {
    closed:
      takings.some(({ end }) => end === "closed") || closed === undefined ? "" : `closed by ${timeOf(closed, frame)}`,
    given_back: "open again",
    held: `claimed for ${inWords(frame.now - (held?.by ?? frame.now))}, ${status}`,
    left_behind: `OLD CLAIM: held for ${inWords(frame.now - (held?.by ?? frame.now))}, still ${status}`,
    missing: "not in the tracker any more",
    open: "not taken"
  }[cameTo]
  return dotted([
    we === undefined ? "" : `shadow run: ${we.provider}, ${timeOf(we.at, frame)} (${many(we.runs, "run")})`,
    reason === undefined ? "" : `shadow run left it: ${oneLine(reason)}`,
    ...takings.map((taking) => takingWords(taking, frame)),
    end,
    cutTo(TITLE, oneLine(title))
  ])
}

const headline = ({ host, repository, runs }: ShadowView, frame: Frame): string =>
  dotted([
    `${many(runs.count, "shadow run")}${runs.first === undefined || runs.last === undefined ? "" : `, ${timeOf(runs.first, frame)} – ${timeOf(runs.last, frame)}`}`,
    runs.failed === 0 ? "" : `${runs.failed} could not decide`,
    oneLine(repository === undefined ? `on ${host}` : `${repository} on ${host}`)
  ])

const figures = ({ figures: found }: ShadowView): ReadonlyArray<string> => {
  const taken = counts([
    [found.both, "taken by both"],
    [found.onlyWe, "only by the shadow run"],
    [found.onlyThey, "only by others"],
    [found.takenBefore, "before the first shadow run"]
  ])
  const came = counts([
    [found.closed, "closed"],
    [found.givenBack, "taken and given back"],
    [found.leftBehind, "with an old claim"]
  ])
  return [taken === "" ? "no bug was taken, and a shadow run would have taken none" : taken, came].filter(
    (line) => line !== ""
  )
}

const bugs = ({ bugs: compared }: ShadowView, frame: Frame): ReadonlyArray<string> =>
  compared.length === 0
    ? []
    : table(
        ["bug", "taken by", "what happened"],
        compared.map((bug) => [bug.beads, COMPARED[bug.compared], happened(bug, frame)]),
        widthIn(frame)
      ).split("\n")

/** How to begin, or how to go on. */
const next = ({ runs }: ShadowView, frame: Frame): ReadonlyArray<string> =>
  commandLines(
    frame,
    runs.count === 0
      ? [
          { does: "one now", command: `${frame.program} run --shadow` },
          { does: "each night, beside the old job", command: `${frame.program} cron install --shadow` }
        ]
      : [
          { does: "switch over", command: `${frame.program} cron install --replace "words of the old job's line"` },
          { does: "the way back", command: `${frame.program} cron remove --restore` }
        ]
  )

/**
 * The comparison for a person.
 *
 * @example
 * shadowText(view, frame)
 */
export const shadowText = (view: ShadowView, frame: Frame): string => {
  const width = widthIn(frame)
  const wrapped = (lines: ReadonlyArray<string>) => lines.flatMap((line) => wrapTo(width, line))
  const none = `No shadow run since ${dayOf(view.since, frame.zone)}. A shadow run records what a run would do; this report compares that with what the tracker shows happened.`
  const head = wrapped([headline(view, frame)]).map((line) => paint(frame.color, BOLD, line))
  const blocks = view.runs.count === 0 ? [wrapped([none])] : [[...head, ...wrapped(figures(view))], bugs(view, frame)]
  const notes = wrapped(view.notes.map((note) => oneLine(note, 1000))).map((line) => paint(frame.color, DIM, line))
  return [...blocks, notes, next(view, frame)]
    .filter((block) => block.length > 0)
    .map((block) => block.join("\n"))
    .join("\n\n")
}
