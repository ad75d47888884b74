import { defineConfig } from "vitest/config"

// Started by `.ci/cron`, which makes the daemon and the home directory; `npm test` does not know these files.
export default defineConfig({
  test: {
    root: new URL("../..", import.meta.url).pathname,
    include: ["test/cron/*.cron.ts"],
    testTimeout: 420_000
  }
})
