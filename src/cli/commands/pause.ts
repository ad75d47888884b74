import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Clock, DateTime, Effect, Either, Option, Schema } from "effect"
import { EXIT } from "../../domain/exitCode.ts"
import { localZone } from "../../domain/localZone.ts"
import { Pause, pauseInWords, resumeOf } from "../../domain/Pause.ts"
import { parseUntil } from "../../domain/until.ts"
import { Fleet } from "../../journal/Fleet.ts"
import { Journal } from "../../journal/Journal.ts"
import { layer } from "../../layer.ts"
import { ThisProcess, userOf } from "../../surroundings.ts"
import { configured } from "../Configuration.ts"
import { NotDone } from "../exit.ts"
import { coveredBy, coverInWords, coverOptions, stillPaused } from "../pauseCover.ts"
import { reasonOption } from "../reason.ts"
import { json, repo, repoSetting } from "../root.ts"
import { printResult } from "../terminal/Streams.ts"
import { parsedBy } from "../usage/parsed.ts"
import { jsonDocument } from "../rendering/jsonDocument.ts"

const reason = reasonOption("Why nothing is to be dispatched: run, status and alerts say it")

const until = Options.text("until").pipe(
  Options.withPseudoName("time"),
  parsedBy((text) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      Either.mapLeft(parseUntil(text, { now, zone: DateTime.zoneMakeLocal() }), (why) => `--until ${why}`)
    )
  ),
  Options.optional,
  Options.withDescription("When it is over by itself: 2h, 06:00, 2026-12-01 or 2026-12-01T06:00; else when you resume")
)

/** What `pause --json` prints. */
const Paused = Schema.Struct({
  paused: Pause,
  /** The pause that ended with it; `null` if there was none. */
  replaced: Schema.NullOr(Pause)
})
const encodePaused = jsonDocument(Paused)

/** What `resume --json` prints. */
const Resumed = Schema.Struct({
  /** The pause that ended. */
  resumed: Pause,
  /** Other pauses that are in force on the same hosts. */
  still: Schema.Array(Pause)
})
const encodeResumed = jsonDocument(Resumed)

const who = Effect.map(ThisProcess, (process) => `${userOf(process)}@${process.host}`)

const inWords = (pause: Pause) =>
  Effect.map(Clock.currentTimeMillis, (now) => pauseInWords(pause, { now, zone: localZone }))

const onJournal = (flags: { readonly repo: Option.Option<string> }) =>
  configured(({ settings }, surroundings) => layer(settings, surroundings), { flags: repoSetting(flags.repo) })

export const pauseCommand = Command.make("pause", { reason, until, ...coverOptions, repo, json }, (flags) =>
  Effect.gen(function* () {
    const [journal, at, by] = yield* Effect.all([Journal, Clock.currentTimeMillis, who])
    const covered = yield* coveredBy(flags)
    const paused: Pause = {
      at,
      reason: flags.reason,
      by,
      ...Option.match(flags.until, { onNone: () => ({}), onSome: (end) => ({ until: end }) }),
      ...(covered.covers === undefined ? {} : { covers: covered.covers })
    }
    const replaced = yield* journal.pause(paused)
    const text = [
      yield* inWords(paused),
      "Runs dispatch nothing until then. Jobs that run go on, and what ends is settled.",
      ...coverInWords(covered),
      ...(replaced === undefined ? [] : [`This replaces: ${yield* inWords(replaced)}`])
    ].join("\n")
    return yield* printResult(EXIT.ok, flags.json ? encodePaused({ paused, replaced: replaced ?? null }) : text)
  })
).pipe(
  Command.withDescription("Let runs dispatch nothing until you resume; jobs that run go on, and what ends is settled"),
  Command.provide((flags) => onJournal(flags))
)

/** Nothing that is meant is paused; another pause may be in force there all the same. */
const nothingPaused = Effect.fn("resume.nothingPaused")(function* ([other]: ReadonlyArray<Pause>) {
  if (other === undefined) return new NotDone({ what: "nothing is paused" })
  const what = `there is no such pause, but another one: ${yield* inWords(other)}`
  return new NotDone({ what, next: `To end that one: nightly-dispatch ${resumeOf(other)}` })
})

export const resumeCommand = Command.make("resume", { ...coverOptions, repo, json }, (flags) =>
  Effect.gen(function* () {
    const [fleet, journal, by] = yield* Effect.all([Fleet, Journal, who])
    const covered = yield* coveredBy(flags)
    const isPlain = !flags.fleet && Option.isNone(flags.host)
    const before = yield* journal.paused
    const own = yield* journal.resume(by, covered.covers)
    // One that was made when the journal was this host's alone says that plain `resume` ends it.
    const resumed =
      own === undefined && isPlain && before !== undefined && before.covers === undefined
        ? yield* journal.resume(by)
        : own
    const still = stillPaused(covered, yield* fleet.hosts)
    if (resumed === undefined) return yield* yield* nothingPaused(still)
    const was = `It was ${yield* inWords(resumed)}`
    const text = [
      still.length === 0 ? `resumed: runs dispatch again. ${was}` : `resumed. ${was}`,
      ...(yield* Effect.forEach(still, (pause) => Effect.map(inWords(pause), (words) => `Still in force: ${words}`)))
    ].join("\n")
    return yield* printResult(EXIT.ok, flags.json ? encodeResumed({ resumed, still }) : text)
  })
).pipe(
  Command.withDescription("End the pause: runs dispatch again"),
  Command.provide((flags) => onJournal(flags))
)
