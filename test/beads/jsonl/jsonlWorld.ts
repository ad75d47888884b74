import * as NodeContext from "@effect/platform-node/NodeContext"
import { Effect, Layer, type Scope } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import type { BeadsCli } from "../../../src/beads/BeadsCli.ts"
import * as JsonlBeads from "../../../src/beads/jsonl/JsonlBeads.ts"
import * as NodeExec from "../../../src/exec/NodeExec.ts"
import type { BeadsWorld, SeedIssue } from "../../contract/beadsContract.ts"
import { rowOf, scratch } from "../bd/bdWorld.ts"

export interface JsonlWorld extends BeadsWorld {
  readonly layer: Layer.Layer<BeadsCli>
  /** The `.beads` directory. */
  readonly dir: string
  readonly file: string
  readonly text: () => string
}

type Row = Record<string, unknown> & { id: string; status: string; assignee?: string }

/** The layer on a `.beads/issues.jsonl` with this content. */
export const jsonlFile = (content: string | Uint8Array): Effect.Effect<JsonlWorld, never, Scope.Scope> =>
  Effect.map(scratch, (root) => {
    const dir = path.join(root, ".beads")
    const file = path.join(dir, "issues.jsonl")
    fs.mkdirSync(dir)
    fs.writeFileSync(file, content)
    const text = () => fs.readFileSync(file, "utf8")
    const rows = (): Array<Row> =>
      text()
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line))
    const set = (id: string, change: Partial<Row>) =>
      Effect.sync(() => {
        const all = rows().map((row) => (row.id === id ? Object.assign(row, change) : row))
        fs.writeFileSync(file, all.map((row) => `${JSON.stringify(row)}\n`).join(""))
      })
    return {
      layer: JsonlBeads.layer({ file }).pipe(Layer.provide(NodeExec.layer), Layer.provide(NodeContext.layer)),
      dir,
      file,
      text,
      elsewhere: {
        claim: (id, who) => set(id, { status: "in_progress", assignee: who }),
        close: (id) => set(id, { status: "closed", closed_at: "2026-01-02T00:00:00Z" }),
        read: (id) =>
          Effect.sync(() => {
            const row = rows().find((row) => row.id === id)
            return { status: row?.status ?? "missing", assignee: row?.assignee }
          }),
        comments: (id) =>
          Effect.sync(() => {
            const row = rows().find((row) => row.id === id)
            return ((row?.["comments"] ?? []) as Array<{ text: string }>).map((comment) => comment.text)
          })
      }
    }
  })

/** The layer on a file with the seed. */
export const jsonlWorld = (seed: ReadonlyArray<SeedIssue>): Effect.Effect<JsonlWorld, never, Scope.Scope> =>
  jsonlFile(seed.map((issue) => `${JSON.stringify(rowOf(issue))}\n`).join(""))
