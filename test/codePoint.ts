import { FastCheck } from "effect"

/** Any code point but half a surrogate pair. FastCheck's own unit "binary" first makes a table of all, which takes seconds. */
export const codePoint = FastCheck.oneof(FastCheck.nat(0xd7ff), FastCheck.integer({ min: 0xe000, max: 0x10ffff })).map(
  (code) => String.fromCodePoint(code)
)
