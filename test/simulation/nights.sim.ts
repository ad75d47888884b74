import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { Choices } from "../faults/soak/random.ts"
import { figuresOf, inRows, type Figures } from "./figures.ts"
import { play } from "./play.ts"
import { drawn } from "./scenario.ts"

/** `run.js` sets them: how many nights, the first seed, and how many seeds from there on. */
const NIGHTS = Number(process.env["SIMULATE"] ?? 30)
const SEED = Number(process.env["SIMULATE_SEED"] ?? 1)
const SEEDS = Number(process.env["SIMULATE_SEEDS"] ?? 1)

it.effect(
  `${NIGHTS} nights, ${SEEDS} seed(s) from ${SEED}`,
  () =>
    Effect.gen(function* () {
      const rows: Array<readonly [string, Figures]> = []
      for (let seed = SEED; seed < SEED + SEEDS; seed++) {
        const choices = new Choices(seed)
        rows.push([String(seed), figuresOf(yield* play(drawn(NIGHTS, choices), choices))])
      }
      console.log(inRows(rows))
      const locked = rows.flatMap(([seed, { lockedOut }]) => lockedOut.map((id) => `seed ${seed}: ${id}`))
      assert.isEmpty(locked, "solvable bugs that are locked out")
    }),
  NIGHTS * SEEDS * 10_000
)
