import { assert, describe, it } from "@effect/vitest"
import { FastCheck } from "effect"
import { digest, taskDigest } from "../../src/domain/digest.ts"

describe("digest", () => {
  it("is the same in every version: these values may never change", () => {
    assert.deepStrictEqual(["", "a", "foobar", "Error: boom\n    at a (a.js:1:1)", "🐛"].map(digest), [
      "cbf29ce484222325",
      "af63dc4c8601ec8c",
      "85944171f73967e8",
      "fa4e15124bd43c6f",
      "e5e2650a24183589"
    ])
  })

  it("of a task without acceptance criteria is that of its description, as in older journals; with them it is another", () => {
    const task = (acceptanceCriteria: string) => taskDigest({ description: "foobar", acceptanceCriteria })
    assert.strictEqual(task(""), "85944171f73967e8")
    assert.strictEqual(new Set([task(""), task("it works"), task("it works!")]).size, 3)
    assert.notStrictEqual(task("x"), taskDigest({ description: "foobarx", acceptanceCriteria: "" }))
  })

  it("differs for 9,900 small texts", () => {
    const texts = new Set<string>()
    for (let n = 0; n < 2_500; n++) {
      texts
        .add(String(n))
        .add(`line ${n} of a.js`)
        .add(" ".repeat(n % 50) + String.fromCodePoint(32 + n))
      texts.add(`${n % 7}${"ab".repeat(n % 40)}${n}`)
    }
    assert.isAtLeast(texts.size, 9_900)
    assert.strictEqual(new Set(Array.from(texts, digest)).size, texts.size)
  })

  it("changes when one character is changed, added or removed", () => {
    FastCheck.assert(
      FastCheck.property(
        // The unit "binary" would first make a table of all code points, which takes seconds.
        FastCheck.string({
          unit: FastCheck.nat(0xffff).map((code) => String.fromCharCode(code)),
          minLength: 1,
          maxLength: 60
        }),
        FastCheck.nat(),
        (text, n) => {
          const at = n % text.length
          const cut = text.slice(0, at) + text.slice(at + 1)
          const changed = `${text.slice(0, at)}${String.fromCharCode(text.charCodeAt(at) ^ 1)}${text.slice(at + 1)}`
          assert.strictEqual(new Set([text, cut, changed, `${text} `, ` ${text}`].map(digest)).size, 5)
          assert.match(digest(text), /^[0-9a-f]{16}$/)
        }
      ),
      { numRuns: 40 }
    )
  })
})
