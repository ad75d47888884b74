#!/usr/bin/env node
import { wantsJson } from "./cli/wantsJson.ts"
import { EXIT } from "./domain/exitCode.ts"
import type { ErrorDocument } from "./domain/Explanation.ts"
import { execute, load } from "./start/codeCache.ts"
import { tooOld } from "./start/tooOld.ts"

const problem = tooOld(process.versions.node, process.execPath)
if (problem === undefined) {
  const directory = import.meta.dirname
  execute(directory, load(directory))
} else {
  process.exitCode = EXIT.config
  process.stderr.write(`${problem}\n`)
  const json: ErrorDocument = { error: { what: problem, where: process.execPath, next: null, exit: EXIT.config } }
  if (wantsJson(process.argv.slice(2))) process.stdout.write(`${JSON.stringify(json)}\n`)
}
