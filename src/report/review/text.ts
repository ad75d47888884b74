import type { BeadsId } from "../../domain/Ids.ts"
import { resultInWords, type JobResult } from "../../domain/JobResult.ts"
import { pushedOf, pushInWords } from "../../domain/PushedWork.ts"
import { shellWord } from "../../domain/shellWord.ts"
import { oneLine, visible } from "../../domain/Text.ts"
import { widthIn, type Frame } from "../Frame.ts"
import { aboutPath, beside, commandLines, heading } from "../text/blocks.ts"
import { cutTo, paint } from "../text/display.ts"
import { inWords, whenOf } from "../../domain/times.ts"
import { placeOn } from "../../journal/elsewhere.ts"
import type { ReviewView, WaitingWork } from "./reviewView.ts"

const [RED, GREEN, CYAN] = [31, 32, 36]

const count = (number: number, noun: string, plural = `${noun}s`): string => `${number} ${number === 1 ? noun : plural}`

/** What waits, by where it is: `1 branch and 2 pull requests wait`. */
const whatWaits = (waiting: ReadonlyArray<WaitingWork>): string => {
  const elsewhere = waiting.filter(({ result }) => result !== undefined).length
  const here = waiting.length - elsewhere
  const kinds = [
    ...(here === 0 ? [] : [count(here, "branch", "branches")]),
    ...(elsewhere === 0 ? [] : [count(elsewhere, "pull request")])
  ]
  return `${kinds.join(" and ")} ${waiting.length === 1 ? "waits" : "wait"}`
}

const CHECKED = { yes: "checked by us: passed", no: "checked by us: FAILED", none: "not checked by us" } as const

/** How large the work is; of work elsewhere, where it is. */
const sizeOf = ({ commits, deletions, files, host, insertions, result, uncommitted }: WaitingWork): string => {
  if (result !== undefined) return resultInWords(result)
  if (host !== undefined) return `on ${host}`
  return [
    commits === undefined ? "commits unknown" : count(commits.length, "commit"),
    ...(files === undefined ? [] : [`${count(files, "file")}, +${insertions ?? 0} -${deletions ?? 0}`]),
    ...(uncommitted === undefined || uncommitted === 0 ? [] : [`${count(uncommitted, "file")} NOT COMMITTED`])
  ].join(", ")
}

/** What is not as it should be. */
const oddities = (work: WaitingWork): ReadonlyArray<string> => [
  ...(work.end === undefined || work.end === "succeeded" || work.end === "unverified"
    ? []
    : [`its last attempt left nothing for review: ${work.detail ?? work.end}`]),
  ...(work.branchState !== "deleted"
    ? []
    : [pushedOf(work.pushed) === undefined ? "its branch is deleted" : "its branch is not in this clone"]),
  ...(work.pushed?._tag === "NotPushed" ? [oneLine(pushInWords(work.pushed), 300)] : []),
  ...(work.branchState === "unknown" && work.result === undefined && work.host === undefined
    ? [`unknown: ${work.why ?? "git cannot tell"}`]
    : []),
  ...(work.merged === "yes" ? [`${work.base ?? "the base"} has its commits already`] : []),
  ...(work.worktreeState === "gone" ? ["its worktree is gone"] : []),
  ...(work.worktreeState === "not ours" ? ["its worktree's path is something else by now"] : []),
  ...(work.status === "closed" ? ["the bug is closed"] : []),
  ...(work.assignee === undefined ? [] : [`the bug is assigned to ${work.assignee}`]),
  ...(work.label === false && work.status !== "closed" ? ["the bug has no review label"] : [])
]

const ageOf = ({ endedAt }: WaitingWork, frame: Frame): string => (endedAt === undefined ? "" : whenOf(endedAt, frame))

const titleLine = ({ beads, priority, title }: WaitingWork, frame: Frame): string => {
  const rank = priority === undefined ? "" : `  P${priority}`
  return heading(frame, cutTo(widthIn(frame), `${beads}${rank}  ${title ?? "(title unknown)"}`))
}

const factLines = (work: WaitingWork, frame: Frame): ReadonlyArray<string> => {
  const odd = oddities(work)
  const pushed = pushedOf(work.pushed)
  const parts = [
    work.provider,
    ageOf(work, frame),
    work.verified === undefined ? "" : CHECKED[work.verified],
    pushed === undefined ? "" : oneLine(pushInWords(pushed))
  ]
  return [
    ...beside(frame, "  ", [sizeOf(work), ...parts.filter((part) => part !== undefined && part !== "")].join(" · ")),
    ...(odd.length === 0 ? [] : beside(frame, "  ! ", odd.join("; "))),
    ...(work.lastWords === undefined ? [] : [cutTo(widthIn(frame), `  "${work.lastWords}"`)])
  ]
}

/**
 * The list of `review`.
 *
 * @example
 * reviewText(view, frame) // "1 branch waits for review, oldest first\n\nbd-1  P0  Crash …"
 */
