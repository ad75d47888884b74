import { Struct } from "effect"
import { normalise } from "../../dispatch/plan/normalise.ts"
import { waitsForReview } from "../../domain/Attempt.ts"
import { REVIEW_LABEL, WAITS_FOR_A_RUN, type SkipReason } from "../../domain/Outcome.ts"
import { oneLine } from "../../domain/Text.ts"
import type { AttemptFacts } from "../../journal/JournalQueries.ts"
import { eventsOf } from "./events.ts"
import type { ExplainInput } from "./input.ts"
import type { ExplainView, ShownAttempt, ShownWork } from "./view.ts"

const LONGEST = 2000

/** What is shown of an attempt as the journal has it. */
const SHOWN = [
  "number",
  "run",
  "began",
  "changed",
  "provider",
  "end",
  "blame",
  "verified",
  "durationMs",
  "usage",
  "branch",
  "worktree",
  "log",
  "cleared",
  "decision"
] as const

const hostOf = (host: string | undefined) => (host === undefined ? {} : { host })

const attemptOf =
  ({ elsewhere, outcomes, steps }: ExplainInput) =>
  (facts: AttemptFacts): ShownAttempt => {
    const { actor, detail, run } = facts
    const taken = steps.get(actor)
    const outcome = outcomes.find((each) => each.run === run)?.outcome
    return {
      ...Struct.pick(facts, ...SHOWN),
      ...hostOf(elsewhere(actor)),
      detail: detail === undefined ? undefined : oneLine(detail, LONGEST),
      ...(taken === undefined ? {} : { events: eventsOf(taken, outcome) })
    }
  }

/** An attempt whose end tells why the bug is not mended. What a person has cleared tells no more. */
const hasFailed = ({ cleared, detail, end }: AttemptFacts): boolean =>
  !cleared && detail !== undefined && end !== undefined && end !== "succeeded" && end !== "stopped"

/** Why attempts failed, each way once: texts that differ only in times, counts and paths' numbers are one way. */
export const failuresOf = (attempts: ReadonlyArray<AttemptFacts>): ExplainView["failures"] => {
  const ways = new Map<string, { readonly attempts: Array<number>; readonly words: string }>()
  for (const { detail = "", number } of attempts.filter(hasFailed)) {
    const way = normalise(oneLine(detail, LONGEST))
    const before = ways.get(way)
    ways.delete(way)
    ways.set(way, { attempts: [...(before?.attempts ?? []), number], words: oneLine(detail, LONGEST) })
  }
  return [...ways.values()]
}

const WITH_FIGURES: ReadonlySet<SkipReason> = new Set(["host_busy", "budget"])

/**
 * What the runs that made no attempt came to, the oldest first. A busy host, or a budget, has other figures in each run: runs in a
 * row that it held back are one entry, with the figures of the last one.
 */
const leftAlone = ({ attempts, outcomes }: ExplainInput): ExplainView["leftAlone"] => {
  const tried = new Set<string>(attempts.map(({ run }) => run))
  const left: Array<ExplainView["leftAlone"][number]> = []
  let held: { readonly since: number; readonly by: SkipReason } | undefined
  for (const { at, lastAt, outcome, run } of outcomes.toReversed()) {
    const by = outcome._tag === "Skipped" && WITH_FIGURES.has(outcome.reason) ? outcome.reason : undefined
    const isSame = by !== undefined && held?.by === by
    if (isSame) left.pop()
    held = by === undefined ? undefined : { since: isSame && held !== undefined ? held.since : at, by }
    const span = { from: held?.since ?? at, to: lastAt }
    if (outcome._tag === "Skipped") {
      left.push({ ...span, reason: outcome.reason, detail: oneLine(outcome.detail, LONGEST) })
    } else if (outcome._tag === "Failed" && !tried.has(run)) {
      left.push({ ...span, reason: "dispatch_failed", detail: oneLine(outcome.error, LONGEST) })
    }
  }
  return left
}

