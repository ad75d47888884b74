import { Effect, Layer, Redacted } from "effect"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeExec from "../../../src/exec/NodeExec.ts"
import { copyJournal } from "../../../src/journal/copy/copy.ts"
import type { Place } from "../postgres/postgresWorld.ts"

/** Copies the journal of this state directory to this address. */
export const copied = ({ address, directory }: Place, dryRun = false) =>
  copyJournal({ directory, address, dryRun }).pipe(Effect.provide(Layer.merge(NodeExec.layer, NodeContext.layer)))

/** A process that copies, until it is done or killed. */
export const main = (directory: string, address: string): Promise<void> =>
  copied({ directory, address: Redacted.make(address) })
    .pipe(
      Effect.andThen(({ result }) => Effect.sync(() => process.stdout.write(result))),
      Effect.timeout("120 seconds"),
      Effect.runPromise
    )
    .then(() => undefined)
