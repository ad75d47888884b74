import { stillBlocks, type IssueRow } from "../issueRecord.ts"

/** bd nests issues three deep by default. */
const MAX_ANCESTORS = 200

/**
 * The open blockers of an issue and of its parents, as in `bd ready`. An id that is not in the file belongs to a deleted
 * issue, which does not block. An id of another tracker (`external:…`) always blocks. We look at 200 parents; a parent beyond
 * these blocks too.
 */
export const blockersOf = (
  id: string,
  rows: ReadonlyMap<string, { readonly row: IssueRow }>
): ReadonlyArray<string> => {
  const blockers = new Set<string>()
  const lineage = new Set([id])
  const blocks = (target: string) =>
    target.startsWith("external:") || stillBlocks(rows.get(target)?.row.issue.status ?? "closed")
  // The iteration of a set also visits what is added meanwhile.
  for (const member of lineage) {
    for (const { kind, target } of rows.get(member)?.row.links ?? []) {
      if (kind === "blocker" && blocks(target)) blockers.add(target)
      if (kind !== "parent" || lineage.has(target)) continue
      if (lineage.size <= MAX_ANCESTORS) lineage.add(target)
      else blockers.add(target)
    }
  }
  return [...blockers]
}
