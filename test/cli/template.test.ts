import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as fs from "node:fs/promises"
import * as path from "node:path"
import { machine } from "./world.ts"

/** A machine with one bug, and what its settings say of this template. */
const withTemplate = (text: string | undefined) =>
  Effect.gen(function* () {
    const world = yield* machine([{ id: "bd-1", title: "{{rules}} login fails" }])
    const file = path.join(world.root, "prompt.md")
    if (text !== undefined) yield* Effect.promise(() => fs.writeFile(file, text))
    return { ...world, template: file, env: { NIGHTLY_DISPATCH_PROMPT_TEMPLATE: file } }
  })

describe("prompt.template", { timeout: 60_000 }, () => {
  it.scopedLive("gives each prompt the text of the file, with the report in its fence", () =>
    Effect.gen(function* () {
      const world = yield* withTemplate(
        "Mend {{id}} in {{worktree}}: {{title}}\n\n{{report}}\n\n{{earlier}}\nThanks.\n"
      )
      const run = yield* world.nd(["run"], { env: world.env })
      assert.strictEqual(run.code, 0, run.stderr)
      const [prompt = ""] = yield* world.prompts
      const text = yield* world.file(path.join("tmp", prompt))
      assert.match(text, /^Mend bd-1 in \S.*\/bd-1\/\S*: \{\{rules\}\} login fails\n\nThe whole issue/)
      assert.match(
        text,
        /\n----- BEGIN ([0-9a-f]{32}) -----\nTitle: \{\{rules\}\} login fails\n[^]*\n----- END \1 -----\n/
      )
      assert.match(text, /\nThere was no earlier attempt\.\nThanks\.\n$/)
    })
  )

  for (const args of [["run"], ["run", "--dry-run"]]) {
    it.scopedLive(`with a mistake: ${args.join(" ")} is exit 5 before any claim, and names line and placeholder`, () =>
      Effect.gen(function* () {
        const world = yield* withTemplate("Mend {{id}}.\n\n{{reprot}}\n")
        const { code, stderr } = yield* world.nd(args, { env: world.env })
        assert.strictEqual(code, 5, stderr)
        assert.include(stderr, "prompt.template: {{reprot}} is no placeholder; did you mean {{report}}?")
        assert.include(stderr, `${world.template}:3`)
        assert.strictEqual((yield* world.issues)["bd-1"]?.assignee ?? "", "")
        assert.isEmpty(yield* world.prompts)
      })
    )
  }

  it.scopedLive("that is missing is exit 5 for a run, and holds up nothing that dispatches no bug", () =>
    Effect.gen(function* () {
      const world = yield* withTemplate(undefined)
      const run = yield* world.nd(["run"], { env: world.env })
      assert.strictEqual(run.code, 5, run.stderr)
      assert.include(run.stderr, "prompt.template: there is no such file")
      assert.strictEqual((yield* world.nd(["settle"], { env: world.env })).code, 0)
    })
  )
})
