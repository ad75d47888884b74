#!/usr/bin/env node
// Plays ticks of cron with random faults on one machine, and prints how much state and memory they take.
//
//   npm run soak -- --ticks 300 --seed 1
//
// Exit code: 0 nothing is broken and nothing grows, 1 otherwise, 2 wrong usage.
import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"

const usage = (problem) => {
  console.error(`soak: ${problem}\nusage: npm run soak -- [--ticks 30] [--seed 1]`)
  process.exit(2)
}

const number = (name, text) => (/^[1-9]\d{0,6}$/.test(text) ? text : usage(`--${name}: expected a number, not ${text}`))

const options = () => {
  try {
    return parseArgs({ options: { ticks: { type: "string" }, seed: { type: "string" } } }).values
  } catch (error) {
    return usage(error.message)
  }
}

const { seed = String(Date.now() % 1_000_000), ticks = "30" } = options()
const root = fileURLToPath(new URL("../../..", import.meta.url))
const { status } = spawnSync("npx", ["vitest", "run", "--config", "test/faults/vitest.config.ts"], {
  cwd: root,
  stdio: "inherit",
  env: { ...process.env, SOAK: number("ticks", ticks), SOAK_SEED: number("seed", seed) }
})
process.exit(status === 0 ? 0 : 1)
