import { configDefaults, defineConfig } from "vitest/config"
import { LONG } from "./long.ts"
import { proofs } from "./proof/plugin.ts"
import { inOwnDirectory } from "./temporary.ts"

// `.ci/run` plays the whole fault matrix beside, with `test/faults/vitest.config.ts`.
const elsewhere = process.env["CI_RUN"] === "1" ? ["test/faults/**"] : []

const exclude = [...configDefaults.exclude, ...elsewhere]

export default defineConfig({
  plugins: [proofs()],
  test: {
    root: new URL("..", import.meta.url).pathname,
    // The files of a worker share its modules, which halves the time. A test that changes what they share restores it.
    isolate: false,
    // One more than the cores that a merge is tested on: workers wait for the tools. No fewer are kept: vitest may end a worker
    // that has just got its files.
    maxWorkers: 3,
    minWorkers: 3,
    testTimeout: 30_000,
    ...inOwnDirectory(),
    setupFiles: ["test/setup.ts"],
    // `vitest run FILE` finds a file of both.
    projects: [
      { extends: true, test: { name: "short", exclude: [...exclude, ...LONG] } },
      { extends: true, test: { name: "long", include: [...LONG], exclude } }
    ]
  }
})
