import { Effect, type Scope } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { scratch } from "../sqlite/journalWorld.ts"

/** A tracker's directory whose `metadata.json` has this text. */
export const trackerWith = (metadata: string): Effect.Effect<string, never, Scope.Scope> =>
  Effect.map(scratch, (directory) => {
    fs.writeFileSync(path.join(directory, "metadata.json"), metadata)
    return directory
  })

/** The directory of the tracker with this id, as bd writes it. */
export const trackerOf = (project: string): ReturnType<typeof trackerWith> =>
  trackerWith(JSON.stringify({ backend: "dolt", dolt_database: "app", project_id: project }))
