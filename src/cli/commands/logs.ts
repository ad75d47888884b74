import * as Command from "@effect/cli/Command"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Options from "@effect/cli/Options"
import { Effect, Option, Schema } from "effect"
import { withLimits } from "../../dispatch/limits/limitedServices.ts"
import { EXIT } from "../../domain/exitCode.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { isLive } from "../../domain/Job.ts"
import { JournalQueries, type AttemptFacts } from "../../journal/JournalQueries.ts"
import { viewLayer } from "../../layer.ts"
import { elsewhere, HERE } from "../../journal/elsewhere.ts"
import { nearIds } from "../../report/lookup/nearIds.ts"
import { findLog, NoLog, type FoundLog } from "../../report/logs/findLog.ts"
import { followLog } from "../../report/logs/followLog.ts"
import { logTail } from "../../report/logs/logTail.ts"
import { DxRunner } from "../../runner/DxRunner.ts"
import { configured } from "../Configuration.ts"
import { NotDone, notDone } from "../exit.ts"
import { Streams } from "../terminal/Streams.ts"
import { id } from "./claim.ts"

const aboveZero = (name: string) =>
  Options.integer(name).pipe(
    Options.withPseudoName("n"),
    Options.mapTryCatch(Schema.decodeUnknownSync(Schema.Int.pipe(Schema.positive())), () =>
      HelpDoc.p(`--${name} takes a whole number from 1 up`)
    )
  )

const options = {
  id,
  follow: Options.boolean("follow").pipe(
    Options.withAlias("f"),
    Options.withDescription("Go on with what is written, until the job ends or Ctrl-C")
  ),
  attempt: aboveZero("attempt").pipe(
    Options.optional,
    Options.withDescription("The log of this attempt at the bug, as explain numbers it; else the newest job's")
  ),
  lines: aboveZero("lines").pipe(
    Options.withDefault(200),
    Options.withDescription("How many of the last lines. Default: 200")
  )
}

/** The attempts at the bug; none if the journal cannot be read: the runner may know its job all the same. */
const attemptsOf = Effect.fnUntraced(function* (beads: BeadsId) {
  const queries = yield* JournalQueries
  return yield* Effect.catchAll(queries.attemptsOf(beads), ({ message }) =>
    Effect.as(Effect.logWarning(`the journal cannot be read: ${message}`), [])
  )
})

/** A mistyped id has no log either. */
const withNear = Effect.fnUntraced(function* (
  beads: BeadsId,
  attempts: ReadonlyArray<AttemptFacts>,
  { next, what, where }: NoLog
): Effect.fn.Return<never, NoLog, JournalQueries> {
  const queries = yield* JournalQueries
  const known = attempts.length > 0 ? [] : yield* Effect.orElseSucceed(queries.bugs, () => [])
  const near = nearIds(beads, known)
  return yield* new NoLog({ where, what, next: near.length === 0 ? next : `Near: ${near.join(", ")}` })
})

/** Whether nothing more will be written to the log. A runner that cannot tell is asked again. */
const jobIsOver = (beads: BeadsId, { open }: FoundLog) =>
  open === undefined
    ? Effect.succeed(true)
    : Effect.flatMap(DxRunner, (runner) =>
        Effect.match(runner.job(beads, open.trace), {
          onSuccess: (job) => job === undefined || !isLive(job),
          onFailure: () => false
        })
      )

export const logsCommand = Command.make("logs", options, (flags) =>
  withLimits(
    Effect.gen(function* () {
      const streams = yield* Streams
      const attempts = yield* attemptsOf(flags.id)
      // If the journal cannot be read, nothing is known of another host, and the warning was given.
      const where = yield* Effect.orElseSucceed(elsewhere, () => HERE)
      const found = yield* Effect.catchTag(
        findLog(flags.id, attempts, Option.getOrUndefined(flags.attempt), where),
        "NoLog",
        (none) => withNear(flags.id, attempts, none)
      )
      const { attempt, path } = found
      const tail = yield* Effect.mapError(
        logTail(path, flags.lines, !flags.follow),
        notDone("its log cannot be read", flags.id)
      )
      if (tail === undefined) return yield* new NotDone({ where: flags.id, what: `its log is gone: ${path}` })
      yield* Effect.logInfo(`log of ${flags.id}${attempt === undefined ? "" : `, attempt ${attempt}`}: ${path}`)
      const print = (lines: ReadonlyArray<string>) => streams.out(lines.map((line) => `${line}\n`).join(""))
      yield* print(tail.lines)
      if (!flags.follow) return EXIT.ok
      const ended = yield* Effect.cachedWithTTL(jobIsOver(flags.id, found), "2 seconds")
      const isOver = Effect.suspend(() => (streams.hasGone() ? Effect.succeed(true) : ended))
      yield* followLog({ path, tail, isOver, print })
      return EXIT.ok
    })
  )
).pipe(
  Command.withDescription("Print the end of the log of a bug's newest job, without secrets and control characters"),
  Command.provide(configured(({ settings }, surroundings) => viewLayer(settings, surroundings)))
)
