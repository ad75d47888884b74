#!/usr/bin/env node
// Plays nights with the real pipeline on fakes and a virtual clock, and prints what was solved, wasted and wrongly blamed.
//
//   npm run simulate -- --nights 30 --seed 1
//   npm run simulate -- --nights 30 --seed 1 --seeds 10
//
// Exit code: 0 no solvable bug is locked out, 1 one is, 2 wrong usage.
import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"

const usage = (problem) => {
  console.error(`simulate: ${problem}\nusage: npm run simulate -- [--nights 30] [--seed 1] [--seeds 1]`)
  process.exit(2)
}

const number = (name, text) => (/^[1-9]\d{0,6}$/.test(text) ? text : usage(`--${name}: expected a number, not ${text}`))

const options = () => {
  try {
    const text = { type: "string" }
    return parseArgs({ options: { nights: text, seed: text, seeds: text } }).values
  } catch (error) {
    return usage(error.message)
  }
}

const { nights = "30", seed = "1", seeds = "1" } = options()
const root = fileURLToPath(new URL("../..", import.meta.url))
const { status } = spawnSync("npx", ["vitest", "run", "--config", "test/simulation/vitest.config.ts"], {
  cwd: root,
  stdio: "inherit",
  env: {
    ...process.env,
    SIMULATE: number("nights", nights),
    SIMULATE_SEED: number("seed", seed),
    SIMULATE_SEEDS: number("seeds", seeds)
  }
})
process.exit(status === 0 ? 0 : 1)
