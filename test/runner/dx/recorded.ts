import * as fs from "node:fs"
import * as path from "node:path"
import type { RunnerOutput } from "../../../src/runner/dx/output.ts"

/** The revisions of dx-runner that were recorded, and that the fake imitates. */
export const REVISIONS = ["2026-02-19", "2026-05-06"] as const
export type Revision = (typeof REVISIONS)[number]

const directory = path.join(import.meta.dirname, "../../fixtures/recorded/dx-runner")

const parse = (block: string): readonly [title: string, output: RunnerOutput] => {
  const [title = "", , code = ""] = block.split("\n")
  const [, rest = ""] = block.split("\n--- stdout\n")
  const [stdout = "", stderr = ""] = `\n${rest}`.split("\n--- stderr")
  return [title, { exitCode: Number(code.slice("rc=".length)), stdout: stdout.slice(1), stderr: stderr.trimStart() }]
}

/** Every recorded command of a revision by its title. */
export const recorded = (revision: Revision): ReadonlyMap<string, RunnerOutput> =>
  new Map(
    fs
      .readFileSync(path.join(directory, `${revision}.txt`), "utf8")
      .split(/^##### /m)
      .slice(1)
      .map(parse)
  )

/** One recorded command. */
export const recording = (revision: Revision, title: string): RunnerOutput => {
  const output = recorded(revision).get(title)
  if (output === undefined) throw new Error(`not recorded of ${revision}: ${title}`)
  return output
}
