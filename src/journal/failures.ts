import { JournalFailed } from "../domain/Failure.ts"
import { redactShapes, type Redactor } from "../domain/Redaction.ts"
import { oneLine } from "../domain/Text.ts"

/** Ways in which a journal fails, told so that an operator knows what to do. */
export interface JournalFailures {
  /** What a failure of SQLite, of its wrappers or of the file system means. */
  readonly of: (cause: unknown) => JournalFailed
  readonly corrupt: (said: string) => JournalFailed
  /** `has` and `known` are numbers of migrations. */
  readonly newer: (has: number, known: number) => JournalFailed
  readonly illegal: (detail: string) => JournalFailed
}

const ELSEWHERE = "or set stateDir to another directory on a local disk"

/** What to do, by the words of SQLite and of the system. */
const ADVICE: ReadonlyArray<readonly [RegExp, string]> = [
  [/\bfull\b|ENOSPC|EDQUOT|no space/i, `Make room on its disk, ${ELSEWHERE}`],
  [/EEXIST|ENOTDIR|EISDIR/, `Something else is in its place. Move it away, ${ELSEWHERE}`],
  // ENOENT: what Node says of a directory that cannot be made on a disk that is read-only.
  [/read-?only|EROFS|EACCES|EPERM|ENOENT|unable to open/i, `Let this user write there, ${ELSEWHERE}`],
  [/locked|busy|held by/i, "Another process keeps it locked: see which one has it open, and try again"],
  [/disk I\/O|EIO/i, `Look after its disk, ${ELSEWHERE}`]
]

/** The words at the bottom of an error: what the wrappers above it say tells nobody anything. */
const wordsOf = (cause: unknown): ReadonlyArray<string> => {
  const words: Array<string> = []
  for (let at: unknown = cause, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++)
    words.push(at.message)
  return words.length === 0 ? [String(cause)] : words
}

/** The failures of the journal in this file (or directory). What is said of a record may quote it. */
export const journalFailures = (file: string, redact: Redactor = redactShapes): JournalFailures => {
  const corrupt = (said: string) =>
    new JournalFailed({
      file,
      reason: "corrupt",
      detail:
        `it is damaged (${oneLine(redact(said))}). Nothing is dispatched without it. Move it away, with the files -wal and ` +
        "-shm beside it, and run again: claims and jobs of earlier runs are then found in the tracker and in the runner"
    })
  return {
    corrupt,
    newer: (has, known) =>
      new JournalFailed({
        file,
        reason: "newer",
        detail: `it was made by a newer version (its schema is ${has}, this one knows ${known}). Use that version`
      }),
    illegal: (detail) => new JournalFailed({ file, reason: "illegal", detail }),
    of: (cause) => {
      if (cause instanceof JournalFailed) return cause
      const words = wordsOf(cause)
      const said = words.at(-1) ?? ""
      if (/malformed|not a database|SQLITE_CORRUPT|SQLITE_NOTADB/i.test(words.join(" "))) return corrupt(said)
      const advice = ADVICE.find(([pattern]) => pattern.test(said))?.[1]
      return new JournalFailed({
        file,
        reason: "unusable",
        detail: oneLine(redact(said)) + (advice === undefined ? "" : `. ${advice}`)
      })
    }
  }
}
