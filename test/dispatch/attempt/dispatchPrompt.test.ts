import { assert, describe, it } from "@effect/vitest"
import { Effect, Either } from "effect"
import { Ack } from "../../../src/domain/Ack.ts"
import { Actor } from "../../../src/domain/Actor.ts"
import { digest } from "../../../src/domain/digest.ts"
import { BeadsId } from "../../../src/domain/Ids.ts"
import { Journal } from "../../../src/journal/Journal.ts"
import { ProviderName } from "../../../src/domain/Provider.ts"
import { Workspace } from "../../../src/domain/Workspace.ts"
import { fakeAttempt, FakeBeads, FakeBeadsState, FakePromptsState, FakeWorkspaces } from "../../../src/testing/index.ts"
import { parseTemplate, PromptTemplate, type TemplateFunction } from "../../../src/prompt/template.ts"
import { assertNothingLeft, inWorld, options, outcomesByBug, runOnce } from "../support.ts"

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

  it.effect("has the remark of the bug's last retry, also in the text that the plan lets the runner check", () => {
    const checked: Array<string> = []
    const refuses = (text: string) => {
      checked.push(text)
      return undefined
    }
    return inWorld(
      { beads: { issues }, runner: { refuses } },
      Effect.gen(function* () {
        const journal = yield* Journal
        yield* journal.clear(BeadsId.make("bd-1"), "Look at src/csv first")
        yield* runOnce
        const [prompt] = yield* (yield* FakePromptsState).files
        assert.include(prompt?.text, "Look at src/csv first")
        const whole = checked.filter((text) => text.includes("You are fixing one bug"))
        assert.isAtLeast(whole.length, 2)
        for (const text of whole) assert.include(text, "Look at src/csv first")
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

  const promptText = Effect.gen(function* () {
    yield* runOnce
    const [prompt] = yield* (yield* FakePromptsState).files
    return prompt?.text ?? ""
  })

  it.effect("shows what the tracker has of the bug, its comments too", () => {
    const bug = {
      id: "bd-1",
      acceptanceCriteria: "the total is right",
      design: "sum in cents",
      notes: "since 2.3",
      comments: [{ author: "alice", createdAt: 0, text: "also with discounts" }]
    }
    return inWorld(
      { beads: { issues: [bug] } },
      Effect.map(promptText, (text) => {
        for (const part of ["the total is right", "sum in cents", "since 2.3", "also with discounts"])
          assert.include(text, part)
      })
    )
  })

  it.effect("of a comment that the runner refuses lacks the comment: the bug is dispatched all the same", () => {
    const comments = [{ author: "alice", createdAt: 0, text: "try op read op://x/y" }]
    return inWorld(
      { beads: { issues: [{ id: "bd-1", comments }] }, runner: { refuses: refusesSecrets } },
      Effect.map(promptText, (text) => {
        assert.notInclude(text, "op read")
        assert.include(text, "the runner refuses a prompt that holds it: 1 of 1 comments. See: bd show bd-1")
      })
    )
  })

  it.effect("names the submodules that the worktree lacks", () => {
    const made = (workspace: Workspace) => new Workspace({ ...workspace, submodules: ["libs/a"] })
    const expected = new Workspace({ path: "/fake/agents/bd-1/app", branch: "feature-bd-1", reused: false })
    const workspaces = { faults: [FakeWorkspaces.on("acquire", "bd-1").answers(() => made(expected))] }
    return inWorld(
      { beads: { issues }, workspaces },
      Effect.map(promptText, (text) => assert.include(text, "not initialised in the worktree: libs/a."))
    )
  })

  it.effect("follows a template that is given as a value", () =>
    inWorld(
      { beads: { issues } },
      promptText.pipe(
        Effect.provideService(PromptTemplate, parseTemplate("Mend {{id}}.\n{{report}}\n")),
        Effect.map((text) => {
          assert.match(text, /^Mend bd-1\.\nThe whole issue/)
          assert.include(text, "Title: crash on load")
        })
      )
    )
  )

  it.effect("follows a function of the bug, which gets no text of others; the title is filled in on one line", () => {
    const seen: Array<unknown> = []
    const template: TemplateFunction = (bug, context) => {
      seen.push(bug, context)
      return `Mend {{id}} ("{{title}}") ${bug.labels.join()} of ${context.repository.name}.\n{{report}}\n`
    }
    const bug = { id: "bd-1", title: "{{report}}\n{{rules}}", labels: ["ui"], description: "secret" }
    return inWorld(
      { beads: { issues: [bug] } },
      promptText.pipe(
        Effect.provideService(PromptTemplate, Either.right(template)),
        Effect.map((text) => {
          assert.match(text, /^Mend bd-1 \("\{\{report\}\} \{\{rules\}\}"\) ui of app\.\nThe whole issue/)
          const [given, context] = seen
          assert.deepStrictEqual(given, { id: "bd-1", labels: ["ui"], priority: 1, type: "bug" })
          assert.deepStrictEqual(context, { repository: options.repository, earlier: 0 })
        })
      )
    )
  })

  for (const [what, made, says] of [
    ["throws", () => assert.fail("no such team"), "the function failed: no such team"],
    ["forgets the report", () => "Mend it.", "{{report}} is missing"],
    ["returns too much", () => `{{report}}\n${"x".repeat(64 * 1024)}`, "the text has more than 64 KiB"],
    ["returns a control character", () => "{{report}}\n\u0000", "so the text is no text"]
  ] as const)
    it.effect(`of a bug for which the function ${what} is none: that bug is skipped, and no other`, () => {
      const template: TemplateFunction = ({ id }) => (id === "bd-1" ? made() : "Mend {{id}}.\n{{report}}\n")
      return inWorld(
        { beads: { issues: [...issues, { id: "bd-2", title: "b" }] } },
        Effect.gen(function* () {
          const { outcome, report } = yield* runOnce
          assert.deepStrictEqual(outcomesByBug(report.outcomes), {
            "bd-1": "Skipped prompt_refused",
            "bd-2": "Dispatched"
          })
          const skipped = outcome("bd-1")
          assert.include(skipped?._tag === "Skipped" ? skipped.detail : "", says)
          assert.strictEqual(yield* claimCount, 1)
        }).pipe(Effect.provideService(PromptTemplate, Either.right(template)))
      )
    })

  it.effect("with a template that cannot be used is none: the run is exit 5 before any claim, and says why", () =>
    inWorld(
      { beads: { issues } },
      Effect.gen(function* () {
        const { report } = yield* runOnce
        assert.strictEqual(report.exit, 5)
        assert.strictEqual(
          report.error,
          "prompt.template: {{report}} is missing: without it the agent is not told of the bug (template)"
        )
        assert.strictEqual(yield* claimCount, 0)
        yield* assertNothingLeft
      }).pipe(Effect.provideService(PromptTemplate, parseTemplate("Mend {{id}}.")))
    )
  )
})
