import * as NodeContext from "@effect/platform-node/NodeContext"
import { Effect, Layer, type Scope } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import * as BdBeads from "../../src/beads/bd/BdBeads.ts"
import * as NodeExec from "../../src/exec/NodeExec.ts"
import { scratch } from "../beads/bd/bdWorld.ts"
import type { BeadsWorld, SeedIssue } from "../contract/beadsContract.ts"
import { BD, tracker, type Tracker } from "./realBd.ts"

export interface RealBdWorld extends BeadsWorld {
  readonly tracker: Tracker
}

export interface RealBdOptions {
  /**
   * What happens before bd gets a call, in shell: `$BD` is the real one, `"$@"` the call's words. Ends with the call to
   * the real one unless it exits.
   */
  readonly before?: string
  /** How long one call may take. Default 60 seconds. */
  readonly timeout?: number
  /** Let the older release make the tracker. */
  readonly made?: { readonly bd: string; readonly template: string }
  /** In MiB: how much one call may print. */
  readonly maxOutput?: number
  /** The consent to migrate it: the name of the log. */
  readonly migrationLog?: string
}

export const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

/** A command that stands between us and the real bd. */
const standIn = (root: string, before: string): string => {
  const file = path.join(root, "bd")
  fs.writeFileSync(file, ["#!/bin/sh", `BD=${quote(BD)}`, before, 'exec "$BD" "$@"', ""].join("\n"), { mode: 0o755 })
  return file
}

/** The layer on the real bd, over a real database that holds the seed. */
export const realBdWorld = (
  seed: ReadonlyArray<SeedIssue>,
  { before, made, maxOutput = 32, migrationLog, timeout = 60_000 }: RealBdOptions = {}
): Effect.Effect<RealBdWorld, never, Scope.Scope> =>
  Effect.gen(function* () {
    const root = yield* scratch
    const on = yield* tracker(root, seed, made)
    return {
      tracker: on,
      layer: BdBeads.layer({
        command: before === undefined ? BD : standIn(root, before),
        dir: on.dir,
        cwd: root,
        timeout,
        maxOutput,
        ...(migrationLog === undefined ? {} : { migrationLog: path.join(root, migrationLog) })
      }).pipe(Layer.provide(NodeExec.layer), Layer.provide(NodeContext.layer)),
      elsewhere: { claim: on.take, close: on.close, read: on.read, comments: on.comments }
    }
  })
