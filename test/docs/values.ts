import type { Effect, Scope } from "effect"
import type {
  Actor,
  BeadsId,
  Issue,
  JournalFailed,
  Provider,
  RunId,
  RunOptions,
  RunReport,
  Services,
  LayerServices,
  Settings,
  Surroundings
} from "../../src/index.ts"

// What the examples of the public API use without saying where it comes from.
export declare const actor: Actor
export declare const beads: BeadsId
export declare const issue: Issue
export declare const options: RunOptions
export declare const program: Effect.Effect<void, JournalFailed, Services | LayerServices | Scope.Scope>
export declare const provider: Provider
export declare const report: RunReport
export declare const run: RunId
export declare const settings: Settings
export declare const surroundings: Surroundings
