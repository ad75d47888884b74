import * as fs from "node:fs"
import type { TestProject } from "vitest/node"

/** Before a run of the tests: makes the directory of its temporary files. After it: removes the directory. */
export default ({ config }: TestProject): (() => void) => {
  const directory = config.env["TMPDIR"]
  if (directory === undefined) throw new Error("TMPDIR is not set: take it from temporary.ts")
  // Once for each project of the run.
  fs.mkdirSync(directory, { recursive: true })
  // As any directory for temporary files: some tests run as several users, such as the database's.
  fs.chmodSync(directory, 0o1777)
  return () => fs.rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
}
