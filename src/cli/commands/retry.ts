import * as Command from "@effect/cli/Command"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Options from "@effect/cli/Options"
import { Effect, Option, Schema } from "effect"
import { BeadsCli } from "../../beads/BeadsCli.ts"
import { EXIT } from "../../domain/exitCode.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { REVIEW_LABEL } from "../../domain/Outcome.ts"
import { Journal } from "../../journal/Journal.ts"
import { layer } from "../../layer.ts"
import { isRefused } from "../../prompt/checkedPrompt.ts"
import { MAX_REMARK_BYTES, remarkText } from "../../prompt/remark.ts"
import { byteLength } from "../../prompt/untrusted.ts"
import { DxRunner } from "../../runner/DxRunner.ts"
import { configured } from "../Configuration.ts"
import { NotDone, notDone } from "../exit.ts"
import { printResult } from "../terminal/Streams.ts"
import { id } from "./claim.ts"

const noteOption = Options.text("note").pipe(
  Options.withPseudoName("text"),
  Options.mapTryCatch(Schema.decodeUnknownSync(Schema.Trim.pipe(Schema.nonEmptyString())), () =>
    HelpDoc.p("a note must not be empty")
  ),
  Options.optional,
  Options.withDescription("What the next agent is to know. It stands in the prompts of this bug until the next retry")
)

/** What becomes of the note, in words. */
const ofNote = (note: string): string =>
  byteLength(note) > MAX_REMARK_BYTES
    ? `Only the first ${MAX_REMARK_BYTES} bytes of your note fit into its next prompt.`
    : "Your note will be in its next prompt."

/**
 * Clears the record of a bug, and lets work that exists for it by now count no more. Keeps the note for its next prompts. Gives what
 * follows, one sentence a line.
 *
 * @example
 * retry(BeadsId.make("bd-1"), "Use the parser in src/csv, and add a test for an empty line")
 */
export const retry = Effect.fn("retry")(function* (beads: BeadsId, note: string | undefined) {
  const [tracker, journal, runner] = yield* Effect.all([BeadsCli, Journal, DxRunner])
  if (note !== undefined && isRefused(remarkText({ at: 0, text: note }), runner.promptRefusal)) {
    return yield* new NotDone({ where: beads, what: "unchanged: the runner refuses a prompt that holds this note" })
  }
  const issue = yield* tracker.show(beads)
  if (issue === undefined) return yield* new NotDone({ where: beads, what: "there is no such issue" })
  const cleared = yield* journal.clear(beads, note)
  const isOpen = (yield* journal.of(beads)).some(({ phase }) => phase !== "settled")
  const hasLabel = issue.labels.includes(REVIEW_LABEL)
  return [
    cleared === 0
      ? `${beads} has no ended attempt that counts.`
      : `${beads}: ${cleared === 1 ? "one ended attempt counts" : `${cleared} ended attempts count`} no more.`,
    "Runs may try it, even if a commit, a branch or a pull request for it exists by now.",
    ...(note === undefined ? [] : [ofNote(note)]),
    ...(isOpen ? ["An attempt at it is open, and will count when it ends."] : []),
    ...(hasLabel ? [`Its label still keeps runs away. To remove it: bd label remove ${beads} ${REVIEW_LABEL}`] : [])
  ].join("\n")
})

export const retryCommand = Command.make("retry", { id, note: noteOption }, (flags) =>
  retry(flags.id, Option.getOrUndefined(flags.note)).pipe(
    Effect.catchTag("TrackerFailed", (failure) => notDone("unchanged", flags.id)(failure)),
    Effect.flatMap((text) => printResult(EXIT.ok, text))
  )
).pipe(
  Command.withDescription(
    "Clear a bug's record: its earlier attempts and the work that exists for it count no more, so the next run may try it"
  ),
  Command.provide(configured(({ settings }, surroundings) => layer(settings, surroundings)))
)
