#!/usr/bin/env node
import type { JsonError } from "./cli/jsonError.ts"
import { wantsJson } from "./cli/wantsJson.ts"
import { EXIT } from "./domain/exitCode.ts"
import { execute, load } from "./start/codeCache.ts"
import { tooOld } from "./start/tooOld.ts"

const problem = tooOld(process.versions.node, process.execPath)
if (problem === undefined) {
  const directory = import.meta.dirname
  execute(directory, load(directory))
} else {
  process.exitCode = EXIT.config
  process.stderr.write(`${problem}\n`)
  const json: typeof JsonError.Type = { error: { what: problem, exit: EXIT.config } }
  if (wantsJson(process.argv.slice(2))) process.stdout.write(`${JSON.stringify(json)}\n`)
}
