import { assert, describe, it } from "@effect/vitest"
import { Effect, type Layer } from "effect"
import { Actor } from "../../../src/domain/Actor.ts"
import { digest } from "../../../src/domain/digest.ts"
import { Workspace } from "../../../src/domain/Workspace.ts"
import { fakeAttempt, FakeBeads, FakeBeadsState, FakePromptsState, FakeWorkspaces } from "../../../src/testing/index.ts"
import { fakes, night, nothingLeft, tags, type World } from "../support.ts"

/** As dx-runner does: refuses a prompt that names a secret-manager command. */
const refusesSecrets = (text: string) => (/op read/.test(text) ? "a secret-manager command" : undefined)

const failedWith = (detail: string, number: number) =>
  fakeAttempt("settled", {
    actor: Actor.make(`nightly-dispatch/vm-1/20261122T020000Z-000001/${number}`),
    number,
    digest: digest("before"),
    blame: "runner",
    detail
  })

const issues = [{ id: "bd-1", title: "crash on load" }]
const inWorld = <A, E, R extends Layer.Layer.Success<ReturnType<typeof fakes>>>(
  world: World,
  effect: Effect.Effect<A, E, R>
) => Effect.provide(effect, fakes(world))

const claims = Effect.flatMap(FakeBeadsState, ({ calls }) =>
  Effect.map(calls, (all) => all.filter(({ method }) => method === "claim").length)
)

describe("the prompt of a dispatch", () => {
  it.effect("is checked by the runner as the very text that is then written", () => {
    const checked: Array<string> = []
    const refuses = (text: string) => {
      checked.push(text)
      return undefined
    }
    return inWorld(
      { beads: { issues }, runner: { refuses } },
      Effect.gen(function* () {
        yield* night
        const [prompt] = yield* (yield* FakePromptsState).files
        assert.include(checked, prompt?.text)
      })
    )
  })

  it.effect("leaves out an earlier attempt that the runner would refuse, and keeps the others", () =>
    inWorld(
      {
        beads: { issues },
        runner: { refuses: refusesSecrets },
        journal: { attempts: [failedWith("ran op read op://vault/key", 1), failedWith("the tests failed", 2)] }
      },
      Effect.gen(function* () {
        const { report } = yield* night
        assert.deepStrictEqual(tags(report.outcomes), { "bd-1": "Dispatched" })
        const [prompt] = yield* (yield* FakePromptsState).files
        assert.include(prompt?.text, "the tests failed")
        assert.notInclude(prompt?.text, "op read")
      })
    )
  )

  it.effect("an earlier attempt becomes refusable only on one line: its rendered form is what counts", () =>
    inWorld(
      {
        beads: { issues },
        runner: { refuses: refusesSecrets },
        journal: { attempts: [failedWith("ran op\nread op://vault/key", 1)] }
      },
      Effect.gen(function* () {
        const { report } = yield* night
        assert.deepStrictEqual(tags(report.outcomes), { "bd-1": "Dispatched" })
      })
    )
  )

  it.effect("that the runner refuses takes no dispatch slot: another bug gets it, and nothing is claimed", () =>
    inWorld(
      {
        settings: { limits: { maxDispatches: 1 } },
        beads: { issues: [{ id: "bd-1", description: "see op read op://x/y", priority: 0 }, { id: "bd-2" }] },
        runner: { refuses: refusesSecrets }
      },
      Effect.gen(function* () {
        const { report } = yield* night
        assert.deepStrictEqual(tags(report.outcomes), { "bd-1": "Skipped prompt_refused", "bd-2": "Dispatched" })
        assert.strictEqual(yield* claims, 1)
      })
    )
  )

  it.effect("of a bug whose text came to be refused after the plan claims and leaves nothing", () => {
    const edited = FakeBeads.issue({ id: "bd-1", title: "crash on load", description: "see op read op://x/y" })
    return inWorld(
      {
        beads: { issues, faults: [FakeBeads.on("show", "bd-1").answers(() => edited)] },
        runner: { refuses: refusesSecrets }
      },
      Effect.gen(function* () {
        const { report } = yield* night
        assert.deepStrictEqual(tags(report.outcomes), { "bd-1": "Skipped prompt_refused" })
        assert.strictEqual(yield* claims, 0)
        yield* nothingLeft
      })
    )
  })

  it.effect(
    "is rendered and checked anew when the worktree is elsewhere; refused there, everything is rolled back",
    () => {
      const elsewhere = new Workspace({ path: "/op read/app", reused: true })
      const workspaces = { faults: [FakeWorkspaces.on("acquire", "bd-1").answers(() => elsewhere)] }
      return inWorld(
        { beads: { issues }, runner: { refuses: refusesSecrets }, workspaces },
        Effect.gen(function* () {
          const { report } = yield* night
          assert.deepStrictEqual(tags(report.outcomes), { "bd-1": "Failed runner_error" })
          assert.strictEqual(yield* claims, 1)
          yield* nothingLeft
        })
      )
    }
  )
})
