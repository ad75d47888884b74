import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs"
import { threeWeeks } from "./weeks.ts"

/** To write it anew, and then to read it by eye: `UPDATE=1 npx vitest run --config test/vitest.config.ts weeks`. */
const FILE = new URL("weeks.txt", import.meta.url)

describe("three weeks", () => {
  it.effect("tell a person this, no more and no less", () =>
    Effect.gen(function* () {
      const told = `${yield* threeWeeks}\n`
      if (process.env["UPDATE"] !== undefined) fs.writeFileSync(FILE, told)
      assert.strictEqual(told, fs.readFileSync(FILE, "utf8"))
    }).pipe(Effect.orDie)
  )
})
