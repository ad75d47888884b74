import { Clock, DateTime, Duration, Effect } from "effect"
import { isMistaken } from "../../domain/BootClock.ts"
import { CurrentSettings, MAX_PARALLEL } from "../../domain/Settings.ts"
import { FirstRun } from "../../journal/FirstRun.ts"

const inWords = (at: number): string => DateTime.formatIso(DateTime.unsafeMake(at))

/** The first run as it is recorded, and until when the warm-up lasts, which begins now if there was none. In milliseconds. */
const recorded = Effect.gen(function* () {
  const [{ limits }, firstRun, now] = yield* Effect.all([CurrentSettings, FirstRun, Clock.currentTimeMillis])
  const at = yield* firstRun.recorded
  const isKnown = at !== undefined && !isMistaken(at, now)
  return { at, isKnown, now, until: (isKnown ? at : now) + Duration.toMillis(limits.warmUp) }
})

/**
 * How many bugs may be dispatched now at the same time, and with how many running jobs no run begins any: `limits.maxParallel`; if
 * it is not set, one until `limits.warmUp` after the first run of this state directory, then `MAX_PARALLEL`. The only place that
 * decides it.
 */
export const maxParallelNow = Effect.gen(function* () {
  const { limits } = yield* CurrentSettings
  if (limits.maxParallel !== undefined) return limits.maxParallel
  const { now, until } = yield* recorded
  return now < until ? 1 : MAX_PARALLEL
})

/**
 * Says whether this run is in the warm-up, and writes down the first run, also in the place of one in the future: a clock was
 * wrong. A dry run writes nothing.
 */
export const beginWarmUp = Effect.fn("run.warmUp")(function* (isDry: boolean) {
  const [{ limits }, firstRun] = yield* Effect.all([CurrentSettings, FirstRun])
  const { at, isKnown, now, until } = yield* recorded
  if (at !== undefined && !isKnown) {
    yield* Effect.logWarning(
      `the first run is dated ${inWords(at)}, in the future: a clock was wrong. Warm-up begins now`
    )
  }
  if (!isKnown && !isDry) yield* firstRun.record(now)
  if (limits.maxParallel !== undefined || now >= until) return
  yield* Effect.logInfo(
    `warm-up: one dispatch at a time until ${inWords(until)} (limits.warmUp; set limits.maxParallel to decide yourself)`
  )
})
