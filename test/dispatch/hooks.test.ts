import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Layer, Metric } from "effect"
import {
  eventMetrics,
  eventSink,
  nightlyRunOrFail,
  parseTemplate,
  PlanPolicy,
  PromptTemplate,
  type Event
} from "../../src/index.ts"
import { FakePromptsState } from "../../src/testing/index.ts"
import { fakes, options, threeBugs } from "./support.ts"

describe("a composing program, by the public API alone", () => {
  it.effect("sets template and policy, sees each event, counts, and catches how a run ended by tags", () =>
    Effect.gen(function* () {
      const seen: Array<Event["_tag"]> = []
      const template = parseTemplate("Mend {{id}} as our team does.\n\n{{report}}\n")
      assert(Either.isRight(template))
      const hooks = Layer.mergeAll(
        Layer.succeed(PromptTemplate, template),
        Layer.succeed(PlanPolicy, {
          eligible: ({ id }) => (id === "bd-2" ? "not tonight" : true),
          order: (a, b) => (a.id < b.id ? 1 : -1)
        }),
        Layer.provideMerge(
          eventMetrics(["opencode"]),
          eventSink(({ event }) => Effect.sync(() => seen.push(event._tag)))
        )
      )
      const dispatched = yield* nightlyRunOrFail(options).pipe(
        Effect.map((report) => report.dispatched),
        Effect.catchTag("RunLocked", "RunPaused", () => Effect.succeed(0)),
        Effect.catchTag("TrackerFailed", ({ detail }) => Effect.dieMessage(detail)),
        Effect.provide(hooks)
      )
      assert.isAtLeast(dispatched, 1)
      assert.includeMembers(seen, ["RunBegun", "PlanMade", "Dispatched", "Skipped", "RunEnded"])
      const [prompt] = yield* (yield* FakePromptsState).files
      assert.match(prompt?.text ?? "", /^Mend bd-3 as our team does\./)
      const names = (yield* Metric.snapshot).map(({ metricKey }) => metricKey.name)
      assert.isTrue(names.some((name) => name.startsWith("nightly_dispatch_")))
    }).pipe(Effect.provide(fakes(threeBugs)))
  )
})
