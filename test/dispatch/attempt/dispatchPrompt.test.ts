import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { Ack } from "../../../src/domain/Ack.ts"
import { Actor } from "../../../src/domain/Actor.ts"
import { digest } from "../../../src/domain/digest.ts"
import { BeadsId } from "../../../src/domain/Ids.ts"
import { ProviderName } from "../../../src/domain/Provider.ts"
import { Workspace } from "../../../src/domain/Workspace.ts"
import { fakeAttempt, FakeBeads, FakeBeadsState, FakePromptsState, FakeWorkspaces } from "../../../src/testing/index.ts"
import { assertNothingLeft, inWorld, outcomesByBug, runOnce } from "../support.ts"

/** Refuses a prompt that names a secret-manager command, as dx-runner does. */
const refusesSecrets = (text: string) => (/op read/.test(text) ? "a secret-manager command" : undefined)

const failedWith = (detail: string, number: number) =>
  fakeAttempt("settled", {
    actor: Actor.make(`nightly-dispatch/vm-1/20261122T020000Z-000001/${number}`),
    number,
    digest: digest("before"),
    blame: "runner",
    detail,
    ack: Ack.make({ beads: BeadsId.make("bd-1"), provider: ProviderName.make("opencode"), how: "started" })
  })

const issues = [{ id: "bd-1", title: "crash on load" }]
const claimCount = Effect.flatMap(FakeBeadsState, ({ calls }) =>
  Effect.map(calls, (all) => all.filter(({ method }) => method === "claim").length)
)

describe("the prompt of a dispatch", () => {
  it.effect("is checked by the runner in exactly the text that is then written", () => {
    const checked: Array<string> = []
    const refuses = (text: string) => {
      checked.push(text)
      return undefined
    }
    return inWorld(
      { beads: { issues }, runner: { refuses } },
      Effect.gen(function* () {
        yield* runOnce
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
        const { report } = yield* runOnce
        assert.deepStrictEqual(outcomesByBug(report.outcomes), { "bd-1": "Dispatched" })
        const [prompt] = yield* (yield* FakePromptsState).files
        assert.include(prompt?.text, "the tests failed")
        assert.notInclude(prompt?.text, "op read")
      })
    )
  )

  it.effect("leaves out an earlier attempt that the runner would refuse only in its rendered form, on one line", () =>
    inWorld(
      {
        beads: { issues },
        runner: { refuses: refusesSecrets },
        journal: { attempts: [failedWith("ran op\nread op://vault/key", 1)] }
      },
      Effect.gen(function* () {
        const { report } = yield* runOnce
        assert.deepStrictEqual(outcomesByBug(report.outcomes), { "bd-1": "Dispatched" })
      })
    )
  )

  it.effect(
    "that the runner refuses uses up no dispatch slot: another bug is dispatched, and the refused one is not claimed",
    () =>
      inWorld(
        {
          settings: { limits: { maxDispatches: 1 } },
          beads: { issues: [{ id: "bd-1", description: "see op read op://x/y", priority: 0 }, { id: "bd-2" }] },
          runner: { refuses: refusesSecrets }
        },
        Effect.gen(function* () {
          const { report } = yield* runOnce
          assert.deepStrictEqual(outcomesByBug(report.outcomes), {
            "bd-1": "Skipped prompt_refused",
            "bd-2": "Dispatched"
          })
          assert.strictEqual(yield* claimCount, 1)
        })
      )
  )

  it.effect("that the runner refuses after the bug was edited: the bug is skipped before its claim", () => {
    const edited = FakeBeads.issue({ id: "bd-1", title: "crash on load", description: "see op read op://x/y" })
    return inWorld(
      {
        beads: { issues, faults: [FakeBeads.on("show", "bd-1").answers(() => edited)] },
        runner: { refuses: refusesSecrets }
      },
      Effect.gen(function* () {
        const { report } = yield* runOnce
        assert.deepStrictEqual(outcomesByBug(report.outcomes), { "bd-1": "Skipped prompt_refused" })
        assert.strictEqual(yield* claimCount, 0)
        yield* assertNothingLeft
      })
    )
  })

  it.effect("is rendered and checked again for a worktree at another path, and a refusal rolls everything back", () => {
    const elsewhere = new Workspace({ path: "/op read/app", reused: true })
    const workspaces = { faults: [FakeWorkspaces.on("acquire", "bd-1").answers(() => elsewhere)] }
    return inWorld(
      { beads: { issues }, runner: { refuses: refusesSecrets }, workspaces },
      Effect.gen(function* () {
        const { report } = yield* runOnce
        assert.deepStrictEqual(outcomesByBug(report.outcomes), { "bd-1": "Failed runner_error" })
        assert.strictEqual(yield* claimCount, 1)
        yield* assertNothingLeft
      })
    )
  })
})
