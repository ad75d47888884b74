import { isAscii } from "node:buffer"
import { createHash } from "node:crypto"
import * as fs from "node:fs"
import { createRequire } from "node:module"
import * as path from "node:path"
import * as vm from "node:vm"

/** The program, built as one CommonJS file: V8 keeps no compiled code of ES modules. */
export const programIn = (directory: string): string => path.join(directory, "program.cjs")

/**
 * The code that V8 compiled from the program, behind the digest of the program's text. It lies beside the program: who can
 * replace it can replace the program too.
 */
const cacheIn = (directory: string): string => path.join(directory, "program.cache")

const digest = (source: Buffer): Buffer => createHash("sha256").update(source).digest()

/** The compiled code of this very source. V8 refuses the code of another version, machine or set of flags by itself. */
const cached = (directory: string, source: Buffer): Buffer | undefined => {
  try {
    const file = fs.readFileSync(cacheIn(directory))
    const expected = digest(source)
    return expected.equals(file.subarray(0, expected.length)) ? file.subarray(expected.length) : undefined
  } catch {
    // Without the file the program starts as well, but later.
    return undefined
  }
}

/** Compiles the program of a directory, or takes its compiled code from the cache, which halves the time to start. */
export const load = (directory: string): vm.Script => {
  const source = fs.readFileSync(programIn(directory))
  // ASCII, as the build writes it, is read in a third of the time.
  const text = source.toString(isAscii(source) ? "latin1" : "utf8")
  return new vm.Script(`(function (exports, require, module, __filename, __dirname) { ${text}\n})`, {
    filename: programIn(directory),
    cachedData: cached(directory, source)
  })
}

/** Executes the program as Node does with a CommonJS file. */
export const execute = (directory: string, script: vm.Script): void => {
  const module = { exports: {} }
  const program = programIn(directory)
  const start: (...parameters: ReadonlyArray<unknown>) => void = script.runInThisContext()
  start(module.exports, createRequire(program), module, program, directory)
}

/** Writes the code that V8 has compiled by now. */
export const save = (directory: string, script: vm.Script): void => {
  const bytes = Buffer.concat([digest(fs.readFileSync(programIn(directory))), script.createCachedData()])
  fs.writeFileSync(`${cacheIn(directory)}.new`, bytes)
  fs.renameSync(`${cacheIn(directory)}.new`, cacheIn(directory))
}