export const reviewText = ({ unknown, waiting }: ReviewView, frame: Frame): string => {
  const head =
    waiting.length === 0
      ? unknown.length === 0
        ? "Nothing waits for review."
        : "Nothing is known to wait for review."
      : `${whatWaits(waiting)} for review, oldest first`
  const items = waiting.map((work) =>
    [titleLine(work, frame), ...factLines(work, frame), `  ${frame.program} review ${work.beads}`].join("\n")
  )
  return [...unknown.map((text) => beside(frame, "! ", text).join("\n")), head, ...items].join("\n\n")
}

const placeLines = (
  { branch, host, repository, worktree, worktreeState }: WaitingWork,
  frame: Frame
): ReadonlyArray<string> => [
  ...(branch === undefined ? [] : aboutPath(frame, "branch", placeOn(host, branch))),
  ...(repository === undefined ? [] : aboutPath(frame, "clone", placeOn(host, repository))),
  ...(worktree === undefined
    ? []
    : aboutPath(
        frame,
        "worktree",
        placeOn(host, worktree),
        host !== undefined || worktreeState === "there" ? undefined : worktreeState
      ))
]

/** The summary of one bug's work. */
export const summaryText = (work: WaitingWork, unknown: ReadonlyArray<string>, frame: Frame): string =>
  [
    ...unknown.flatMap((text) => [...beside(frame, "! ", text), ""]),
    titleLine(work, frame),
    ...factLines(work, frame),
    ...(work.durationMs === undefined ? [] : [`  its job ran ${inWords(work.durationMs)}`]),
    ...placeLines(work, frame),
    ...(work.commits ?? []).map(({ hash, subject }) => cutTo(widthIn(frame), `  ${hash.slice(0, 8)} ${subject}`))
  ].join("\n")

/** How to decide about work that a job made elsewhere. */
const decisionElsewhere = (result: JobResult, beads: BeadsId, frame: Frame): string =>
  [
    ...beside(frame, "  ", "Merge or close the pull request, then close the bug in the tracker:"),
    // Never broken: it is there to be opened.
    `    ${oneLine(result.url, 500)}`,
    ...commandLines(frame, [{ does: "have it tried again", command: `${frame.program} retry ${beads}` }])
  ].join("\n")

/** The commands that decide about the work. What is not there cannot be merged, nor shown by git. */
export const decisionText = (work: WaitingWork, frame: Frame): string => {
  const { base, beads, branch, branchState, host, pushed, repository, result } = work
  if (result !== undefined) return decisionElsewhere(result, beads, frame)
  const ours = (does: string, args: string) => ({ does, command: `${frame.program} ${args}` })
  if (branch === undefined)
    return commandLines(frame, [ours("what is known of the bug", `explain ${beads}`)]).join("\n")
  const isPushed = pushedOf(pushed) !== undefined
  if (host !== undefined && !isPushed) {
    const gone = `if ${host} is gone, have it tried again`
    return [
      ...beside(frame, "  ", `No remote has this branch, so decide on ${host}:`),
      ...commandLines(frame, [ours(`on ${host}`, `review ${beads}`), ours(gone, `retry ${beads}`)])
    ].join("\n")
  }
  const isDeleted = branchState === "deleted" || host !== undefined
  const decisions = [
    ...(isDeleted && !isPushed
      ? []
      : [ours(`accept (${isDeleted ? "fetch, " : ""}merge, close)`, `review ${beads} --accept`)]),
    ours("send back", `review ${beads} --send-back "your remark"`),
    ours("reject", `review ${beads} --reject`)
  ]
  if (isDeleted || repository === undefined || base === undefined) return commandLines(frame, decisions).join("\n")
  const command = `git -C ${shellWord(repository)} log -p ${shellWord(`${base}..${branch}`)}`
  // Often longer than the others, which must not move below their words with it.
  return [...commandLines(frame, decisions), ...commandLines(frame, [{ does: "with git", command }])].join("\n")
}

const colourOf = (line: string): number | undefined => {
  if (line.startsWith("+")) return GREEN
  if (line.startsWith("-")) return RED
  return line.startsWith("@@") ? CYAN : undefined
}

/**
 * A diff for a terminal or a pipe. Control characters of the files are visible (`^[`), so that no escape sequence of an agent
 * reaches a terminal; the colours are ours. A carriage return at the end of a line is left out.
 *
 * @example
 * diffText("+\u001b[8mhidden", frame) // "+^[[8mhidden"
 */
export const diffText = (diff: string, { color }: Pick<Frame, "color">): string =>
  diff
    .split("\n")
    .map((line) => {
      const safe = visible(line.replace(/\r$/, ""))
      const code = color ? colourOf(safe) : undefined
      return code === undefined ? safe : paint(color, code, safe)
    })
    .join("\n")
