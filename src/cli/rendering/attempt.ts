import { endingOf, providerOf, type Attempt } from "../../domain/Attempt.ts"

/** An attempt in the cells of a table: its bug, its number with its provider, its end and the end's detail. */
export const attemptCells = (attempt: Attempt) =>
  [
    attempt.beads,
    `${attempt.number}, ${providerOf(attempt) ?? "no provider"}`,
    endingOf(attempt)?.end ?? "ended",
    endingOf(attempt)?.detail ?? ""
  ] as const
