import { Deferred, Effect } from "effect"
import * as fs from "node:fs/promises"
import type { Child, FullCommand } from "./children.ts"
import { cgroupNamed } from "./cgroups.ts"
import { which } from "./which.ts"

/** A user manager answers within milliseconds. One that does not is left out. */
const TRIES = 300

/** `systemd-run`, if a user manager answers; else `undefined`. */
export const scopeMaker = Effect.fn("scopeMaker")(function* (env: Readonly<Record<string, string | undefined>>) {
  const { XDG_RUNTIME_DIR: runtime } = env
  const command = yield* which("systemd-run", env["PATH"])
  if (command === undefined || runtime === undefined) return undefined
  const answers = yield* Effect.promise(() =>
    fs.access(`${runtime}/systemd/private`).then(
      () => true,
      () => false
    )
  )
  return answers ? command : undefined
})

/**
 * The same command in a scope of systemd's user manager, so that every process of the job stays in one control group.
 * `systemd-run` executes the command itself: the pid stays. `undefined` if there is no user manager.
 */
export const inScope = Effect.fn("inScope")(function* <Spec extends FullCommand>(spec: Spec, unit: string) {
  const command = yield* scopeMaker(spec.env)
  if (command === undefined) return undefined
  const flags = ["--user", "--scope", "--quiet", "--collect", `--unit=${unit}`, "--"]
  return { ...spec, command, args: [...flags, spec.command, ...spec.args] }
})

/** Waits until the child is in its scope, and returns its control group. `undefined` if it ends, or takes too long. */
export const joinedScope = Effect.fn("joinedScope")(function* ({ exited, pid }: Child, unit: string) {
  for (let tries = 0; tries < TRIES && !(yield* Deferred.isDone(exited)); tries++) {
    const found = yield* cgroupNamed(pid, `${unit}.scope`)
    if (found !== undefined) return found
    yield* Effect.sleep("10 millis")
  }
  return undefined
})
