import { Effect } from "effect"
import type { Beads } from "../../beads/BeadsCli.ts"
import { Claim } from "../../domain/Claim.ts"
import { ClaimFailed } from "../../domain/Failure.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { Intake, Issue } from "../../domain/Issue.ts"
import { beadsId } from "./support.ts"

/** The tracker under the ids of the seed, for a tracker that gives ids itself. Any other id stays as it is. */
export const withSeedIds = (beads: Beads, ids: ReadonlyArray<string>, idOf: (id: string) => string): Beads => {
  const own = new Map<string, BeadsId>(ids.map((id) => [id, beadsId(idOf(id))]))
  const seed = new Map<string, BeadsId>([...own].map(([id, its]) => [its, beadsId(id)]))
  const to = (id: BeadsId): BeadsId => own.get(id) ?? id
  const from = (id: BeadsId): BeadsId => seed.get(id) ?? id
  const back = (issue: Issue): Issue =>
    new Issue({ ...issue, id: from(issue.id), blockedBy: issue.blockedBy.map((id) => seed.get(id) ?? id) })
  return {
    ...beads,
    openBugs: (filter) =>
      Effect.map(beads.openBugs(filter), (intake) => new Intake({ ...intake, issues: intake.issues.map(back) })),
    show: (id, include) => Effect.map(beads.show(to(id), include), (issue) => issue && back(issue)),
    claim: (id, actor, seen) =>
      beads.claim(to(id), actor, seen && new Issue({ ...seen, id: to(seen.id) })).pipe(
        Effect.map((claim) => new Claim({ ...claim, id: from(claim.id) })),
        Effect.mapError((error) =>
          error._tag === "ClaimFailed" ? new ClaimFailed({ ...error, beads: from(error.beads) }) : error
        )
      ),
    release: (id, actor) => beads.release(to(id), actor),
    heartbeat: (id, actor) => beads.heartbeat(to(id), actor),
    claimsOf: (prefix) => Effect.map(beads.claimsOf(prefix), (issues) => issues.map(back)),
    label: (id, ...rest) => beads.label(to(id), ...rest),
    unlabel: (id, ...rest) => beads.unlabel(to(id), ...rest),
    close: (id, ...rest) => beads.close(to(id), ...rest),
    comment: (id, ...rest) => beads.comment(to(id), ...rest)
  }
}
