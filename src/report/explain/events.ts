import { oneLine } from "../../domain/Text.ts"
import type { Dispatched, Failed, Outcome } from "../../domain/Outcome.ts"
import type { StepFacts } from "../../journal/JournalQueries.ts"
import { pushInWords } from "../../domain/PushedWork.ts"
import { inWords } from "../../domain/times.ts"
import type { ShownEvent } from "./view.ts"

type Step = StepFacts["step"]
type Settled = Extract<Step, { readonly _tag: "Settled" }>

const settled = ({ blame, detail, durationMs, end, review, verified }: Settled): string =>
  [
    `ended ${end}${durationMs === undefined ? "" : ` after ${inWords(durationMs)}`}`,
    ...(verified === undefined ? [] : [`our check: ${verified}`]),
    ...(blame === undefined ? [] : [`blame: ${blame}`]),
    `claim released${review === undefined ? "" : ", marked for review"}: ${oneLine(detail)}`
  ].join(", ")

/** A step in words; `undefined` if another step tells the same. */
const stepInWords = (step: Step): string | undefined => {
  switch (step._tag) {
    case "Intended":
      return "chosen; the attempt begins"
    case "Reopened":
      return "opened again, because its claim was still held"
    case "Claimed":
      return "claimed, read back: ours"
    case "WorkspaceMade": {
      const { branch, reused } = step.workspace
      return `worktree ${reused ? "reused" : "made"}${branch === undefined ? "" : `, branch ${branch}`}`
    }
    case "Prompted":
      return "prompt written"
    case "Starting":
      return `${step.provider}: asked to start the job`
    case "Launching":
      return undefined
    case "Acknowledged": {
      const { how, pid, provider } = step.ack
      const said =
        how === "started" ? "started" : how === "late" ? "started, found late" : "its job was running already"
      return `${provider}: ${said}${pid === undefined ? "" : `, pid ${pid}`}`
    }
    case "Verifying":
      return "the job ended well and left work; our check of it begins"
    case "PassedCheck":
      return "our check passed; the same command runs on the base commit"
    case "Checking":
      return `our check runs, pid ${step.checker.pid}`
    case "Ending":
      return `the job ended: ${step.end}; its claim is about to be released`
    case "Settled":
      return settled(step)
    case "PushTried":
      return oneLine(`branch ${step.pushed.branch}: ${pushInWords(step.pushed)}`)
  }
}

/** The providers that did not take the bug, and why. Their time is not recorded. */
export const passedOver = (outcome: Outcome | undefined): ReadonlyArray<ShownEvent> =>
  outcome === undefined || !("passedOver" in outcome)
    ? []
    : (outcome satisfies Dispatched | Failed).passedOver.map(({ provider, reason }) => ({
        text: `${provider}: no, ${oneLine(reason)}`
      }))

/**
 * What happened in an attempt, in order. `outcome`: what its run came to for the bug. Providers that were passed over stand before
 * the start of the one that took it, or before the end.
 */
export const eventsOf = (steps: ReadonlyArray<StepFacts>, outcome: Outcome | undefined): ReadonlyArray<ShownEvent> => {
  const refused = passedOver(outcome)
  const over = steps.findIndex(({ step: { _tag } }) => ["Acknowledged", "Ending", "Settled"].includes(_tag))
  const isTaken = steps[over]?.step._tag === "Acknowledged"
  const started = steps.slice(0, over).findLastIndex(({ step: { _tag } }) => _tag === "Starting")
  const place = isTaken && started !== -1 ? started : over
  return steps.flatMap(({ at, step }, index) => {
    const next = steps[index + 1]?.step._tag
    // The settled step tells the same once more.
    const text = step._tag === "Ending" && next === "Settled" ? undefined : stepInWords(step)
    return [...(index === place ? refused : []), ...(text === undefined ? [] : [{ at, text }])]
  })
}
