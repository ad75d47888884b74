import { Effect, type Layer } from "effect"
import type { Repository } from "../../domain/Repository.ts"
import type { Workspaces } from "../../workspace/Workspaces.ts"
import type { Check } from "./suite.ts"
import { beadsId } from "./support.ts"

/** A repository without workspaces, the layer under test, and functions that look at the disk without the layer. */
export interface WorkspaceWorld {
  readonly layer: Layer.Layer<Workspaces>
  readonly repository: Repository
  /** Whether a directory exists at this path. */
  readonly exists: (path: string) => Effect.Effect<boolean>
  /** Acts as an agent that leaves a file which git does not track. */
  readonly leaveFile: (path: string) => Effect.Effect<void>
  /** Acts as an agent that commits and leaves the tree clean. Absent: not checked. */
  readonly commit?: (path: string) => Effect.Effect<void>
  /** A repository for which `check` must fail. Absent: not checked. */
  readonly unusable?: Repository
}

export type WorkspaceCheck = Check<readonly [workspaces: Workspaces["Type"], world: WorkspaceWorld]>

export const id = beadsId("bd-a1b2")

/** A workspace of an earlier run, handed over to a job that did this `work`. */
export const left = (
  workspaces: Workspaces["Type"],
  world: WorkspaceWorld,
  work: (path: string) => Effect.Effect<void> = () => Effect.void
) =>
  workspaces.acquire(id, world.repository).pipe(
    Effect.tap((workspace) => workspaces.keep(workspace)),
    Effect.tap((workspace) => work(workspace.path)),
    Effect.scoped
  )
