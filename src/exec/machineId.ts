import { Effect } from "effect"
import { execFile } from "node:child_process"
import * as fs from "node:fs/promises"

const fromLinux = Effect.promise(() => fs.readFile("/etc/machine-id", "utf8").catch(() => ""))

const fromMac = Effect.async<string>((resume) => {
  execFile("sysctl", ["-n", "kern.uuid"], { timeout: 5000 }, (_error, stdout) => resume(Effect.succeed(stdout)))
})

/**
 * This machine's id: the configured one (a container has none of its own), else that of the system. `undefined` if there is
 * none. Cloned machines may have the same id.
 */
export const machineId = (configured: string | undefined): Effect.Effect<string | undefined> =>
  configured === undefined
    ? Effect.map(process.platform === "darwin" ? fromMac : fromLinux, (text) => {
        const id = text.trim()
        return id === "" || id === "uninitialized" ? undefined : id
      })
    : Effect.succeed(configured)
