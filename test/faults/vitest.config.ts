import { defineConfig } from "vitest/config"

// The scenarios mostly wait for processes, so more of them than there are cores run at the same time.
export default defineConfig({
  test: {
    root: new URL("../..", import.meta.url).pathname,
    include: ["test/faults/*.faults.ts", "test/faults/schedules.test.ts"],
    maxConcurrency: Number(process.env["FAULTS_AT_ONCE"] ?? 6),
    maxWorkers: 2,
    minWorkers: 1,
    reporters: ["dot"]
  }
})
