import { Context, Effect } from "effect"
import type { BeadsId } from "./Ids.ts"

/** Where one bug's dispatch stands. */
export type Step = "re-read" | "claim" | "worktree" | "prompt" | "preflight" | "start" | "agent" | "put back" | "done"

/** Told of every step of every bug, for whoever watches. By default nobody does. */
export class Progress extends Context.Reference<Progress>()("nightly-dispatch/Progress", {
  defaultValue: () => ({ step: (_id: BeadsId, _step: Step, _detail?: string): Effect.Effect<void> => Effect.void })
}) {}
