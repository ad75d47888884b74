import type { NightFigures } from "./reportSchema.ts"

const BARS = "▁▂▃▄▅▆▇█"

/** Whether a run of this night failed, or did not come. */
export const isBadNight = ({ badRuns, missed }: NightFigures): boolean => badRuns > 0 || missed > 0

export interface Sparkline {
  /** A bar for each night; `·` for one without a run. */
  readonly bars: string
  /** `x` below each bad night. */
  readonly failures: string
  /** The jobs that the highest bar means. */
  readonly most: number
  /** How many nights at the beginning had no room. */
  readonly left: number
}

/**
 * The jobs that were started each night, in at most `width` columns: the last nights, where there are more.
 *
 * @example
 * sparkline(view.nights, 70).bars // "▁▂·▅█"
 */
export const sparkline = (all: ReadonlyArray<NightFigures>, width: number): Sparkline => {
  const nights = all.slice(-width)
  const most = Math.max(0, ...nights.map(({ dispatched }) => dispatched))
  const bar = ({ dispatched, runs }: NightFigures): string => {
    if (runs === 0) return "·"
    // The lowest bar is for no job only.
    const height = dispatched === 0 ? 0 : Math.max(1, Math.round((dispatched / most) * (BARS.length - 1)))
    return BARS[height] ?? ""
  }
  return {
    bars: nights.map(bar).join(""),
    failures: nights.map((night) => (isBadNight(night) ? "x" : ".")).join(""),
    most,
    left: all.length - nights.length
  }
}
