import type { RunId } from "./Ids.ts"
import type { Repository } from "./Repository.ts"

/** Which run this is, where it runs, and what it works on. */
export interface RunOptions {
  readonly run: RunId
  /** This machine's name, part of every actor. */
  readonly host: string
  readonly repository: Repository
}
