import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { BeadsCli } from "../../src/beads/BeadsCli.ts"
import { nightlyRun } from "../../src/dispatch/nightlyRun.ts"
import { Journal } from "../../src/journal/Journal.ts"
import { PromptStore } from "../../src/prompt/PromptStore.ts"
import { DxRunner } from "../../src/runner/DxRunner.ts"
import { Verifier } from "../../src/runner/Verifier.ts"
import { Workspaces } from "../../src/workspace/Workspaces.ts"
import { fakes, oneBug, options } from "./support.ts"

const SERVICES = { BeadsCli, DxRunner, Journal, PromptStore, Verifier, Workspaces }

/** What the dispatch of a bug calls, by service. The verifier is asked only when a job has ended. */
const NEEDED = {
  BeadsCli: "claim",
  DxRunner: "start",
  Journal: "intend",
  PromptStore: "write",
  Workspaces: "acquire"
}

/** The fakes of one bug, and the methods that were used of each service, as `BeadsCli.claim`. */
const noted = () => {
  const used = new Set<string>()
  const noting = (name: string, service: object): never =>
    new Proxy(service, {
      get: (target, method) => {
        used.add(`${name}.${String(method)}`)
        return Reflect.get(target, method)
      }
    }) as never
  const layer = Layer.map(Layer.fresh(fakes(oneBug)), (context) =>
    Object.entries(SERVICES).reduce(
      (all, [name, tag]) =>
        Context.add(all, tag as typeof BeadsCli, noting(name, Context.get(all, tag as typeof BeadsCli))),
      context
    )
  )
  return { layer, used }
}

describe("a run whose layer has other services than the caller merges over it", () => {
  for (const [name, tag] of Object.entries(SERVICES) as ReadonlyArray<[keyof typeof SERVICES, typeof BeadsCli]>) {
    it.effect(`uses the merged ${name} only`, () =>
      Effect.gen(function* () {
        const [ofLayer, mine] = [noted(), noted()]
        const only = Layer.map(mine.layer, (context) => Context.pick(tag)(context))
        const { outcomes } = yield* Effect.provide(nightlyRun(options), Layer.merge(ofLayer.layer, only))
        assert.deepStrictEqual(
          outcomes.map(({ _tag }) => _tag),
          ["Dispatched"]
        )
        const ofService = (used: ReadonlySet<string>) => [...used].filter((call) => call.startsWith(`${name}.`))
        assert.deepStrictEqual(ofService(ofLayer.used), [])
        if (name !== "Verifier") assert.include(ofService(mine.used), `${name}.${NEEDED[name]}`)
      })
    )
  }
})
