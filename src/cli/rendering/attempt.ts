import { endingOf, providerOf, type Attempt, type Ending } from "../../domain/Attempt.ts"

/** How an attempt ended, with what our check of its work said if there was one. */
export const endInWords = (ending: Pick<Ending, "end" | "verified"> | undefined): string | undefined =>
  ending?.verified === undefined ? ending?.end : `${ending.end}, verified=${ending.verified}`

/** An attempt in the cells of a table: its bug, its number with its provider, its end and the end's detail. */
export const attemptCells = (attempt: Attempt) =>
  [
    attempt.beads,
    `${attempt.number}, ${providerOf(attempt) ?? "no provider"}`,
    endInWords(endingOf(attempt)) ?? "ended",
    (attempt.phase === "verifying" ? attempt.found : endingOf(attempt))?.detail ?? ""
  ] as const
