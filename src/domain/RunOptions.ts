import type { RunId } from "./Ids.ts"
import type { Repository } from "./Repository.ts"

/** The run's id, its host, and the repository it works on. */
export interface RunOptions {
  readonly run: RunId
  /** The name of this host. It is part of every actor. */
  readonly host: string
  readonly repository: Repository
  /** The real path of the tracker's directory; `undefined` if the tracker has none. */
  readonly tracker?: string | undefined
}
