import { WorkspaceFailed } from "../../domain/Failure.ts"
import { saysNoRoom } from "../../domain/noRoom.ts"
import { excerpt } from "../../domain/Text.ts"
import type { ExecResult } from "../../exec/Exec.ts"
import { failureSaid } from "../git/failure.ts"
import { failureReason } from "../git/output.ts"

/** The branch on which `dx-worktree create` makes a bug's worktree. */
export const dxBranchOf = (id: string): string => `feature-${id}`

/** The path that `create` printed, after any notices: its last line. `undefined` if that is no absolute path. */
export const createdPath = (stdout: string): string | undefined => {
  const last = stdout
    .split("\n")
    .map((line) => line.trim())
    .findLast((line) => line !== "")
  return last?.startsWith("/") === true ? last : undefined
}

/** Whether git may list a worktree whose directory is missing. `dx-worktree prune` removes such an entry. */
export const mayBeStale = (text: string): boolean =>
  /failed to create worktree|worktree-setup failed|already registered|prunable/i.test(text)

/** Names only the path. The reason is in a line before it. */
const SAYS_NOTHING = /error: failed to create worktree at /i

/**
 * Why a call of `dx-worktree` failed: git's own `fatal:` line, which it prints behind a prefix of its own; else the last line
 * that names more than the path; else the last line.
 */
const tellingLine = (result: ExecResult): string => {
  const lines = excerpt(`${result.stdout}\n${result.stderr}`).split("\n")
  const fatal = lines.findLast((line) => /\bfatal: /.test(line))
  const telling = lines.filter((line) => line.trim() !== "" && !SAYS_NOTHING.test(line))
  const shown = fatal === undefined ? telling.join("\n") : fatal.slice(fatal.search(/\bfatal: /))
  return failureReason(shown === "" ? result : { ...result, stdout: shown, stderr: "" })
}

/** The failure of a call of `dx-worktree`, whose `command` is its name in the message. */
export const callFailure = (command: string, result: ExecResult): WorkspaceFailed => {
  const text = `${result.stdout}\n${result.stderr}`
  const line = tellingLine(result)
  const detail = `${command}: ${line}`
  return result.exitCode === 127 || /canonical repo missing|unknown command|usage:/i.test(excerpt(text))
    ? new WorkspaceFailed({ detail, kind: "unusable", blame: "config" })
    : failureSaid(detail, saysNoRoom(text) ? text : line)
}
