import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { oneLine } from "../../src/domain/Text.ts"
import { codePoint } from "../codePoint.ts"

describe("oneLine", () => {
  it("any text becomes one line of at most the given length", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.string({ unit: codePoint, maxLength: 2000 }),
        FastCheck.integer({ min: 1, max: 400 }),
        (text, max) => {
          const line = oneLine(text, max)
          assert.isAtMost(Array.from(line).length, max)
          assert.notMatch(line, /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/)
        }
      )
    )
  })
})
