import { Effect } from "effect"
import { MAX_PARALLEL, type Settings } from "../../domain/Settings.ts"
import { availableMemory } from "../../host/availableMemory.ts"
import { busyWith, measureLoad } from "../../host/HostLoad.ts"
import { Journal } from "../../journal/Journal.ts"
import { ok, warning, type Finding } from "./Finding.ts"
import { GIB, gib } from "./host.ts"

export interface MemoryFacts {
  /** Bytes; `undefined` if it is not known. */
  readonly free: number | undefined
  readonly jobs: number
  /** Why a run that began now would leave every bug alone. */
  readonly busy: string | undefined
  /** What cannot be measured, in words. */
  readonly unknown: ReadonlyArray<string>
}

export const gatherMemory = ({ hostGate, limits: { maxParallel = MAX_PARALLEL } }: Settings) =>
  Effect.gen(function* () {
    const journal = yield* Journal
    const open = yield* Effect.orElseSucceed(journal.open, () => [])
    const { unknown, ...load } = yield* measureLoad(hostGate)
    // Also without a limit: it is worth telling.
    const free = load.memory ?? (yield* Effect.orElseSucceed(availableMemory, () => undefined))
    return { free, jobs: maxParallel, busy: busyWith(load, hostGate, open.length), unknown } satisfies MemoryFacts
  })

/** What an agent with its tools takes, at the least. */
const PER_JOB = GIB / 2

const freeFinding = (free: number, jobs: number): Finding => {
  const what = `${gib(free)} available for ${jobs === 1 ? "one job" : `${jobs} jobs`} at a time`
  return free < jobs * PER_JOB
    ? warning("memory", `${what}: less than 0.5 GiB for each`, "limits.maxParallel: 1 in the settings")
    : ok("memory", what)
}

export const memoryFindings = ({ busy, free, jobs, unknown }: MemoryFacts): ReadonlyArray<Finding> => [
  ...(free === undefined ? [] : [freeFinding(free, jobs)]),
  ...(busy === undefined ? [] : [warning("memory", `now a run would dispatch nothing: ${busy}`, "uptime; free -h")]),
  ...unknown.map((why) => warning("memory", why))
]
