import type { Explanation } from "../domain/Explanation.ts"
import { JournalFailed } from "../domain/Failure.ts"
import { redactShapes, type Redactor } from "../domain/Redaction.ts"
import { oneLine } from "../domain/Text.ts"
import { messageOf } from "../exec/causes.ts"

const ELSEWHERE = "or set stateDir to another directory on a local disk"

/** What to do, by the error text of SQLite or the system. */
const ADVICE: ReadonlyArray<readonly [RegExp, string]> = [
  [/\bfull\b|ENOSPC|EDQUOT|no space/i, `Make room on its disk, ${ELSEWHERE}`],
  [/EEXIST|ENOTDIR|EISDIR/, `Something else is in its place. Move it away, ${ELSEWHERE}`],
  // ENOENT: Node's error for a directory that cannot be made on a read-only disk.
  [/read-?only|EROFS|EACCES|EPERM|ENOENT|unable to open/i, `Let this user write there, ${ELSEWHERE}`],
  [
    /locked|busy|held by/i,
    "Another process keeps it locked: see which one has it open (fuser -v on that file), and try again"
  ],
  [/disk I\/O|EIO/i, `Its disk fails: check it, ${ELSEWHERE}`]
]

/** The messages of an error and of its causes. The last is the innermost, which helps the operator most. */
export const messagesOf = (cause: unknown): ReadonlyArray<string> => {
  const messages: Array<string> = []
  for (let error: unknown = cause, depth = 0; error instanceof Error && depth < 8; error = error.cause, depth++)
    messages.push(messageOf(error))
  return messages.length === 0 ? [String(cause)] : messages
}

/**
 * The failures of the journal in this file (or directory). Their texts tell the operator what to do. Secrets are removed,
 * because error texts may quote records.
 */
export const journalFailures = (file: string, redact: Redactor = redactShapes) => {
  const failed = (reason: JournalFailed["reason"], detail: string, next?: string) =>
    new JournalFailed({ file, reason, detail, next })
  const corrupt = (reason: string): JournalFailed =>
    failed(
      "corrupt",
      `it is damaged (${oneLine(redact(reason))}). No bug is dispatched without it`,
      "Move it away together with its -wal and -shm files, then run again: that run finds the claims and jobs of earlier " +
        "runs in the tracker and the runner"
    )
  return {
    corrupt,
    /** `had`: the number of migrations that the database has had. `known`: the number that this version knows. */
    newer: (had: number, known: number): JournalFailed =>
      failed(
        "newer",
        `a newer version made it (schema ${had}, this version knows ${known}), so it is left unchanged`,
        "Use that version"
      ),
    /** For a reader: only `run` and `settle` change an earlier version's journal. `had`: as in `newer`. */
    earlier: (had: number): JournalFailed =>
      failed(
        "unusable",
        `an earlier version made it (schema ${had}), so this command cannot read it`,
        "The next `nightly-dispatch run` or `nightly-dispatch settle` brings it up to date"
      ),
    illegal: (detail: string): JournalFailed => failed("illegal", detail),
    /** Another host's turn: this one may not go on with what it was about to do. */
    fenced: (detail: string, next?: string): JournalFailed => failed("fenced", detail, next),
    /** `by`: the actor of the open attempt. */
    taken: (beads: string, by: string): JournalFailed => failed("taken", `${beads} has an open attempt already: ${by}`),
    noAnswer: (time: string): JournalFailed =>
      failed(
        "unusable",
        `the file system does not answer within ${time}`,
        `Check its disk or its network, ${ELSEWHERE}`
      ),
    hung: ({ next, what }: Explanation): JournalFailed => failed("hung", what, next),
    /** The run's state directory is no longer the one that it locked. */
    replaced: (detail: string): JournalFailed =>
      failed(
        "unusable",
        `${detail} while this run used it: the state directory was replaced or removed. This run claims and starts nothing ` +
          "more; the next run finds its claims and jobs in the tracker and the runner",
        "Find out who does that, and keep stateDir where no program cleans up"
      ),
    /** The failure that an error of SQLite, of its wrappers or of the file system means. */
    of: (cause: unknown): JournalFailed => {
      if (cause instanceof JournalFailed) return cause
      const messages = messagesOf(cause)
      const innermost = messages.at(-1) ?? ""
      if (/malformed|not a database|SQLITE_CORRUPT|SQLITE_NOTADB/i.test(messages.join(" "))) return corrupt(innermost)
      const advice = ADVICE.find(([pattern]) => pattern.test(innermost))?.[1]
      return failed("unusable", oneLine(redact(innermost)), advice)
    }
  }
}

export type JournalFailures = ReturnType<typeof journalFailures>
