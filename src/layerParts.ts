import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Path from "@effect/platform/Path"
import type { Layer } from "effect"
import type { BeadsCli } from "./beads/BeadsCli.ts"
import type { Exec } from "./exec/Exec.ts"
import type { Services as JournalServices } from "./journal/sql/services.ts"
import type { PromptStore } from "./prompt/PromptStore.ts"
import type { PromptTemplate } from "./prompt/template.ts"
import type { DxRunner } from "./runner/DxRunner.ts"
import type { Verifier } from "./runner/Verifier.ts"
import type { KeptWork } from "./workspace/KeptWork.ts"
import type { Workspaces } from "./workspace/Workspaces.ts"

export type Platform = FileSystem.FileSystem | Path.Path

/** A layer in place of ours. It may need what ours stand on; `CurrentSettings` and `Redact` are there as well. */
type Part<A, E> = Layer.Layer<A, E, Exec | Platform>

/**
 * Services of your own in place of ours. A part is the only one of its kind in a run: ours is not built, and the tool that only
 * ours would need is not looked for. If a part fails, the whole layer fails with its error. A layer that you merge over ours is
 * used by the run as well, but ours is built too, and the state directory stays that of ours.
 *
 * @example
 * layer(settings, surroundings, { beads: githubIssues, alerts: pager })
 */
export interface Parts<E> {
  /** The tracker. Its default state directory is not that of a `.beads` in the same repository. */
  readonly beads?: Part<BeadsCli, E>
  /** Starts the jobs. */
  readonly runner?: Part<DxRunner, E>
  /** Checks the work of jobs that ended well. */
  readonly verifier?: Part<Verifier, E>
  /** Where agents work. May give `ExistingWork` as well; without it no work is found that exists already. */
  readonly workspaces?: Part<Workspaces, E>
  /** What jobs left behind. Ours asks the git repository. */
  readonly keptWork?: Part<KeptWork, E>
  /** The prompt files. */
  readonly prompts?: Part<PromptStore, E>
  /** The template of the prompts, or the function that makes it; the file of `prompt.template` is not read then. */
  readonly template?: Part<PromptTemplate, E>
  /**
   * The records of all runs. Ours is a SQLite database in the state directory, or the Postgres database of the
   * setting `journal`; only with ours does
   * `status --all-repos` see the repository.
   */
  readonly journal?: Part<JournalServices, E>
  /** Gives `Channels`, and `Heartbeat` if there is one. Of the settings, no address of `alerts` is used then. */
  readonly alerts?: Part<never, E>
  /** Starts processes. */
  readonly exec?: Layer.Layer<Exec, E, Platform>
}

/** Parts with whatever errors. */
export type AnyParts = Parts<unknown>

/** The errors of all parts together. */
export type PartErrors<P> = {
  readonly [K in keyof P]-?: NonNullable<P[K]> extends Layer.Layer<infer _A, infer E, infer _R> ? E : never
}[keyof P]

/** The parts, if each has the name of one. */
export type KnownParts<P> = P & { readonly [K in Exclude<keyof P, keyof AnyParts>]: never }

/** The same parts, with one type for all errors. TypeScript cannot see that each part's error is one of `PartErrors`. */
export const withOneError = <P extends AnyParts>(parts: P): Parts<PartErrors<P>> => parts as Parts<PartErrors<P>>
