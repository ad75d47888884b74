import { Effect, type Layer } from "effect"
import type { PromptStore } from "../../prompt/PromptStore.ts"
import type { Check } from "./suite.ts"
import { beadsId, MARK } from "./support.ts"

/** An empty store, the layer under test, and functions that look at its files without the layer. */
export interface PromptWorld {
  readonly layer: Layer.Layer<PromptStore>
  readonly exists: (path: string) => Effect.Effect<boolean>
  /** Permission bits, e.g. `0o600`. */
  readonly mode: (path: string) => Effect.Effect<number>
  readonly read: (path: string) => Effect.Effect<string>
  /** Removes the file as another program would. Absent: not checked. */
  readonly remove?: (path: string) => Effect.Effect<void>
}

export type PromptCheck = Check<readonly [store: PromptStore["Type"], world: PromptWorld]>

export const id = beadsId("bd-a1b2")

/** A file that its dispatch handed over to a job. */
export const kept = (store: PromptStore["Type"], beads = id) =>
  Effect.scoped(Effect.tap(store.write(beads, MARK, `the prompt of ${beads}`), store.keep))
