import type { Planned } from "../../domain/Outcome.ts"
import type { ShadowRun } from "../../domain/ShadowRun.ts"
import type { ComparedBug, ShadowFigures, Taking } from "./shadowSchema.ts"
import { sightsOf, takingsOf, type Look, type Sight } from "./takings.ts"

/** What the comparison is made of. */
export interface CompareInput {
  /** The shadow runs of the window, the oldest first. */
  readonly runs: ReadonlyArray<ShadowRun>
  /** What the tracker shows now. */
  readonly now: Look
  /** Milliseconds: see `ShadowView`. */
  readonly leftAfter: number
}

/** What the shadow runs decided about a bug: when each would have taken it, and when and why each would not have. */
const decisionsOf = (runs: ReadonlyArray<ShadowRun>) => {
  const taken = new Map<string, Array<{ readonly at: number; readonly planned: Planned }>>()
  const reasons = new Map<string, Array<{ readonly at: number; readonly why: string }>>()
  const add = <A>(map: Map<string, Array<A>>, beads: string, value: A) =>
    map.set(beads, [...(map.get(beads) ?? []), value])
  for (const { at, report } of runs) {
    for (const outcome of report.outcomes) {
      const { beads } = outcome
      if (outcome._tag === "Planned") add(taken, beads, { at, planned: outcome })
      else if (outcome._tag === "Skipped") add(reasons, beads, { at, why: `${outcome.reason}: ${outcome.detail}` })
      else if (outcome._tag === "Failed") add(reasons, beads, { at, why: outcome.error })
    }
  }
  return { taken, reasons }
}

const cameTo = (
  last: Sight,
  takings: ReadonlyArray<Taking>,
  { leftAfter, now }: CompareInput
): ComparedBug["cameTo"] => {
  const { status } = last.bug
  if (status === "closed" || status === "missing") return status
  const taking = takings.at(-1)
  if (taking === undefined) return "open"
  if (taking.end !== undefined) return "given_back"
  return now.at - taking.by >= leftAfter ? "left_behind" : "held"
}

const comparedBy = (we: ComparedBug["we"], [first]: ReadonlyArray<Taking>): ComparedBug["compared"] => {
  if (we !== undefined) return first === undefined ? "only_we" : "both"
  if (first === undefined) return "nobody"
  return first.after === undefined ? "taken_before" : "only_they"
}

const ORDER = ["only_they", "only_we", "both", "taken_before", "nobody"] as const

/**
 * Compares what shadow runs would have done with what the looks at the tracker show happened. Leaves out bugs that neither we nor
 * anybody took, and that were not closed. Pure.
 *
 * @example
 * compare({ runs, now: { at, seen }, leftAfter: 3_600_000 })
 */
export const compare = (input: CompareInput): ReadonlyArray<ComparedBug> => {
  const { now, runs } = input
  const { reasons, taken } = decisionsOf(runs)
  const bugs: Array<ComparedBug> = []
  for (const sights of sightsOf([...runs, now]).values()) {
    const last = sights.at(-1)
    if (last === undefined) continue
    const { id: beads, status, title } = last.bug
    const takings = takingsOf(sights)
    const decided = taken.get(beads) ?? []
    const [first] = decided
    const we =
      first === undefined ? undefined : { at: first.at, provider: first.planned.provider, runs: decided.length }
    const compared = comparedBy(we, takings)
    const closed = sights.find(({ bug }) => bug.status === "closed")?.at
    if (compared === "nobody" && closed === undefined) continue
    const by = takings[0]?.by ?? 0
    const reason =
      compared === "only_they"
        ? (reasons.get(beads)?.findLast(({ at }) => at < by)?.why ?? "no shadow run saw it before it was taken")
        : undefined
    bugs.push({ beads, title, compared, cameTo: cameTo(last, takings, input), we, reason, takings, status, closed })
  }
  return bugs.toSorted((a, b) => ORDER.indexOf(a.compared) - ORDER.indexOf(b.compared) || (a.beads < b.beads ? -1 : 1))
}

/**
 * How many of these bugs we, they or both would have taken, and what became of them.
 *
 * @example
 * figuresOf(compare({ runs, now: { at, seen }, leftAfter: 3_600_000 })).onlyWe
 */
export const figuresOf = (bugs: ReadonlyArray<ComparedBug>): ShadowFigures => {
  const count = (isMeant: (bug: ComparedBug) => boolean) => bugs.filter(isMeant).length
  return {
    both: count(({ compared }) => compared === "both"),
    onlyWe: count(({ compared }) => compared === "only_we"),
    onlyThey: count(({ compared }) => compared === "only_they"),
    takenBefore: count(({ compared }) => compared === "taken_before"),
    closed: count((bug) => bug.cameTo === "closed"),
    givenBack: count(({ takings }) => takings.some(({ end }) => end === "given_back")),
    leftBehind: count((bug) => bug.cameTo === "left_behind")
  }
}
