import type { Ending } from "../../domain/Attempt.ts"
import { placeInWords, type CloneCommits, type Discarded, type Workspace } from "../../domain/Workspace.ts"
import { resultInWords } from "../../domain/JobResult.ts"
import type { JobEnding } from "./jobEnding.ts"

/** What an ended attempt left, and where. */
export interface Remains {
  readonly found: Discarded
  readonly workspace: Workspace
  /** The path of the repository's clone. */
  readonly clone: string
}

const commitsInWords = ({ branches, count, first }: CloneCommits, clone: string): string =>
  count === 1
    ? `1 commit appeared on ${branches} in the clone ${clone} while it ran: ${first}; look whether it is its work`
    : `${count} commits appeared on ${branches} in the clone ${clone} while it ran: ${first}, …; look whether they are its work`

const adding = (ending: Ending, ...more: ReadonlyArray<string>): Ending => ({
  ...ending,
  detail: [ending.detail, ...more].join("; ")
})

/** Why the worktree stays, for the log; `undefined` if it does not. */
export const whyItStays = ({ found, workspace }: Remains): string | undefined => {
  switch (found._tag) {
    case "Removed":
    case "Gone":
    case "Elsewhere":
      return undefined
    case "Work":
      return `its worktree ${workspace.path} stays, because it holds ${found.holds}`
    case "Left":
      return `its worktree ${workspace.path} stays, although the attempt left no work there: ${found.why}`
    case "Unknown":
      return `its worktree ${workspace.path} stays, because whether it holds work cannot be told: ${found.why}`
  }
}

/**
 * How an attempt ended, by what its job left. Only a job that ended well can succeed: with work in its worktree, with commits in the
 * clone, or with a result elsewhere. Else it is `lost` if git cannot tell.
 *
 * @example
 * endingWith({ found: { _tag: "Removed" }, workspace, clone }, endingOfJob(job)).end // "no_op"
 */
export const endingWith = (remains: Remains, job: JobEnding): Ending => {
  const { withoutWork } = job
  const { result } = job.ending
  const ending = result === undefined ? job.ending : adding(job.ending, resultInWords(result))
  const { clone, found, workspace } = remains
  const place = placeInWords(workspace)
  const elsewhere = found.elsewhere === undefined ? [] : [commitsInWords(found.elsewhere, clone)]
  const isGood = ending.end === "succeeded"
  switch (found._tag) {
    case "Work": {
      const { commits, holds } = found
      const kept = adding(ending, `${holds} in ${place}`, ...elsewhere)
      // Without a worktree of its own nothing was counted.
      return workspace.branch === undefined ? kept : { ...kept, commits }
    }
    case "Elsewhere":
      // Our check works in a worktree, and there is none.
      if (result !== undefined) return { ...ending, verified: "none" }
      return isGood ? adding(withoutWork, "its runner names no result of it") : ending
    case "Unknown": {
      if (result !== undefined) return { ...ending, verified: "none" }
      const said = [`whether it left work in ${place} cannot be told: ${found.why}`, ...elsewhere]
      return adding(isGood ? { ...ending, end: "lost", blame: "host" } : ending, ...said)
    }
    case "Left":
    case "Removed":
    case "Gone": {
      const stays = found._tag === "Left" ? [`its worktree ${place} stays: ${found.why}`] : []
      if (result !== undefined) return { ...adding(ending, ...elsewhere, ...stays), verified: "none" }
      const [named] = elsewhere
      return named !== undefined && isGood
        ? {
            ...adding(ending, `its worktree is unchanged, but ${named}`, ...stays),
            commits: found.elsewhere?.count,
            // Our check works in the worktree, which has nothing to check.
            verified: "none"
          }
        : adding(withoutWork, ...elsewhere, ...stays)
    }
  }
}
