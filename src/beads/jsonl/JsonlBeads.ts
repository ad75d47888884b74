import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import { DateTime, Effect, Either, Layer } from "effect"
import { ClaimFailed, TrackerFailed } from "../../domain/Failure.ts"
import type { Actor } from "../../domain/Actor.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { Claim, type Released } from "../../domain/Claim.ts"
import { Intake, type IntakeFilter } from "../../domain/Issue.ts"
import type { Exec } from "../../exec/Exec.ts"
import { BeadsCli } from "../BeadsCli.ts"
import { isElse, isWanted } from "../intake.ts"
import { notOurs, standingOf } from "../standing.ts"
import type { Entry, JsonlIssues } from "./lines.ts"
import { appendElement, memberText, type Edits } from "./edit.ts"
import { makeJsonlStore } from "./store.ts"

/** Where the file is. */
export interface JsonlBeadsOptions {
  /** `.beads/issues.jsonl`. Absolute. */
  readonly file: string
}

/** The issue with this id; a failure when its line cannot be read, or when it has two. */
const find = (
  { entries, malformed }: JsonlIssues,
  operation: string,
  id: BeadsId
): Effect.Effect<Entry | undefined, TrackerFailed> => {
  const bad = malformed.find((line) => line.id === id)
  return bad === undefined
    ? Effect.succeed(entries.get(id))
    : Effect.fail(new TrackerFailed({ operation, reason: "unreadable", detail: bad.why.problem, blame: "tracker" }))
}

/** An edit of the comments: one more, with the next free number. */
const oneMoreComment = (entry: Entry, author: Actor, text: string, now: string): Edits => {
  const comments = memberText(entry.text, "comments")
  const numbers = [...(comments ?? "").matchAll(/"id"\s*:\s*(\d{1,9})\b/g)].map(([, number]) => Number(number))
  const comment = { id: Math.max(0, ...numbers) + 1, issue_id: entry.issue.id, author, text, created_at: now }
  return { comments: appendElement(comments, JSON.stringify(comment)) }
}

/**
 * The tracker on a `.beads/issues.jsonl` without a database: what the file holds is read for each call, and changes are
 * made under a lock, in the issue's own line, by replacing the file in one step. Everything else in it stays byte for
 * byte. Refuses to work where a bd database stands beside the file.
 */
export const layer = (
  options: JsonlBeadsOptions
): Layer.Layer<BeadsCli, never, Exec | FileSystem.FileSystem | Path.Path> =>
  Layer.effect(
    BeadsCli,
    Effect.gen(function* () {
      const store = yield* makeJsonlStore(options.file)

      const openBugs = Effect.fn("BeadsCli.openBugs")(function* (filter: IntakeFilter) {
        const { entries, malformed } = yield* store.read("list")
        const issues = [...entries.values()].map((entry) => entry.issue).filter((issue) => isWanted(issue, filter))
        return new Intake({
          issues,
          malformed: malformed.filter((line) => !isElse(line.row, filter)).map((line) => line.why)
        })
      })

      const show = Effect.fn("BeadsCli.show")(function* (id: BeadsId) {
        const operation = `show ${id}`
        const entry = yield* find(yield* store.read(operation), operation, id)
        return entry?.issue
      })

      const claimsOf = Effect.fn("BeadsCli.claimsOf")(function* (actorPrefix: string) {
        const { entries } = yield* store.read("list")
        return [...entries.values()]
          .map((entry) => entry.issue)
          .filter((issue) => issue.status === "in_progress" && issue.assignee?.startsWith(actorPrefix) === true)
      })

      /** One change under the lock: `decide` looks at the issue and answers, with edits where there is something to change. */
      const change = <A, E>(
        operation: string,
        id: BeadsId,
        decide: (entry: Entry | undefined, now: string) => Either.Either<readonly [answer: A, edits?: Edits], E>
      ): Effect.Effect<A, E | TrackerFailed> =>
        store.locked(
          operation,
          Effect.gen(function* () {
            const entry = yield* find(yield* store.read(operation), operation, id)
            const now = DateTime.formatIso(yield* DateTime.now)
            const [answer, edits] = yield* decide(entry, now)
            if (entry !== undefined && edits !== undefined) {
              yield* store.write(operation, entry, { ...edits, updated_at: JSON.stringify(now) })
            }
            return answer
          })
        )

      const claim = Effect.fn("BeadsCli.claim")(function* (id: BeadsId, actor: Actor) {
        const claimed = yield* change(`claim ${id}`, id, (entry) => {
          const standing = standingOf(id, entry?.issue, actor)
          switch (standing._tag) {
            case "Ours":
              return Either.right([new Claim({ id, actor })] as const)
            case "Free": {
              const edits = { status: '"in_progress"', assignee: JSON.stringify(actor) }
              return Either.right([new Claim({ id, actor }), edits] as const)
            }
            case "Resurrected":
              return Either.left(new ClaimFailed({ beads: id, reason: "not_open", detail: "it is closed" }))
            case "Lost":
              return Either.left(standing.failure)
          }
        })
        const after = standingOf(id, yield* show(id), actor)
        if (after._tag === "Lost") return yield* after.failure
        return claimed
      })

      const release = Effect.fn("BeadsCli.release")((id: BeadsId, actor: Actor) =>
        change<Released, never>(`release ${id}`, id, (entry) =>
          Either.right(
            standingOf(id, entry?.issue, actor)._tag === "Ours"
              ? [{ _tag: "Released" }, { status: '"open"', assignee: undefined }]
              : [notOurs(entry?.issue)]
          )
        )
      )

      const heartbeat = Effect.fn("BeadsCli.heartbeat")(function* (id: BeadsId, actor: Actor) {
        const issue = yield* show(id)
        return standingOf(id, issue, actor)._tag === "Ours"
          ? ({ _tag: "Alive", leaseExpiresAt: undefined } as const)
          : notOurs(issue)
      })

      const noSuchIssue = (operation: string) =>
        new TrackerFailed({ operation, reason: "refused", detail: "no such issue", blame: "tracker" })

      const label = Effect.fn("BeadsCli.label")((id: BeadsId, _actor: Actor, label: string) => {
        const operation = `label ${id}`
        return change<void, TrackerFailed>(operation, id, (entry) => {
          if (entry === undefined) return Either.left(noSuchIssue(operation))
          if (entry.issue.labels.includes(label)) return Either.right([undefined])
          return Either.right([
            undefined,
            { labels: appendElement(memberText(entry.text, "labels"), JSON.stringify(label)) }
          ])
        })
      })

      const comment = Effect.fn("BeadsCli.comment")((id: BeadsId, actor: Actor, text: string) => {
        const operation = `comment ${id}`
        return change<void, TrackerFailed>(operation, id, (entry, now) =>
          entry === undefined
            ? Either.left(noSuchIssue(operation))
            : Either.right([undefined, oneMoreComment(entry, actor, text, now)])
        )
      })

      return {
        version: Effect.succeed(`JSONL file (${options.file})`),
        openBugs,
        show,
        claimsOf,
        claim,
        release,
        leases: Effect.succeed("none"),
        heartbeat,
        label,
        comment
      }
    })
  )
