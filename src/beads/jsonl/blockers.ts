import { stillBlocks, type IssueRow } from "../issueRecord.ts"

/** bd nests issues three deep by default. */
const MAX_ANCESTORS = 200

/**
 * The open blockers of an issue and of its parents, as in `bd ready`. An id that is not in the file belongs to a deleted
 * issue, which does not block. `rowOf` gives the record with an id. An id of another tracker (`external:…`) always blocks. We look at 200 parents; a parent beyond
 * these blocks too.
 */
export const blockersOf = (id: string, rowOf: (id: string) => IssueRow | undefined): ReadonlyArray<string> => {
  const blockers = new Set<string>()
  const lineage = new Set([id])
  const blocks = (target: string) =>
    target.startsWith("external:") || stillBlocks(rowOf(target)?.fields.status ?? "closed")
  // The iteration of a set also visits what is added meanwhile.
  for (const member of lineage) {
    for (const { kind, target } of rowOf(member)?.links ?? []) {
      if (kind === "blocker" && blocks(target)) blockers.add(target)
      if (kind !== "parent" || lineage.has(target)) continue
      if (lineage.size <= MAX_ANCESTORS) lineage.add(target)
      else blockers.add(target)
    }
  }
  return [...blockers]
}