const workOf = ({ elsewhere, work }: ExplainInput): ShownWork | undefined => {
  if (work === undefined) return undefined
  const { branch, pushed, repository: clone, worktree } = work.attempt
  const host = elsewhere(work.attempt.actor)
  if (work.facts === undefined) {
    const asked = host === undefined ? "git did not answer in time" : `only ${host} can tell more`
    const why = branch === undefined ? "the attempt had no branch of its own" : asked
    return {
      ...hostOf(host),
      clone,
      branch,
      pushed,
      worktree,
      state: "unknown",
      merged: "unknown",
      worktreeState: "unknown",
      why
    }
  }
  const { branch: state, commits, worktree: worktreeState, tip: _tip, ...others } = work.facts
  return { ...others, clone, branch, pushed, state, worktree, worktreeState, commits: commits?.length }
}

/** The commands that may help now, the likeliest first. */
const commandsOf = ({
  attempts,
  id,
  issue,
  log,
  now,
  paused,
  resume = "resume"
}: ExplainInput): ExplainView["commands"] => {
  const last = attempts.findLast(({ hadJob }) => hadJob)
  const isOpen = last !== undefined && last.end === undefined
  const waits = last?.end !== undefined && waitsForReview({ end: last.end, blame: last.blame }) && !last.cleared
  // A retry makes neither the limits of a run, the night's budget nor the host any wider.
  const waitsForRun = now.verdict === "chosen" || (now.reason !== undefined && WAITS_FOR_A_RUN.has(now.reason))
  const canRetry = issue !== undefined && issue.closedAt === undefined && !waitsForRun && !isOpen
  return [
    ...(paused === undefined ? [] : [{ does: "let runs dispatch again", args: resume }]),
    ...(waits && last.decision === undefined ? [{ does: "look at the work", args: `review ${id}` }] : []),
    ...(canRetry
      ? [
          { does: "try it again", args: `retry ${id}` },
          { does: "try it again, with a remark", args: `retry ${id} --note 'TEXT'` }
        ]
      : []),
    ...(log === undefined || log.host !== undefined
      ? []
      : [{ does: isOpen ? "follow its log" : "read its log", args: `logs ${id}${isOpen ? " -f" : ""}` }])
  ]
}

/** What the next run would do with the bug. While dispatching is paused, it takes none of those that may be dispatched. */
const nowOf = ({ now, paused }: ExplainInput): ExplainView["now"] =>
  paused === undefined || now.place === undefined
    ? { ...now, detail: oneLine(now.detail, LONGEST) }
    : { verdict: "left_alone", detail: oneLine(paused, LONGEST), place: now.place }

/** A bug with a reason of its own is kept from runs by the pause as well. */
const pauseNotice = ({ now, paused }: ExplainInput): ReadonlyArray<string> =>
  paused === undefined || now.place !== undefined ? [] : [`Runs dispatch nothing now: ${oneLine(paused, LONGEST)}`]

/** A bug that does not move, although nobody wants that. */
const unchangedNotice = ({ now, unchanged }: ExplainInput): ReadonlyArray<string> =>
  unchanged === undefined || now.verdict === "chosen" ? [] : [`This bug does not move: ${oneLine(unchanged, LONGEST)}`]

/** The label keeps runs away also after a retry. */
const labelNotice = ({ id, issue }: ExplainInput): ReadonlyArray<string> =>
  issue?.labels.includes(REVIEW_LABEL) === true
    ? [
        `The label ${REVIEW_LABEL} keeps runs away, also after a retry. To remove it: bd label remove ${id} ${REVIEW_LABEL}`
      ]
    : []

/**
 * Everything that `explain` says of a bug. Pure.
 *
 * @example
 * explainText(explainView(yield* gatherExplain(id, repository, { all: false })), frame)
 */
export const explainView = (input: ExplainInput): ExplainView => {
  const { attempts, id, issue, log, retry, unknown } = input
  return {
    id,
    ...(issue === undefined
      ? {}
      : {
          bug: {
            title: oneLine(issue.title, LONGEST),
            priority: issue.priority,
            type: oneLine(issue.type, 60),
            status: oneLine(issue.status, 60)
          }
        }),
    now: nowOf(input),
    failures: failuresOf(attempts),
    attempts: attempts.map(attemptOf(input)),
    leftAlone: leftAlone(input),
    ...(log === undefined ? {} : { log }),
    work: workOf(input),
    ...(retry === undefined ? {} : { retry: { at: retry.at, note: retry.note && oneLine(retry.note, LONGEST) } }),
    commands: commandsOf(input),
    notes: [...unknown, ...pauseNotice(input), ...unchangedNotice(input), ...labelNotice(input)]
  }
}
