import { assert, beforeAll, describe, it } from "@effect/vitest"
import { checkedExports } from "./docs/examples.ts"
import { WITHOUT_EXAMPLE } from "./docs/publicApi.ts"

describe("the docs of the public API", () => {
  let checked: ReturnType<typeof checkedExports>

  beforeAll(() => {
    checked = checkedExports()
  }, 120_000)

  it("say what every export is", () => {
    const silent = checked.exported.filter(({ text }) => text === "").map(({ name, place }) => `${place} ${name}`)
    assert.deepStrictEqual(silent, [])
  })

  it("show every function, effect, service, layer, class and schema in an example", () => {
    const bare = checked.exported.filter(
      ({ examples, kind }) => examples.length === 0 && !WITHOUT_EXAMPLE.includes(kind)
    )
    assert.deepStrictEqual(
      bare.map(({ kind, name, place }) => `${place} ${kind} ${name}`),
      []
    )
  })

  it("have only examples that compile", () => {
    assert.isAbove(checked.exported.flatMap(({ examples }) => examples).length, 20)
    assert.deepStrictEqual(checked.wrong, [])
  })
})
