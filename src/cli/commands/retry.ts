import * as Command from "@effect/cli/Command"
import { Effect } from "effect"
import { BeadsCli } from "../../beads/BeadsCli.ts"
import { EXIT } from "../../domain/exitCode.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { REVIEW_LABEL } from "../../domain/Outcome.ts"
import { Journal } from "../../journal/Journal.ts"
import { layer } from "../../layer.ts"
import { configured } from "../Configuration.ts"
import { NotDone } from "../exit.ts"
import { printResult } from "../terminal/Streams.ts"
import { id } from "./claim.ts"

/** Clears the record of a bug, and lets work that exists for it by now count no more. Gives what follows, one sentence a line. */
const retry = Effect.fn("retry")(function* (beads: BeadsId) {
  const [tracker, journal] = yield* Effect.all([BeadsCli, Journal])
  const issue = yield* tracker.show(beads)
  if (issue === undefined) return yield* new NotDone({ message: `${beads}: there is no such issue` })
  const cleared = yield* journal.clear(beads)
  const isOpen = (yield* journal.of(beads)).some(({ phase }) => phase !== "settled")
  const hasLabel = issue.labels.includes(REVIEW_LABEL)
  return [
    cleared === 0
      ? `${beads} has no ended attempt that counts.`
      : `${beads}: ${cleared === 1 ? "one ended attempt counts" : `${cleared} ended attempts count`} no more.`,
    "Runs may try it, even if a commit, a branch or a pull request for it exists by now.",
    ...(isOpen ? ["An attempt at it is open, and will count when it ends."] : []),
    ...(hasLabel ? [`Its label still keeps runs away. To remove it: bd label remove ${beads} ${REVIEW_LABEL}`] : [])
  ].join("\n")
})

export const retryCommand = Command.make("retry", { id }, (flags) =>
  retry(flags.id).pipe(
    Effect.catchTag("TrackerFailed", ({ message }) => new NotDone({ message: `${flags.id} is unchanged: ${message}` })),
    Effect.flatMap((text) => printResult(EXIT.ok, text))
  )
).pipe(
  Command.withDescription(
    "Clear a bug's record: its earlier attempts and the work that exists for it count no more, so the next run may try it"
  ),
  Command.provide(configured(({ settings }, surroundings) => layer(settings, surroundings)))
)
