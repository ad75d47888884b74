import { Context, Effect } from "effect"
import type { BeadsId } from "./Ids.ts"

/** A step of one bug's dispatch. */
export type Step = "re-read" | "claim" | "worktree" | "prompt" | "preflight" | "start" | "agent" | "release" | "done"

/** Receives every step of every bug, for a live display. Does nothing by default. */
export class Progress extends Context.Reference<Progress>()("nightly-dispatch/Progress", {
  defaultValue: () => ({ step: (_id: BeadsId, _step: Step, _detail?: string): Effect.Effect<void> => Effect.void })
}) {}
