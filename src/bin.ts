#!/usr/bin/env node
import * as fs from "node:fs"
import { VERSION } from "./domain/version.ts"
import { wantsJson } from "./cli/wantsJson.ts"
import { EXIT } from "./domain/exits.ts"
import type { ErrorDocument } from "./domain/Explanation.ts"
import { tooOld } from "./start/tooOld.ts"

const args = process.argv.slice(2)
const STDOUT = 1

/** Answers `--version` without the program. False for another command line, and if the program must say why it cannot print. */
const toldVersion = (): boolean => {
  if (args.length !== 1 || args[0] !== "--version") return false
  try {
    fs.writeSync(STDOUT, `${VERSION}\n`)
    return true
  } catch {
    return false
  }
}

const problem = tooOld(process.versions.node, process.execPath)
if (problem !== undefined) {
  process.exitCode = EXIT.config
  process.stderr.write(`${problem}\n`)
  const json: ErrorDocument = { error: { what: problem, where: process.execPath, next: null, exit: EXIT.config } }
  if (wantsJson(args)) process.stdout.write(`${JSON.stringify(json)}\n`)
} else if (!toldVersion()) {
  // Loads modules of Node that `--version` does not need.
  void import("./start/codeCache.ts").then(({ start }) => start(import.meta.dirname))
}
