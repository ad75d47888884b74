import { isAscii } from "node:buffer"
import { createHash } from "node:crypto"
import * as fs from "node:fs"
import { createRequire } from "node:module"
import * as path from "node:path"
import { setFlagsFromString } from "node:v8"
import * as vm from "node:vm"
import { keepOwn, ownCache } from "./ownCache.ts"
import { quietly } from "./quietly.ts"

/** The program, built as one function of CommonJS's variables: V8 keeps no compiled code of ES modules. */
export const programIn = (directory: string): string => path.join(directory, "program.cjs")

/** The code that V8 compiled when the program was built. Who can replace it can replace the program too. */
const cacheIn = (directory: string): string => path.join(directory, "program.cache")

/**
 * What compiled code depends on: the program's text, of which V8 compares only the length, and the V8 that compiled it with its
 * flags. Each cache begins with it.
 */
const keyOf = (source: Buffer): Buffer => {
  const { arch, env, execArgv, versions } = process
  const engine = [versions.v8, arch, ...execArgv, env["NODE_OPTIONS"] ?? ""]
  return createHash("sha256").update(source).update(engine.join("\0")).digest()
}

const behindKey = (key: Buffer, file: Buffer | undefined): Buffer | undefined =>
  file !== undefined && key.equals(file.subarray(0, key.length)) ? file.subarray(key.length) : undefined

export interface Loaded {
  readonly script: vm.Script
  readonly key: Buffer
}

/**
 * V8 optimizes a function after so many bytes of its code. With V8's own number it optimizes during a start what hardly runs
 * afterwards, a tenth of the CPU; planning 40,000 bugs takes as long with this one. V8 takes no cache of other flags.
 */
const OPTIMIZE_LATER = "--interrupt-budget=540000"
/** The V8 of Node 20. That of Node 22 has no such flag, and would complain on stderr. */
const NODE_20 = /^11\.3\./

/** Compiles the program of a directory, or takes its compiled code from a cache, which halves the time to start. */
export const load = (directory: string): Loaded => {
  if (NODE_20.test(process.versions.v8)) setFlagsFromString(OPTIMIZE_LATER)
  const source = fs.readFileSync(programIn(directory))
  const key = keyOf(source)
  // ASCII, as the build writes it, is read in a third of the time.
  const text = source.toString(isAscii(source) ? "latin1" : "utf8")
  const script = new vm.Script(text, {
    filename: programIn(directory),
    // Only where the build's cache was of no use has the user one of his own.
    cachedData:
      behindKey(key, ownCache(key)) ??
      behindKey(
        key,
        quietly(() => fs.readFileSync(cacheIn(directory)))
      )
  })
  return { script, key }
}

/** Executes the program as Node does with a CommonJS file. */
export const execute = (directory: string, script: vm.Script): void => {
  const module = { exports: {} }
  const program = programIn(directory)
  const start: (...parameters: ReadonlyArray<unknown>) => void = script.runInThisContext()
  start(module.exports, createRequire(program), module, program, directory)
}

const contentOf = ({ key, script }: Loaded): Buffer => Buffer.concat([key, script.createCachedData()])

/** Writes the code that V8 has compiled by now beside the program. */
export const save = (directory: string, loaded: Loaded): void => {
  fs.writeFileSync(`${cacheIn(directory)}.new`, contentOf(loaded))
  fs.renameSync(`${cacheIn(directory)}.new`, cacheIn(directory))
}

/** Runs the program of a directory. If no cache was of use, what V8 has compiled is kept for this user's next start. */
export const start = (directory: string): void => {
  const loaded = load(directory)
  if (loaded.script.cachedDataRejected !== false) process.on("exit", () => keepOwn(loaded.key, () => contentOf(loaded)))
  execute(directory, loaded.script)
}
