import * as FileSystem from "@effect/platform/FileSystem"
import { Effect, Option, Schema } from "effect"
import type { Identity, Mark } from "../../domain/Identity.ts"
import { sql } from "../sql/transactions.ts"
import type { PostgresFailures } from "./failures.ts"

const Metadata = Schema.parseJson(
  Schema.Struct({ project_id: Schema.String.pipe(Schema.minLength(1), Schema.maxLength(200)) })
)
const decode = Schema.decodeOption(Metadata)

/**
 * The id that bd gives a dispatcher's tracker, in the `metadata.json` of its directory: the same on every host, wherever the directory
 * is there. `undefined` if it is not known: bd before 1.0 and other trackers write none, or it cannot be read.
 */
export const projectOf = ({
  trackers: [tracker]
}: Identity): Effect.Effect<string | undefined, never, FileSystem.FileSystem> =>
  FileSystem.FileSystem.pipe(
    Effect.flatMap((fs) => fs.readFileString(`${tracker}/metadata.json`)),
    Effect.when(() => tracker !== undefined),
    Effect.orElseSucceed(Option.none),
    Effect.map((text) => Option.getOrUndefined(Option.flatMap(text, decode))?.project_id)
  )

/** Fails if another host, which is not evicted, has said that the journal is of another tracker. */
export const requireOneTracker = Effect.fn("fleet.oneTracker")(function* (
  mark: Mark,
  project: string | undefined,
  { otherTracker }: PostgresFailures
) {
  if (project === undefined) return
  const [other] = yield* sql<{ name: string; project: string }>`SELECT name, project FROM hosts
    WHERE project <> ${project} AND mark <> ${mark} AND state <> 'evicted' ORDER BY seen DESC LIMIT 1`
  if (other !== undefined) return yield* otherTracker(other, project)
})
