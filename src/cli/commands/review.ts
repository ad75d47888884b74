import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Effect, Option } from "effect"
import { withLimits } from "../../dispatch/limits/limitedServices.ts"
import { decidable, NotDecided, type Decidable } from "../../dispatch/review/decidable.ts"
import { accept, reject, sendBack } from "../../dispatch/review/decide.ts"
import { EXIT } from "../../domain/exitCode.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { forOneJob } from "../../journal/exclusively.ts"
import { layer, viewLayer } from "../../layer.ts"
import { newRun } from "../../locate.ts"
import { isRefused } from "../../prompt/checkedPrompt.ts"
import { remarkText } from "../../prompt/remark.ts"
import { gatherOne, gatherReview } from "../../report/review/gather.ts"
import { ReviewView, reviewView, waitingWork } from "../../report/review/reviewView.ts"
import { reviewText } from "../../report/review/text.ts"
import { DxRunner } from "../../runner/DxRunner.ts"
import { ThisProcess } from "../../surroundings.ts"
import { configured } from "../Configuration.ts"
import { NotDone, WrongUsage } from "../exit.ts"
import { frameHere } from "../frame.ts"
import { decidedText, questionOf } from "../rendering/review.ts"
import { showWork } from "../review/showWork.ts"
import { json, repo, repoSetting } from "../root.ts"
import { confirmed } from "../terminal/ask.ts"
import { printResult } from "../terminal/Streams.ts"
import { id } from "./claim.ts"
import { jsonDocument } from "../rendering/jsonDocument.ts"

const options = {
  id: Args.optional(id),
  accept: Options.boolean("accept").pipe(
    Options.withDescription("Merge the work into the base's branch in the clone, and close the bug")
  ),
  reject: Options.boolean("reject").pipe(
    Options.withDescription("Remove the work; the bug stays open and is left alone")
  ),
  sendBack: Options.text("send-back").pipe(
    Options.withPseudoName("remark"),
    Options.optional,
    Options.withDescription("Have the bug tried again on the same branch, with this remark in the prompt")
  ),
  push: Options.text("push").pipe(
    Options.withPseudoName("remote"),
    Options.optional,
    Options.withDescription("With --accept: push to this remote. Else nothing is pushed")
  ),
  yes: Options.boolean("yes").pipe(Options.withDescription("Do not ask")),
  repo,
  json
}
type Flags = Command.Command.ParseConfig<typeof options>

const encodeView = jsonDocument(ReviewView, { space: 2 })

/** Why these flags make no sense together; `undefined` if they do. */
const misuse = ({ accept, id, json, push, reject, sendBack }: Flags): string | undefined => {
  const decisions = [accept, reject, Option.isSome(sendBack)].filter((given) => given).length
  if (decisions > 1) return "give one of --accept, --reject, --send-back"
  if (decisions === 1 && Option.isNone(id)) return "name the bug: review ID --accept"
  if (decisions === 1 && json) return "--json is for looking at work, not for decisions"
  if (Option.isSome(push) && !accept) return "--push goes with --accept"
  if (Option.exists(push, (remote) => remote.startsWith("-"))) return "a remote's name begins with no dash"
  return Option.exists(sendBack, (remark) => remark.trim() === "") ? "the remark must not be empty" : undefined
}

const list = Effect.fn("review.list")(function* (flags: Flags) {
  const view = reviewView(yield* withLimits(gatherReview))
  return yield* printResult(EXIT.ok, flags.json ? encodeView(view) : reviewText(view, yield* frameHere(flags.repo)))
})

const show = Effect.fn("review.show")(function* (beads: BeadsId, flags: Flags) {
  const found = yield* withLimits(gatherOne(beads))
  const work = waitingWork(found.work)
  return flags.json
    ? yield* printResult(EXIT.ok, encodeView({ waiting: [work], unknown: found.unknown }))
    : yield* showWork(work, found.unknown, yield* frameHere(flags.repo))
})

const cannotKeep = (beads: BeadsId) =>
  new NotDone({ where: beads, what: "unchanged: the runner refuses a prompt that holds this remark" })

/** Makes the decision under the run lock, on the very commits that the person was asked about. */
const decide = Effect.fn("review.decide")(function* (beads: BeadsId, flags: Flags) {
  const remote = Option.getOrUndefined(flags.push)
  const remark = Option.getOrUndefined(flags.sendBack)
  const options = yield* newRun(yield* CurrentSettings, yield* ThisProcess)
  const seen = yield* decidable(options, beads)
  const { promptRefusal } = yield* DxRunner
  if (remark !== undefined && isRefused(remarkText({ at: 0, text: remark }), promptRefusal))
    return yield* cannotKeep(beads)
  if (remark === undefined && !flags.yes) {
    const answer = yield* confirmed(questionOf(seen, flags.accept ? "accept" : "reject", remote))
    if (answer === undefined) {
      const what = "stdin is no terminal, so review cannot ask you. It has changed nothing"
      return yield* new WrongUsage({ what, next: "Add --yes" })
    }
    if (!answer) return yield* printResult(EXIT.no, "nothing was changed")
  }
  const act = (work: Decidable) =>
    remark !== undefined ? sendBack(work, remark) : flags.accept ? accept(work, remote) : reject(work)
  const decided = yield* forOneJob(
    options.run,
    Effect.flatMap(decidable(options, beads), (work) =>
      work.facts.tip === seen.facts.tip && work.facts.uncommitted === seen.facts.uncommitted
        ? act(work)
        : new NotDecided({ where: beads, what: "its work has just changed", next: "Look at it again" })
    )
  )
  if (Option.isNone(decided)) {
    return yield* new NotDone({ where: beads, what: "unchanged: a run is active", next: "Try again when it has ended" })
  }
  const { program } = yield* frameHere(flags.repo)
  const how = remark !== undefined ? "--send-back REMARK" : flags.accept ? "--accept" : "--reject"
  const { exit, text } = decidedText(decided.value, `${program} review ${beads} ${how}`)
  const next =
    exit === EXIT.ok && flags.reject
      ? `\nRuns leave ${beads} alone until its description changes. To have it tried again: ${program} retry ${beads}`
      : ""
  return yield* printResult(exit, text + next)
})

const decideHere = (beads: BeadsId, flags: Flags) =>
  decide(beads, flags).pipe(
    withLimits,
    Effect.provide(
      configured(({ settings }, surroundings) => layer(settings, surroundings), { flags: repoSetting(flags.repo) })
    )
  )

export const reviewCommand = Command.make("review", options, (flags) =>
  Effect.gen(function* () {
    const why = misuse(flags)
    if (why !== undefined) return yield* new WrongUsage({ where: "review", what: why })
    const beads = Option.getOrUndefined(flags.id)
    if (beads !== undefined && (flags.accept || flags.reject || Option.isSome(flags.sendBack))) {
      return yield* decideHere(beads, flags)
    }
    return yield* Effect.provide(
      beads === undefined ? list(flags) : show(beads, flags),
      configured(({ settings }, surroundings) => viewLayer(settings, surroundings), { flags: repoSetting(flags.repo) })
    )
  })
).pipe(
  Command.withDescription(
    "List the work that waits for you; with an id show its diff; accept it, send it back with a remark, or reject it"
  )
)
