import { Schema } from "effect"

/**
 * What pruning removed, or, in a dry run, would remove.
 *
 * @example
 * prune(options, { dryRun: true, limit: 100, deadline: Infinity }, Effect.asSome).pipe(
 *   Effect.map(Option.map(({ logs }) => logs.bytes)) // what the old logs take
 * )
 */
export class PruneReport extends Schema.Class<PruneReport>("PruneReport")({
  dryRun: Schema.Boolean,
  /** Of the journal. */
  runs: Schema.Int,
  attempts: Schema.Int,
  alerts: Schema.Int,
  logs: Schema.Struct({ jobs: Schema.Int, bytes: Schema.Int }),
  worktrees: Schema.Int,
  /** Old records, logs and worktrees that stay: of which bugs, and why. */
  kept: Schema.Array(Schema.Struct({ why: Schema.String, bugs: Schema.Array(Schema.String) })),
  /** Bugs with something old that were not looked at, because time or the limit was used up. */
  left: Schema.Int
}) {}
