import { AssertionError } from "node:assert"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { contract, type Contract } from "../../src/testing/index.ts"

/** A framework that notes what it is given, and runs nothing by itself. */
const framework = () => {
  const places: Array<string> = []
  const tests = new Map<string, Parameters<contract.Framework["it"]>[1]>()
  const noted: contract.Framework = {
    describe: (name, body) => {
      places.push(name)
      body()
      places.pop()
    },
    it: (name, body) => tests.set([...places, name].join(" > "), body)
  }
  return { noted, tests }
}

const suite: Contract = [
  { group: "", name: "is whole", test: Effect.succeed("kept") },
  { group: "claim", name: "is kept", test: Effect.logError("not shown to anyone").pipe(Effect.as("kept")) },
  { group: "claim", name: "is broken", test: Effect.die(new AssertionError({ message: "two hold it" })) },
  { group: "comment", name: "is stored", test: Effect.succeed("not shown") },
  { group: "comment", name: "takes its time", test: Effect.never }
]

describe("a contract suite in a test framework", () => {
  it("is a test for each promise, in its group", () => {
    const { noted, tests } = framework()
    contract.keeps(noted, "my tracker", suite)
    assert.deepStrictEqual(
      [...tests.keys()],
      [
        "my tracker > is whole",
        "my tracker > claim > is kept",
        "my tracker > claim > is broken",
        "my tracker > comment > is stored",
        "my tracker > comment > takes its time"
      ]
    )
  })

  it("shows what the world cannot show as skipped, and fails with the assertion of a broken promise", async () => {
    const { noted, tests } = framework()
    contract.keeps(noted, "my tracker", suite)
    const ending = async (name: string, signal = AbortSignal.timeout(5_000)) => {
      const skipped: Array<string> = []
      const run = tests.get(`my tracker > ${name}`)
      assert.isDefined(run)
      const failure: unknown = await run({ signal, skip: (why) => skipped.push(why) }).then(
        () => undefined,
        (error: unknown) => error
      )
      return { skipped, failure }
    }
    assert.deepStrictEqual(await ending("claim > is kept"), { skipped: [], failure: undefined })
    assert.deepStrictEqual(await ending("comment > is stored"), {
      skipped: ["this world cannot show it"],
      failure: undefined
    })
    const { failure } = await ending("claim > is broken")
    assert(failure instanceof AssertionError)
    assert.strictEqual(failure.message, "two hold it")
    const { failure: ended } = await ending("comment > takes its time", AbortSignal.timeout(20))
    assert.isDefined(ended)
  })
})
