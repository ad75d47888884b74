import { defineConfig } from "vitest/config"
import { inOwnDirectory } from "../temporary.ts"

/**
 * `FAULTS` picks scenarios by name, `SEED` the first schedule, `SCHEDULES` their number: one of the two kinds is played.
 * `SOAK`, the number of ticks, plays the soak and nothing else.
 */
const { FAULTS, SCHEDULES, SEED, SOAK } = process.env
const matrix = SEED === undefined && SCHEDULES === undefined ? ["test/faults/*.faults.ts"] : []
const schedules = FAULTS === undefined ? ["test/faults/schedules.test.ts", "test/faults/fleetSchedules.test.ts"] : []
const { env, globalSetup } = inOwnDirectory()

export default defineConfig({
  test: {
    root: new URL("../..", import.meta.url).pathname,
    include: SOAK === undefined ? [...matrix, ...schedules] : ["test/faults/soak/*.soak.ts"],
    globalSetup,
    env: { ...env, SCHEDULES: SCHEDULES ?? (SEED === undefined ? "200" : "1") },
    // The files of a worker share its modules, which take seconds to load.
    isolate: false,
    // The scenarios mostly wait for processes, so more of them run at the same time than there are cores.
    maxConcurrency: Number(process.env["FAULTS_AT_ONCE"] ?? 6),
    maxWorkers: 2,
    minWorkers: 2,
    reporters: ["dot"]
  }
})
