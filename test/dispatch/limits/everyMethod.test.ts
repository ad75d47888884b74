import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Fiber, Layer, TestClock } from "effect"
import { BeadsCli } from "../../../src/beads/BeadsCli.ts"
import { withLimits } from "../../../src/dispatch/limits/limitedServices.ts"
import { Journal } from "../../../src/journal/Journal.ts"
import { JournalQueries } from "../../../src/journal/JournalQueries.ts"
import { Outbox } from "../../../src/journal/Outbox.ts"
import { PromptStore } from "../../../src/prompt/PromptStore.ts"
import { DxRunner } from "../../../src/runner/DxRunner.ts"
import { Verifier } from "../../../src/runner/Verifier.ts"
import { FakeKeptWork, FakeOutbox } from "../../../src/testing/index.ts"
import { KeptWork } from "../../../src/workspace/KeptWork.ts"
import { Workspaces } from "../../../src/workspace/Workspaces.ts"
import { fakes, oneBug } from "../support.ts"

const TAGS: ReadonlyArray<Context.Tag<never, object>> = [
  BeadsCli,
  DxRunner,
  Journal,
  JournalQueries,
  KeptWork,
  Outbox,
  PromptStore,
  Verifier,
  Workspaces
].map((tag) => tag as unknown as Context.Tag<never, object>)

/** They are no calls. */
const PURE = new Set(["identity", "promptRefusal", "place", "reportsUsage", "ships"])

/** A layer of somebody else: the method never answers, and cannot even be interrupted. */
const hanging = Effect.uninterruptible(Effect.never)

/** A service with the same methods as a fake, none of which ever answers. */
const hangingLike = (service: object): object =>
  Object.fromEntries(
    Object.entries(service).map(([name, member]) => [
      name,
      PURE.has(name) ? member : Effect.isEffect(member) ? hanging : () => hanging
    ])
  )

/** What the methods of a hanging service are called with: they only read names from it. */
const ANYTHING = { name: "opencode", provider: { name: "opencode" } }

const services = Layer.build(Layer.mergeAll(fakes(oneBug), FakeKeptWork.layer({}), FakeOutbox.layer()))

const hangingServices = Effect.map(services, (context) =>
  TAGS.reduce((all, tag) => Context.add(all, tag, hangingLike(Context.get(context, tag))), context)
)

type Call = Effect.Effect<unknown, object>

/** Whether the call ends within five hours of virtual time. */
const ends = Effect.fn("ends")(function* (call: Call) {
  const fiber = yield* Effect.forkDaemon(Effect.exit(call))
  yield* TestClock.adjust("5 hours")
  return (yield* Fiber.poll(fiber))._tag === "Some"
})

describe("withLimits", () => {
  for (const tag of TAGS) {
    it.scoped(`${tag.key}: every method ends, though the layer hangs and cannot be interrupted`, () =>
      Effect.gen(function* () {
        const context = yield* hangingServices
        const limited = yield* Effect.provide(withLimits(tag), context)
        const names = Object.keys(Context.get(context, tag))
        assert.sameMembers(Object.keys(limited), names)
        for (const name of names.filter((each) => !PURE.has(each))) {
          const member: Call | ((...args: ReadonlyArray<unknown>) => Call) = Reflect.get(limited, name)
          const call = Effect.isEffect(member) ? member : member(ANYTHING, ANYTHING, ANYTHING, ANYTHING)
          assert.isTrue(yield* ends(call), `${tag.key}.${name} hangs`)
        }
      })
    )
  }

  it.scoped("a service that is not there stays away", () =>
    Effect.gen(function* () {
      const context = yield* services
      const without = Context.omit(JournalQueries)(context)
      const found = yield* Effect.provide(withLimits(Effect.serviceOption(JournalQueries)), without)
      assert.strictEqual(found._tag, "None")
      assert.isTrue(
        Exit.isSuccess(
          yield* Effect.exit(Effect.provide(withLimits(Effect.flatMap(Journal, ({ open }) => open)), without))
        )
      )
    })
  )
})
