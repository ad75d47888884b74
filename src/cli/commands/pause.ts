import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Clock, DateTime, Effect, Either, Option, Schema } from "effect"
import { EXIT } from "../../domain/exitCode.ts"
import { localZone } from "../../domain/localZone.ts"
import { Pause, pauseInWords } from "../../domain/Pause.ts"
import { oneLine } from "../../domain/Text.ts"
import { parseUntil } from "../../domain/until.ts"
import { Journal } from "../../journal/Journal.ts"
import { layer } from "../../layer.ts"
import { ThisProcess, userOf } from "../../surroundings.ts"
import { configured } from "../Configuration.ts"
import { NotDone } from "../exit.ts"
import { json, repo, repoSetting } from "../root.ts"
import { printResult } from "../terminal/Streams.ts"
import { parsedBy } from "../usage/parsed.ts"
import { jsonDocument } from "../rendering/jsonDocument.ts"

/** Characters. It stands in one line of each output. */
const LONGEST_REASON = 200

const reason = Options.text("reason").pipe(
  Options.withPseudoName("text"),
  parsedBy((text) => {
    const words = oneLine(text, LONGEST_REASON + 1)
    if (words === "") return Effect.fail("a reason must not be empty")
    return Array.from(words).length > LONGEST_REASON
      ? Effect.fail(`a reason has at most ${LONGEST_REASON} characters`)
      : Effect.succeed(words)
  }),
  Options.withDescription("Why nothing is to be dispatched: run, status and alerts say it")
)

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

/** What `resume --json` prints: the pause that ended. */
const Resumed = Schema.Struct({ resumed: Pause })
const encodeResumed = jsonDocument(Resumed)

const who = Effect.map(ThisProcess, (process) => `${userOf(process)}@${process.host}`)

const inWords = (pause: Pause) =>
  Effect.map(Clock.currentTimeMillis, (now) => pauseInWords(pause, { now, zone: localZone }))

const onJournal = (flags: { readonly repo: Option.Option<string> }) =>
  configured(({ settings }, surroundings) => layer(settings, surroundings), { flags: repoSetting(flags.repo) })

export const pauseCommand = Command.make("pause", { reason, until, repo, json }, (flags) =>
  Effect.gen(function* () {
    const [journal, at, by] = yield* Effect.all([Journal, Clock.currentTimeMillis, who])
    const end = Option.getOrUndefined(flags.until)
    const paused: Pause = { at, reason: flags.reason, by, ...(end === undefined ? {} : { until: end }) }
    const replaced = yield* journal.pause(paused)
    const text = [
      yield* inWords(paused),
      "Runs dispatch nothing until then. Jobs that run go on, and what ends is settled.",
      ...(replaced === undefined ? [] : [`This replaces: ${yield* inWords(replaced)}`])
    ].join("\n")
    return yield* printResult(EXIT.ok, flags.json ? encodePaused({ paused, replaced: replaced ?? null }) : text)
  })
).pipe(
  Command.withDescription("Let runs dispatch nothing until you resume; jobs that run go on, and what ends is settled"),
  Command.provide((flags) => onJournal(flags))
)

export const resumeCommand = Command.make("resume", { repo, json }, (flags) =>
  Effect.gen(function* () {
    const journal = yield* Journal
    const resumed = yield* journal.resume(yield* who)
    if (resumed === undefined) return yield* new NotDone({ what: "nothing is paused" })
    const text = `resumed: runs dispatch again. It was ${yield* inWords(resumed)}`
    return yield* printResult(EXIT.ok, flags.json ? encodeResumed({ resumed }) : text)
  })
).pipe(
  Command.withDescription("End the pause: runs dispatch again"),
  Command.provide((flags) => onJournal(flags))
)
