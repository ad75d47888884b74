import { Exit } from "effect"
import type { Teardown } from "@effect/platform/Runtime"
import { EXIT } from "../domain/exitCode.ts"

/** What a shell reports for a program that this signal ended. */
export const SIGNAL_EXIT = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const

/** The signal that asked us to leave, once one has. */
export interface Leaving {
  signal: keyof typeof SIGNAL_EXIT | undefined
}

/** The exit code of the process: what the command line decided, or the signal that ended it. */
export const teardown =
  (leaving: Leaving): Teardown =>
  (exit, onExit) => {
    if (Exit.isSuccess(exit)) return onExit(typeof exit.value === "number" ? exit.value : EXIT.ok)
    if (leaving.signal !== undefined) return onExit(SIGNAL_EXIT[leaving.signal])
    return onExit(Exit.isInterrupted(exit) ? SIGNAL_EXIT.SIGINT : EXIT.defect)
  }
