import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import { Effect } from "effect"
import { TrackerFailed } from "../../domain/Failure.ts"
import type { Beads } from "../BeadsCli.ts"
import { noSuchIssue } from "../noSuchIssue.ts"
import type { BdCall } from "./guardedCall.ts"
import { bdError } from "./failure.ts"
import { messageOf } from "../../exec/causes.ts"

/** `bd update --add-label`. The read after it decides: some versions exit with 0 without adding the label. */
export const makeLabel = (bd: BdCall, show: Beads["show"]): Beads["label"] =>
  Effect.fn("BeadsCli.label")(function* (id, actor, label) {
    const operation = `label ${id}`
    const before = yield* show(id)
    if (before === undefined) return yield* noSuchIssue(operation)
    if (before.labels.includes(label)) return
    const result = yield* bd.write(operation, ["--actor", actor, "update", id, "--add-label", label, "--json"])
    if ((yield* show(id))?.labels.includes(label) !== true) return yield* bdError(operation, result)
  })

/** `bd update --remove-label`. As for `makeLabel`, the read after it decides. */
export const makeUnlabel = (bd: BdCall, show: Beads["show"]): Beads["unlabel"] =>
  Effect.fn("BeadsCli.unlabel")(function* (id, actor, label) {
    const operation = `unlabel ${id}`
    const before = yield* show(id)
    if (before === undefined) return yield* noSuchIssue(operation)
    if (!before.labels.includes(label)) return
    const result = yield* bd.write(operation, ["--actor", actor, "update", id, "--remove-label", label, "--json"])
    if ((yield* show(id))?.labels.includes(label) !== false) return yield* bdError(operation, result)
  })

/** `bd close`. The read after it decides. From 1.2.1 on bd closes an assigned issue only for its holder. */
export const makeClose = (bd: BdCall, show: Beads["show"]): Beads["close"] =>
  Effect.fn("BeadsCli.close")(function* (id, actor, reason) {
    const operation = `close ${id}`
    const before = yield* show(id)
    if (before === undefined) return yield* noSuchIssue(operation)
    if (before.status === "closed") return
    const who = before.assignee ?? actor
    const result = yield* bd.write(operation, ["--actor", who, "close", id, `--reason=${reason}`, "--json"])
    if ((yield* show(id))?.status !== "closed") return yield* bdError(operation, result)
  })

/** A file with this text that only our user can read. The scope deletes it. */
const textFile = Effect.fn("bd.textFile")(function* (text: string) {
  const [fs, path] = yield* Effect.all([FileSystem.FileSystem, Path.Path])
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "nightly-dispatch-comment-" })
  const file = path.join(directory, "comment.txt")
  yield* fs.writeFileString(file, text, { mode: 0o600, flag: "wx" })
  return file
})

/** `bd comments add`. The text goes through a file: it may be too long for the command line or start with a dash. */
export const makeComment = Effect.fn("bd.makeComment")(function* (bd: BdCall, show: Beads["show"]) {
  const context = yield* Effect.context<FileSystem.FileSystem | Path.Path>()
  const comment: Beads["comment"] = Effect.fn("BeadsCli.comment")(function* (id, actor, text) {
    const operation = `comment ${id}`
    // For an unknown id bd comments on an issue whose id contains it.
    if ((yield* show(id)) === undefined) return yield* noSuchIssue(operation)
    const file = yield* Effect.mapError(
      Effect.provide(textFile(text), context),
      (error) => new TrackerFailed({ operation, reason: "refused", detail: messageOf(error), blame: "host" })
    )
    // bd 0.46 takes a comment's author only from the environment.
    const env = { BD_ACTOR: actor }
    const result = yield* bd.write(operation, ["--actor", actor, "comments", "add", id, "-f", file], env)
    if (result.exitCode !== 0) return yield* bdError(operation, result)
  }, Effect.scoped)
  return comment
})
