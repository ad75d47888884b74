import { assert, describe, it } from "@effect/vitest"
import { Either, Schema } from "effect"
import { bytesInWords, Size } from "../../src/domain/Size.ts"

const decode = Schema.decodeUnknownEither(Size)

describe("a size", () => {
  it("is read as people write it, as a number of MiB", () => {
    for (const [given, size] of [
      [50, 50],
      ["50", 50],
      ["50 MiB", 50],
      [" 50MiB ", 50],
      ["1 GiB", 1024],
      ["0.5 GiB", 512],
      ["1 TiB", 1024 * 1024],
      [0, 0]
    ] as const) {
      assert.deepStrictEqual(decode(given), Either.right(size), String(given))
    }
  })

  it("is refused with the ways to write it", () => {
    for (const given of [
      -1,
      0.5,
      Number.NaN,
      1e300,
      "",
      "MiB",
      "50 MB",
      "50 mib",
      "1 GiB 3 MiB",
      "0.3 MiB",
      "-1 MiB",
      true,
      null
    ]) {
      const error = decode(given)
      assert(Either.isLeft(error), String(given))
    }
    const error = decode("50 MB")
    assert.include(String(Either.isLeft(error) && error.left.message), '50, "50 MiB" or "1 GiB", actual "50 MB"')
  })

  it("is written so that reading it gives the same", () => {
    for (const [size, text] of [
      [0, "0 MiB"],
      [50, "50 MiB"],
      [1000, "1000 MiB"],
      [2048, "2 GiB"]
    ] as const) {
      assert.strictEqual(Schema.encodeSync(Size)(size), text)
      assert.deepStrictEqual(decode(text), Either.right(size))
    }
  })

  it("of bytes, for a person", () => {
    assert.deepStrictEqual([0, 1500, 1_500_000, 5 * 1024 ** 3].map(bytesInWords), [
      "0 KiB",
      "1.5 KiB",
      "1.4 MiB",
      "5 GiB"
    ])
  })
})
