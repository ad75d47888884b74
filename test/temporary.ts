import { spawnSync } from "node:child_process"
import { randomBytes } from "node:crypto"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"

const MEMORY = "/dev/shm"

/** In bytes. The whole matrix needs less than a tenth of it at once. */
const NEEDED = 2 ** 30

/** Whether the tests can keep their files in memory: there is room, and a script there may be executed. */
const isUsable = (): boolean => {
  try {
    const { bavail, bsize } = fs.statfsSync(MEMORY)
    if (bavail * bsize < NEEDED) return false
    const directory = fs.mkdtempSync(path.join(MEMORY, "nd-probe-"))
    try {
      const script = path.join(directory, "script")
      fs.writeFileSync(script, "#!/bin/sh\n", { mode: 0o700 })
      return spawnSync(script).status === 0
    } finally {
      fs.rmSync(directory, { recursive: true })
    }
  } catch {
    return false
  }
}

/**
 * The directory for the tests' temporary files: `TMPDIR` if it is set, else memory where that is possible. On a disk, making
 * and removing so many small files takes a quarter of the tests' CPU time.
 */
export const TEMPORARY: string = process.env["TMPDIR"] || (isUsable() ? MEMORY : os.tmpdir())

/**
 * For the configuration of a run of the tests: all its temporary files are in one directory, which `temporarySetup.ts` makes and
 * removes. So a worker that vitest ends, and a test that forgets a file, leave nothing behind.
 */
export const inOwnDirectory = () => ({
  env: { TMPDIR: path.join(TEMPORARY, `nd-${randomBytes(4).toString("hex")}`) },
  globalSetup: [path.join(import.meta.dirname, "temporarySetup.ts")]
})
