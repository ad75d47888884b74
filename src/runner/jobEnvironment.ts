import type { Actor } from "../domain/Actor.ts"
import { ATTEMPT_VARIABLE } from "../exec/processTable.ts"
import type { JobTemp } from "./jobTemp.ts"

/**
 * The variables of every process of a job. bd lets only the holder of a claim close its bug, so an agent's own `bd close` must
 * act as the attempt that holds the claim; older releases of bd read `BD_ACTOR`.
 */
export const jobEnvironment = (attempt: Actor, { tmp }: JobTemp): Readonly<Record<string, string>> => ({
  [ATTEMPT_VARIABLE]: attempt,
  BEADS_ACTOR: attempt,
  BD_ACTOR: attempt,
  TMPDIR: tmp
})
