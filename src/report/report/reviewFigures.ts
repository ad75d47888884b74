import { waitsForReview } from "../../domain/Ending.ts"
import type { AttemptFacts } from "../../journal/JournalQueries.ts"
import type { BranchFacts } from "../../workspace/KeptWork.ts"
import { isEnded } from "./endFigures.ts"
import { branchKey, type ReportInput } from "./reportInput.ts"
import type { ReviewFigures } from "./reportSchema.ts"

type Fate = "merged" | "closed" | "sentBack" | "waiting" | "unknown"

/** The attempts that left work for a person: of several on one branch only the last. */
export const reviewed = (ended: ReadonlyArray<AttemptFacts>): ReadonlyArray<AttemptFacts> => {
  const waited = ended.filter((attempt) => isEnded(attempt) && waitsForReview(attempt))
  const keyOf = ({ actor, branch, repository }: AttemptFacts) =>
    branch === undefined ? actor : branchKey(repository, branch)
  return [...new Map(waited.map((attempt) => [keyOf(attempt), attempt])).values()]
}

/** What git found counts more than what a person decided: who accepts work may fail to merge it. */
const fateOf = ({ cleared, decision }: AttemptFacts, found: BranchFacts | undefined): Fate => {
  if (found?.merged === "yes") return "merged"
  if (decision === "rejected") return "closed"
  if (decision === "sent_back" || cleared) return "sentBack"
  if (found?.branch === "deleted" && found.merged === "no") return "closed"
  if (found?.branch === "exists" && found.merged === "no") return "waiting"
  return decision === "accepted" ? "merged" : "unknown"
}

/** What became of the work that was left in the window. */
export const reviewFigures = ({ branches, decisions, ended }: ReportInput): ReviewFigures => {
  const work = reviewed(ended).map((attempt) => ({
    at: attempt.changed,
    fate: fateOf(attempt, branches.get(branchKey(attempt.repository, attempt.branch ?? "")))
  }))
  const count = (fate: Fate) => work.filter((one) => one.fate === fate).length
  const waiting = work.filter(({ fate }) => fate === "waiting").map(({ at }) => at)
  const decided = (decision: (typeof decisions)[number]["decision"]) =>
    decisions.filter((one) => one.decision === decision).length
  return {
    branches: work.length,
    merged: count("merged"),
    closed: count("closed"),
    sentBack: count("sentBack"),
    waiting: count("waiting"),
    unknown: count("unknown"),
    oldest: waiting.length === 0 ? undefined : Math.min(...waiting),
    decisions: { accepted: decided("accepted"), rejected: decided("rejected"), sent_back: decided("sent_back") }
  }
}
