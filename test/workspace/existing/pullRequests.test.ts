import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Logger, LogLevel } from "effect"
import * as fs from "node:fs"
import { afterAll } from "vitest"
import { clonedRepository, git, logged, removeTemplate, type World } from "../repositories.ts"
import { bug, fakeGh, found } from "./existingWorld.ts"

afterAll(removeTemplate)

const inClone = (title: string, body: (world: World) => Effect.Effect<void>) =>
  it.scopedLive(title, () => Effect.flatMap(clonedRepository, body), 30_000)

const request = (number: number, changes: Readonly<Record<string, unknown>>) => ({
  number,
  title: "a change",
  body: "",
  url: `https://example.invalid/pull/${number}`,
  headRefName: "topic",
  createdAt: "2026-01-01T00:00:00Z",
  ...changes
})

const onHost = ({ clone }: World) => git(clone, "remote", "add", "github", "git@example.invalid:me/app.git")

describe("open pull requests", () => {
  inClone("that name a bug in title, body or branch are found with one call of gh, in the clone", (world) =>
    Effect.gen(function* () {
      onHost(world)
      const list = `${world.base}/list.json`
      fs.writeFileSync(
        list,
        JSON.stringify([
          request(1, { title: "Fix bd-1", url: "javascript:alert(1)" }),
          request(2, { body: "Closes bd-2.\nSee bd-33" }),
          request(3, { headRefName: "me/bd-4-parser", body: null }),
          request(4, { headRefName: "feature-bd-55" }),
          request(5, { title: "Fix bd-1 anew", createdAt: "2026-02-01T00:00:00Z" })
        ])
      )
      const gh = fakeGh(world.base, `cat '${list}'`)
      const bugs = ["bd-1", "bd-2", "bd-3", "bd-4", "bd-5"].map((id) => bug(id))
      assert.deepStrictEqual(yield* found(world, bugs, { bin: gh.bin }), {
        "bd-1": ['pull request #5 "Fix bd-1 anew" (https://example.invalid/pull/5)'],
        "bd-2": ['pull request #2 "a change" (https://example.invalid/pull/2)'],
        "bd-4": ['pull request #3 "a change" (https://example.invalid/pull/3)']
      })
      assert.deepStrictEqual(gh.calls(), [
        `pr list --state open --limit 200 --json number,title,body,url,headRefName,createdAt|1|none|${world.clone}`
      ])
    })
  )

  inClone("are not asked for without a bug, or in a clone whose remotes are paths", (world) =>
    Effect.gen(function* () {
      const gh = fakeGh(world.base, "echo '[]'")
      git(world.clone, "remote", "add", "disk", `file://${world.remote}`)
      assert.deepStrictEqual(yield* found(world, [bug("bd-1")], { bin: gh.bin }), {})
      onHost(world)
      assert.deepStrictEqual(yield* found(world, [], { bin: gh.bin }), {})
      assert.deepStrictEqual(gh.calls(), [])
    })
  )

  const useless: ReadonlyArray<readonly [what: string, script: string, says: RegExp]> = [
    ["is not logged in", "echo 'To get started, please run: gh auth login' >&2; exit 4", /gh auth login/],
    ["prints no JSON", "echo '[{'", /printed no list/],
    ["prints other JSON", `echo '[{"number":"one"}]'`, /printed no list/],
    ["prints too much", "yes '[[[[[[[[[[[[[[[['", /MiB of output/],
    ["hangs and ignores SIGTERM", "trap '' TERM; sleep 60.1 & wait; sleep 60.1", /did not end within 5 s/]
  ]
  for (const [what, script, says] of useless) {
    inClone(`a gh that ${what} finds nothing, soon, and is named only in the debug log`, (world) =>
      Effect.gen(function* () {
        onHost(world)
        const gh = fakeGh(world.base, script)
        const [[took, all], lines] = yield* logged(
          Effect.timed(found(world, [bug("bd-1")], { bin: gh.bin })).pipe(Logger.withMinimumLogLevel(LogLevel.Debug))
        )
        assert.deepStrictEqual(all, {})
        assert.isBelow(Duration.toMillis(took), 20_000)
        assert.deepStrictEqual(
          lines.filter((line) => !line.startsWith("DEBUG")),
          []
        )
        assert.isTrue(
          lines.some((line) => says.test(line)),
          lines.join("\n")
        )
      })
    )
  }
})
