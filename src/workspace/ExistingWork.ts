import { Context, Effect } from "effect"
import type { FoundWork } from "../domain/FoundWork.ts"
import type { BeadsId } from "../domain/Ids.ts"
import type { Issue } from "../domain/Issue.ts"
import type { Repository } from "../domain/Repository.ts"

/** A bug for which work is looked for. */
export interface SoughtBug extends Pick<Issue, "id" | "createdAt"> {
  /** The journal knows an attempt with a job at this bug. So the bug's branch is that attempt's, and no found work. */
  readonly hadJob: boolean
}

/** What was found for each bug: commits first, then branches. A bug without an entry has no work that is known. */
export type WorkByBug = ReadonlyMap<BeadsId, ReadonlyArray<FoundWork>>

/**
 * Looks for work that exists already, so that no bug is worked on twice: commits on the base, branches of dispatchers, open pull
 * requests. `GitExistingWork.layer` asks git and `gh`; without a git repository it finds nothing. The default finds nothing.
 *
 * @example
 * Effect.flatMap(ExistingWork, ({ find }) => find([{ id, createdAt: 0, hadJob: false }], repository))
 */
export class ExistingWork extends Context.Reference<ExistingWork>()("nightly-dispatch/ExistingWork", {
  defaultValue: (): {
    /**
     * The work for these bugs in this repository. Never fails: what git cannot tell is named in a warning, and finds nothing.
     * May fetch the base from its remote. Changes nothing else.
     */
    readonly find: (bugs: ReadonlyArray<SoughtBug>, repository: Repository) => Effect.Effect<WorkByBug>
  } => ({ find: () => Effect.sync(() => new Map()) })
}) {}
