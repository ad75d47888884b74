import * as Plot from "@observablehq/plot"
import type { Frame } from "../../Frame.ts"
import { counted } from "../../report/endFigures.ts"
import type { NightJob } from "../../report/reportSchema.ts"
import { counts, dotted, endWord, many } from "../../report/words.ts"
import { cutTo } from "../../text/display.ts"
import { inWords, timeOf } from "../../../domain/times.ts"
import type { Html } from "../Html.ts"
import { plain } from "../parts.ts"
import { drawn, type Drawing, type Size } from "./draw.ts"
import { colourOf } from "./providerColour.ts"
import { timeTicks } from "./ticks.ts"

/** More are hard to read. The table has all. */
export const MOST_JOBS = 60
/** At both ends, so that half a label fits. */
const ENDS = 20
const TOP = 24
/** For the words beside the bars; on a narrow chart they stand above them. Units, and columns of text. */
const WORDS = {
  narrow: { left: 0, columns: 46 },
  medium: { left: 290, columns: 42 },
  wide: { left: 470, columns: 68 }
} as const
const ROW = { narrow: 36, medium: 26, wide: 26 } as const
const MOST_TICKS: Readonly<Record<Size, number>> = { narrow: 6, medium: 6, wide: 10 }

/** The first that began first, and all attempts at a bug together. */
export const byBug = (jobs: ReadonlyArray<NightJob>): ReadonlyArray<NightJob> => {
  const first = new Map<string, number>()
  for (const { beads } of jobs) if (!first.has(beads)) first.set(beads, first.size)
  return jobs.toSorted((a, b) => (first.get(a.beads) ?? 0) - (first.get(b.beads) ?? 0) || a.began - b.began)
}

const wordsOf = ({ beads, end, provider, title }: NightJob): string =>
  dotted([beads, provider ?? "no provider", endWord(end), plain(title ?? "", 120)])

const tooltip = (job: NightJob, frame: Frame): string =>
  `${wordsOf(job)}: ${timeOf(job.began, frame)} – ${timeOf(job.until, frame)} (${inWords(job.until - job.began)}). ${plain(job.detail ?? "")}`

interface Options {
  readonly jobs: ReadonlyArray<NightJob>
  /** The first has the first colour. */
  readonly providers: ReadonlyArray<string>
  readonly frame: Frame
}

const drawing = ({ frame, jobs, providers }: Options, size: Size): Drawing => {
  const { columns, left } = WORDS[size]
  const rows = jobs.map((job, row) => ({
    ...job,
    row,
    words: cutTo(columns, wordsOf(job)),
    tooltip: tooltip(job, frame),
    colour: colourOf(job.provider, providers)
  }))
  const [from, until] = [Math.min(...jobs.map(({ began }) => began)), Math.max(...jobs.map(({ until }) => until))]
  const span = Math.max(until - from, 60_000)
  const ticks = timeTicks({ from, until: from + span }, frame.zone, MOST_TICKS[size])
  const isBeside = left > 0
  const bars = (className: string, which: (row: (typeof rows)[number]) => boolean) =>
    Plot.rect(rows.filter(which), {
      className,
      x1: "began",
      // A job that took no time can be seen, too.
      x2: ({ began, until }: NightJob) => Math.max(until, began + span / 150),
      y1: ({ row }: { readonly row: number }) => row + (isBeside ? 0.25 : 0.55),
      y2: ({ row }: { readonly row: number }) => row + (isBeside ? 0.75 : 0.85),
      rx: 2,
      title: "tooltip"
    })
  return {
    height: TOP + rows.length * ROW[size] + 4,
    options: {
      marginTop: TOP,
      marginBottom: 4,
      marginLeft: left,
      marginRight: 0,
      x: { type: "linear", domain: [from, from + span], axis: null, inset: ENDS },
      y: { type: "linear", domain: [rows.length, 0], axis: null },
      marks: [
        Plot.ruleY(
          Array.from({ length: rows.length + 1 }, (_, row) => row),
          { className: "grid", insetLeft: -left }
        ),
        Plot.ruleX(ticks, { className: "grid" }),
        Plot.text(ticks, {
          className: "tick",
          x: (at: number) => at,
          frameAnchor: "top",
          dy: -10,
          text: (at: number) => timeOf(at, { ...frame, now: at })
        }),
        ...[...new Set(rows.map(({ colour }) => colour))].map((name) => bars(name, ({ colour }) => colour === name)),
        bars("not-good", ({ end }) => end !== undefined && end !== "succeeded"),
        bars("running", ({ end }) => end === undefined),
        Plot.text(rows, {
          className: "words",
          frameAnchor: "left",
          textAnchor: "start",
          dx: -left,
          y: ({ row }: { readonly row: number }) => row + (isBeside ? 0.5 : 0.3),
          text: "words"
        })
      ]
    }
  }
}

/** The jobs of a night over time, each with its bug, provider and end in words. */
export const timeLine = ({ frame, jobs: all, providers }: Options): Html => {
  const jobs = byBug(all).slice(0, MOST_JOBS)
  const ends = counted(jobs.map(({ end }) => endWord(end)))
  const began = jobs.map(({ began }) => began)
  return drawn({
    id: "last-night-chart",
    title: "When the jobs of the last night ran",
    description: `${many(jobs.length, "job")}, begun from ${timeOf(Math.min(...began), frame)} to ${timeOf(Math.max(...began), frame)}: ${counts(ends.map(([end, times]) => [times, end] as const))}. The table below says more.`,
    draw: (size) => drawing({ frame, jobs, providers }, size)
  })
}
