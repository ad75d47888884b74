import { build, type BuildOptions } from "esbuild"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { afterAll, beforeAll } from "vitest"
import { nativeSqlite } from "./nativeSqlite.ts"

/** Modules that import this directory's own, and what is particular to them. */
interface Source extends Pick<BuildOptions, "alias" | "external"> {
  readonly contents: string
  readonly directory: string
}

/** Builds a program of this source before the tests of a suite, and removes it after them. Gives its file, once it is built. */
export const processBundle = ({ contents, directory, ...options }: Source): (() => string) => {
  let place = ""
  const file = () => path.join(place, "process.mjs")
  beforeAll(async () => {
    place = fs.mkdtempSync(path.join(os.tmpdir(), "nd-bundle-"))
    await build({
      stdin: { contents, resolveDir: directory },
      bundle: true,
      platform: "node",
      format: "esm",
      target: "node20",
      plugins: [nativeSqlite],
      banner: { js: `import { createRequire } from "node:module"; const require = createRequire(import.meta.url)` },
      outfile: file(),
      logLevel: "error",
      ...options
    })
  }, 60_000)
  afterAll(() => fs.rmSync(place, { recursive: true, force: true }))
  return file
}
